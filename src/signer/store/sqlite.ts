// Signing keys in the embedded database. What the tables are is said in sqlite-schema.ts.
import { sqlTime, sqlTimeMs } from '../../daemon/database/sql-time.ts';
import { type Database, openSqlite, sqliteFailure } from '../../daemon/database/sqlite.ts';
import { Failure } from '../../errors.ts';
import { keySchema } from './sqlite-schema.ts';
import { prepareStatements, type Statements, type StoredKey } from './sqlite-statements.ts';
import type { KeyRow, SignatureRecord, SigningKeyStore } from './store.ts';

const byteColumns: ReadonlySet<string> = new Set(['public', 'private']);

/** Opens the store in `file` (absolute). Throws as `openSqlite` does. */
export async function openSqliteKeyStore(file: string): Promise<SigningKeyStore> {
  return new SqliteKeyStore(await openSqlite(file, keySchema));
}

class SqliteKeyStore implements SigningKeyStore {
  readonly #database: Database;
  readonly #statements: Statements;
  readonly #adding: { immediate(row: KeyRow): KeyRow };
  readonly #recording: {
    immediate(records: readonly SignatureRecord[]): ReadonlySet<string>;
  };

  constructor(database: Database) {
    this.#database = database;
    this.#statements = prepareStatements(database);
    this.#adding = database.transaction((row: KeyRow) => this.#addNow(row));
    this.#recording = database.transaction((records: readonly SignatureRecord[]) =>
      this.#recordNow(records),
    );
  }

  async add(row: KeyRow): Promise<KeyRow> {
    return attempt('the key cannot be stored', () => this.#adding.immediate(row));
  }

  async find(keyId: string): Promise<KeyRow | undefined> {
    return attempt('the key cannot be read', () => maybeKeyRow(this.#statements.find.get(keyId)));
  }

  async findPending(gun: string, role: string, algorithm: string): Promise<KeyRow | undefined> {
    return attempt('the key cannot be read', () =>
      maybeKeyRow(this.#statements.findPending.get(gun, role, algorithm)),
    );
  }

  async newestOfEachAlias(of?: { gun: string; role: string }): Promise<readonly KeyRow[]> {
    const { newest, newestOf } = this.#statements;
    return attempt('the keys cannot be read', () =>
      (of === undefined ? newest.all() : newestOf.all(of.gun, of.role)).map(keyRow),
    );
  }

  async recordSignatures(records: readonly SignatureRecord[]): Promise<ReadonlySet<string>> {
    return attempt('the signature cannot be recorded', () => this.#recording.immediate(records));
  }

  async floor(keyId: string): Promise<number | undefined> {
    return attempt('the floor cannot be read', () => {
      return this.#statements.floor.get(keyId);
    });
  }

  async remove(keyId: string, atMs: number): Promise<void> {
    attempt('the key cannot be removed', () => this.#statements.remove.run(sqlTime(atMs), keyId));
  }

  async check(): Promise<void> {
    attempt('the database does not answer', () => this.#statements.check.get());
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #addNow(row: KeyRow): KeyRow {
    const { findPending, insert } = this.#statements;
    const pending = maybeKeyRow(findPending.get(row.gun, row.role, row.algorithm));
    if (pending !== undefined) return pending;
    const createdAt = sqlTime(row.createdAtMs);
    insert.run({
      ...row,
      createdAt,
      privateBytes: Buffer.from(row.privateJwe, 'ascii'),
      lastUsed: row.lastUsedMs === undefined ? null : sqlTime(row.lastUsedMs),
    });
    return row;
  }

  #recordNow(records: readonly SignatureRecord[]): ReadonlySet<string> {
    const missing = new Set<string>();
    for (const { keyId, version, atMs } of records) {
      const time = sqlTime(atMs);
      if (this.#statements.use.run(time, time, keyId).changes === 0) missing.add(keyId);
      else if (version !== undefined) this.#statements.raise.run(keyId, version);
    }
    return missing;
  }
}

function maybeKeyRow(stored: StoredKey | undefined): KeyRow | undefined {
  return stored && keyRow(stored);
}

function attempt<T>(message: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw sqliteFailure(cause, message);
  }
}

/** @throws Failure STORE_FAILED when someone put text where bytes belong, or the reverse */
function keyRow(stored: StoredKey): KeyRow {
  for (const [column, value] of Object.entries(stored)) {
    if (byteColumns.has(column) !== Buffer.isBuffer(value)) {
      throw new Failure('STORE_FAILED', `column ${column} of a stored key is of another type`);
    }
  }
  return {
    keyId: stored.key_id,
    algorithm: stored.algorithm,
    encryptionAlg: stored.encryption_alg,
    keywrapAlg: stored.keywrap_alg,
    passphraseAlias: stored.passphrase_alias,
    publicBytes: stored.public,
    privateJwe: stored.private.toString('latin1'),
    gun: stored.gun,
    role: stored.role,
    createdAtMs: stored.created_at === null ? 0 : sqlTimeMs(stored.created_at),
    lastUsedMs: stored.last_used === null ? undefined : sqlTimeMs(stored.last_used),
  };
}
