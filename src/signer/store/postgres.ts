// Signing keys in PostgreSQL, in notary's own table, which notary's signer may use at the same time. What the
// statements hold of each other is said in postgres-statements.ts.
//
// Invariants:
// - What is recorded is on the disk when `recordSignatures` resolves: one statement, committed before it is answered.
// - Two signers of ours never make two pending keys of one kind: each addition holds an advisory lock on gun, role and
//   algorithm. Notary's signer knows no lock, and makes several by itself; each of them is stored and can sign.
// - Every change may be made twice: where the connection broke it is made once more, for it may be stored or not. What
//   fails then is a failure, never a guess, and asking again finds what was stored.
import { advisoryLock } from '../../daemon/database/advisory-lock.ts';
import {
  openPostgres,
  type PostgresDatabase,
  planPostgres,
  type Transaction,
} from '../../daemon/database/postgres.ts';
import { isLost } from '../../daemon/database/postgres-failure.ts';
import type { PostgresSettings } from '../../daemon/database/postgres-settings.ts';
import { sqlTime } from '../../daemon/database/sql-time.ts';
import { Failure, isFailure } from '../../errors.ts';
import { type Answer, GroupCommit } from '../group-commit.ts';
import { keySchema } from './postgres-schema.ts';
import * as sql from './postgres-statements.ts';
import type { KeyRow, SignatureRecord, SigningKeyStore } from './store.ts';
import { keyRow, type StoredKey } from './stored-key.ts';

const applicationName = 'paraph-signer';
/** Opens the store, with our tables beside notary's. @throws Failure as `openPostgres` does */
export async function openPostgresKeyStore({
  target,
  maxConnections,
}: PostgresSettings): Promise<SigningKeyStore> {
  const options = { applicationName, maxConnections };
  return new PostgresKeyStore(await openPostgres(target, keySchema, options));
}

/** What `openPostgresKeyStore` would make, one line each; makes nothing. @throws Failure as it does */
export function planPostgresKeyStore({ target }: PostgresSettings): Promise<readonly string[]> {
  return planPostgres(target, keySchema, { applicationName });
}

class PostgresKeyStore implements SigningKeyStore {
  readonly #database: PostgresDatabase;
  readonly #additions: GroupCommit<KeyRow, KeyRow>;

  constructor(database: PostgresDatabase) {
    this.#database = database;
    this.#additions = new GroupCommit((rows) => this.#addAll(rows));
  }

  add(row: KeyRow): Promise<KeyRow> {
    return this.#additions.write(row);
  }

  async find(keyId: string): Promise<KeyRow | undefined> {
    const [stored] = await this.#database.read<StoredKey>(sql.find, [keyId]);
    return stored && keyRow(stored);
  }

  async newestOf(gun: string, role: string, max: number): Promise<readonly KeyRow[]> {
    return (await this.#database.read<StoredKey>(sql.newestOf, [gun, role, max])).map(keyRow);
  }

  async newestOfEachAlias(): Promise<readonly KeyRow[]> {
    return (await this.#database.read<StoredKey>(sql.newestOfAliases)).map(keyRow);
  }

  async recordSignatures(records: readonly SignatureRecord[]): Promise<ReadonlySet<string>> {
    const missing = new Set(records.map(({ keyId }) => keyId));
    if (records.length === 0) return missing;
    const values = [
      records.map(({ keyId }) => keyId),
      records.map(({ version }) => version ?? null),
      records.map(({ atMs }) => sqlTime(atMs)),
    ];
    const found = await this.#write(async (tx) => {
      const recording = tx.query<{ readonly key_id: unknown }>(sql.recordSignatures, values);
      const [rows] = await Promise.all([recording, tx.commit()]);
      return rows;
    });
    for (const { key_id } of found) missing.delete(String(key_id));
    return missing;
  }

  async floor(keyId: string): Promise<number | undefined> {
    const [row] = await this.#database.read<{ readonly version: unknown }>(sql.floor, [keyId]);
    if (row === undefined) return undefined;
    const version = Number(row.version);
    if (Number.isSafeInteger(version)) return version;
    throw new Failure('STORE_FAILED', 'the stored floor of a key is no version');
  }

