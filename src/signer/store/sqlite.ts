// Signing keys in the embedded database. `private_keys` has the columns and types of notary's table, so that rows
// move to and from PostgreSQL by copying; times are UTC without a zone, as Go writes them. `signing_floors` is ours.
import * as v from 'valibot';
import {
  type Database,
  openSqlite,
  type SqliteSchema,
  sqliteFailure,
} from '../../daemon/database/sqlite.ts';
import type { KeyRow, SignatureRecord, SigningKeyStore } from './store.ts';

const schema: SqliteSchema = {
  // "PaSi" in ASCII.
  applicationId: 0x50615369,
  migrations: [
    `CREATE TABLE private_keys (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       created_at timestamp,
       updated_at timestamp,
       deleted_at timestamp,
       key_id varchar(255) NOT NULL,
       encryption_alg varchar(255) NOT NULL,
       keywrap_alg varchar(255) NOT NULL,
       algorithm varchar(50) NOT NULL,
       passphrase_alias varchar(50) NOT NULL,
       public blob NOT NULL,
       private blob NOT NULL,
       gun varchar(255) NOT NULL,
       role varchar(255) NOT NULL,
       last_used timestamp,
       UNIQUE (key_id),
       UNIQUE (key_id, algorithm)
     );
     CREATE INDEX idx_private_keys_gun ON private_keys (gun, role, passphrase_alias, id);
     CREATE INDEX idx_private_keys_alias ON private_keys (passphrase_alias, id);
     CREATE TABLE signing_floors (
       key_id varchar(255) PRIMARY KEY,
       version bigint NOT NULL
     ) WITHOUT ROWID;`,
  ],
};

const storedRow = v.object({
  key_id: v.string(),
  algorithm: v.string(),
  encryption_alg: v.string(),
  keywrap_alg: v.string(),
  passphrase_alias: v.string(),
  public: v.instance(Buffer),
  private: v.instance(Buffer),
  gun: v.string(),
  role: v.string(),
  created_at: v.nullable(v.string()),
  last_used: v.nullable(v.string()),
});
const floorRow = v.object({ version: v.number() });

/** Opens the store in `file` (absolute). Throws as `openSqlite` does. */
export async function openSqliteKeyStore(file: string): Promise<SigningKeyStore> {
  return new SqliteKeyStore(await openSqlite(file, schema));
}

class SqliteKeyStore implements SigningKeyStore {
  private readonly database: Database;
  private readonly statements: ReturnType<typeof prepare>;
  private readonly adding: { immediate(row: KeyRow): KeyRow };
  private readonly recording: {
    immediate(records: readonly SignatureRecord[]): ReadonlySet<string>;
  };

  constructor(database: Database) {
    this.database = database;
    this.statements = prepare(database);
    this.adding = database.transaction((row: KeyRow) => this.addNow(row));
    this.recording = database.transaction((records: readonly SignatureRecord[]) =>
      this.recordNow(records),
    );
  }

  async add(row: KeyRow): Promise<KeyRow> {
    return attempt('the key cannot be stored', () => this.adding.immediate(row));
  }

  async find(keyId: string): Promise<KeyRow | undefined> {
    return attempt('the key cannot be read', () => parseRow(this.statements.find.get(keyId)));
  }

  async findPending(gun: string, role: string, algorithm: string): Promise<KeyRow | undefined> {
    return attempt('the key cannot be read', () =>
      parseRow(this.statements.findPending.get(gun, role, algorithm)),
    );
  }

  async newestOfEachAlias(of?: { gun: string; role: string }): Promise<readonly KeyRow[]> {
    const { newest, newestOf } = this.statements;
    return attempt('the keys cannot be read', () =>
      (of === undefined ? newest.all() : newestOf.all(of.gun, of.role))
        .map(parseRow)
        .filter((row) => row !== undefined),
    );
  }

  async recordSignatures(records: readonly SignatureRecord[]): Promise<ReadonlySet<string>> {
    return attempt('the signature cannot be recorded', () => this.recording.immediate(records));
  }

  async floor(keyId: string): Promise<number | undefined> {
    return attempt('the floor cannot be read', () => {
      const row: unknown = this.statements.floor.get(keyId);
      return row === undefined ? undefined : v.parse(floorRow, row).version;
    });
  }

