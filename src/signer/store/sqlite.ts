// Signing keys in the embedded database. What the tables are is said in sqlite-schema.ts.
import { sqlTime } from '../../daemon/database/sql-time.ts';
import { attempt, type Database, openSqlite } from '../../daemon/database/sqlite.ts';
import { WriteQueue } from '../../daemon/database/write-queue.ts';
import { keySchema } from './sqlite-schema.ts';
import { prepareStatements, type Statements } from './sqlite-statements.ts';
import type { KeyRow, SignatureRecord, SigningKeyStore } from './store.ts';
import { keyRow, type StoredKey } from './stored-key.ts';

/** Opens the store in `file` (absolute). @throws Failure ADDON_MISSING, DISK, STORE_FAILED */
export async function openSqliteKeyStore(file: string): Promise<SigningKeyStore> {
  return new SqliteKeyStore(await openSqlite(file, keySchema));
}

class SqliteKeyStore implements SigningKeyStore {
  readonly #database: Database;
  readonly #statements: Statements;
  /** Keys that are made and signatures that are recorded at the same time share one commit. */
  readonly #writes: WriteQueue;

  constructor(database: Database) {
    this.#database = database;
    this.#statements = prepareStatements(database);
    // What the signer answers without writing is in memory: only writers wait for the disk.
    this.#writes = new WriteQueue(database, { maxPauseMs: 0 });
  }

  async add(row: KeyRow): Promise<KeyRow> {
    return this.#writes.write(() => this.#addNow(row));
  }

  async find(keyId: string): Promise<KeyRow | undefined> {
    return attempt('the key cannot be read', () => maybeKeyRow(this.#statements.find.get(keyId)));
  }

  async newestOf(gun: string, role: string, max: number): Promise<readonly KeyRow[]> {
    return attempt('the keys cannot be read', () =>
      this.#statements.newestOf.all(gun, role, max).map(keyRow),
    );
  }

  async newestOfEachAlias(): Promise<readonly KeyRow[]> {
    return attempt('the keys cannot be read', () =>
      this.#statements.newestOfAliases.all().map(keyRow),
    );
  }

  async recordSignatures(records: readonly SignatureRecord[]): Promise<ReadonlySet<string>> {
    return this.#writes.write(() => this.#recordNow(records));
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
    this.#writes.flush();
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