  async remove(keyId: string, atMs: number): Promise<void> {
    await this.#write(async (tx) => {
      await Promise.all([tx.query(sql.remove, [sqlTime(atMs), keyId]), tx.commit()]);
    });
  }

  async check(): Promise<void> {
    await this.#database.read(sql.check);
  }

  async close(): Promise<void> {
    await this.#additions.drain();
    await this.#database.close();
  }

  async #write<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    let isCut = false;
    const watched = async (tx: Transaction): Promise<Result> => {
      try {
        return await work(tx);
      } catch (error) {
        // A Failure here is a COMMIT without an answer.
        isCut = isLost(error) || isFailure(error);
        throw error;
      }
    };
    try {
      return await this.#database.transaction(watched);
    } catch (error) {
      if (!isCut) throw error;
      return await this.#database.transaction(work);
    }
  }

  /** One transaction for all; when what one of them holds is refused, one for each. */
  async #addAll(rows: readonly KeyRow[]): Promise<readonly Answer<KeyRow>[]> {
    // Of one kind, the first is stored and given to all who want one.
    const firsts = new Map(rows.toReversed().map((row) => [kindOf(row), row]));
    const answers = await this.#addKinds([...firsts.values()].toReversed());
    return rows.map(
      (row) => answers.get(kindOf(row)) ?? { error: new Failure('INTERNAL', 'a key was left out') },
    );
  }

  async #addKinds(rows: readonly KeyRow[]): Promise<ReadonlyMap<string, Answer<KeyRow>>> {
    try {
      const stored = await this.#addTogether(rows);
      return new Map(rows.map((row) => [kindOf(row), { result: stored.get(kindOf(row)) ?? row }]));
    } catch (error) {
      const [row] = rows;
      if (row !== undefined && rows.length === 1) return new Map([[kindOf(row), { error }]]);
      if (!isOfOneRow(error)) throw error;
      const alone = await Promise.all(rows.map((each) => this.#addKinds([each])));
      return new Map(alone.flatMap((answers) => [...answers]));
    }
  }

  /** @returns by kind, what was pending before */
  async #addTogether(rows: readonly KeyRow[]): Promise<ReadonlyMap<string, KeyRow>> {
    const places = rows.map((row) => lockOf(kindOf(row))).toSorted(ascending);
    const pending = await this.#write(async (tx) => {
      const [, found] = await Promise.all([
        tx.query(sql.lockPlaces, [places.map(String)]),
        tx.query<StoredKey>(sql.addUnlessPending, columnsOf(rows)),
        tx.commit(),
      ]);
      return found;
    });
    return new Map(pending.map(keyRow).map((row) => [kindOf(row), row]));
  }
}

/** What there may be one pending key of. A zero cannot be in any of the three. */
function kindOf({ gun, role, algorithm }: KeyRow): string {
  return [gun, role, algorithm].join('\0');
}

const lockOf = (kind: string): bigint => advisoryLock(`paraph pending key\0${kind}`);

function ascending(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function columnsOf(rows: readonly KeyRow[]): readonly (readonly (string | null)[])[] {
  return [
    rows.map((row) => row.keyId),
    rows.map((row) => row.algorithm),
    rows.map((row) => row.encryptionAlg),
    rows.map((row) => row.keywrapAlg),
    rows.map((row) => row.passphraseAlias),
    rows.map((row) => bytea(row.publicBytes)),
    rows.map((row) => bytea(Buffer.from(row.privateJwe, 'latin1'))),
    rows.map((row) => row.gun),
    rows.map((row) => row.role),
    rows.map((row) => sqlTime(row.createdAtMs)),
    rows.map((row) => (row.lastUsedMs === undefined ? null : sqlTime(row.lastUsedMs))),
  ];
}

/** As PostgreSQL writes bytes in text. */
function bytea(bytes: Buffer): string {
  return `\\x${bytes.toString('hex')}`;
}

/** Refused for what it holds or what is there already, and not for the state of the database. */
function isOfOneRow(error: unknown): boolean {
  return error instanceof Failure && /^2[23]/.test(error.facts.sqlState ?? '');
}