  async remove(keyId: string, atMs: number): Promise<void> {
    attempt('the key cannot be removed', () => this.statements.remove.run(toSqlTime(atMs), keyId));
  }

  async check(): Promise<void> {
    attempt('the database does not answer', () => this.statements.check.get());
  }

  async close(): Promise<void> {
    this.database.close();
  }

  private addNow(row: KeyRow): KeyRow {
    const { findPending, insert } = this.statements;
    const pending = parseRow(findPending.get(row.gun, row.role, row.algorithm));
    if (pending !== undefined) return pending;
    const createdAt = toSqlTime(row.createdAtMs);
    insert.run({
      ...row,
      createdAt,
      privateBytes: Buffer.from(row.privateJwe, 'ascii'),
      lastUsed: row.lastUsedMs === undefined ? null : toSqlTime(row.lastUsedMs),
    });
    return row;
  }

  private recordNow(records: readonly SignatureRecord[]): ReadonlySet<string> {
    const missing = new Set<string>();
    for (const { keyId, version, atMs } of records) {
      const time = toSqlTime(atMs);
      if (this.statements.use.run(time, time, keyId).changes === 0) missing.add(keyId);
      else if (version !== undefined) this.statements.raise.run(keyId, version);
    }
    return missing;
  }
}

function prepare(database: Database) {
  const columns =
    'key_id, algorithm, encryption_alg, keywrap_alg, passphrase_alias, public, private, gun, role, created_at, last_used';
  return {
    find: database.prepare(
      `SELECT ${columns} FROM private_keys WHERE key_id = ? AND deleted_at IS NULL`,
    ),
    findPending: database.prepare(
      `SELECT ${columns} FROM private_keys
       WHERE gun = ? AND role = ? AND algorithm = ? AND last_used IS NULL AND deleted_at IS NULL
       ORDER BY key_id LIMIT 1`,
    ),
    newest: database.prepare(
      `SELECT ${columns} FROM private_keys WHERE id IN
         (SELECT max(id) FROM private_keys WHERE deleted_at IS NULL GROUP BY passphrase_alias)`,
    ),
    newestOf: database.prepare(
      `SELECT ${columns} FROM private_keys WHERE id IN
         (SELECT max(id) FROM private_keys WHERE gun = ? AND role = ? AND deleted_at IS NULL
          GROUP BY passphrase_alias)`,
    ),
    insert: database.prepare(
      `INSERT INTO private_keys
         (created_at, updated_at, key_id, encryption_alg, keywrap_alg, algorithm, passphrase_alias, public, private,
          gun, role, last_used)
       VALUES
         (:createdAt, :createdAt, :keyId, :encryptionAlg, :keywrapAlg, :algorithm, :passphraseAlias, :publicBytes,
          :privateBytes, :gun, :role, :lastUsed)`,
    ),
    use: database.prepare(
      'UPDATE private_keys SET last_used = ?, updated_at = ? WHERE key_id = ? AND deleted_at IS NULL',
    ),
    raise: database.prepare(
      `INSERT INTO signing_floors (key_id, version) VALUES (?, ?)
       ON CONFLICT (key_id) DO UPDATE SET version = excluded.version WHERE excluded.version > version`,
    ),
    floor: database.prepare('SELECT version FROM signing_floors WHERE key_id = ?'),
    remove: database.prepare(
      'UPDATE private_keys SET deleted_at = ? WHERE key_id = ? AND deleted_at IS NULL',
    ),
    check: database.prepare('SELECT 1 FROM private_keys LIMIT 1'),
  };
}

function attempt<T>(message: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw sqliteFailure(cause, message);
  }
}

function parseRow(stored: unknown): KeyRow | undefined {
  if (stored === undefined) return undefined;
  const row = v.parse(storedRow, stored);
  return {
    keyId: row.key_id,
    algorithm: row.algorithm,
    encryptionAlg: row.encryption_alg,
    keywrapAlg: row.keywrap_alg,
    passphraseAlias: row.passphrase_alias,
    publicBytes: row.public,
    privateJwe: row.private.toString('latin1'),
    gun: row.gun,
    role: row.role,
    createdAtMs: row.created_at === null ? 0 : fromSqlTime(row.created_at),
    lastUsedMs: row.last_used === null ? undefined : fromSqlTime(row.last_used),
  };
}

function toSqlTime(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, -1);
}

function fromSqlTime(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}Z`);
}
