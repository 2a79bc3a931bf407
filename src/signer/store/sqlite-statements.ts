// The SQL of the signer's embedded store, prepared once.
import type { Database, Statement } from '../../daemon/database/sqlite.ts';
import type { StoredKey } from './stored-key.ts';

export type Statements = ReturnType<typeof prepareStatements>;

export function prepareStatements(database: Database) {
  return { ...reads(database), ...writes(database), ...floors(database) };
}

function reads(database: Database) {
  const columns =
    'key_id, algorithm, encryption_alg, keywrap_alg, passphrase_alias, public, private, gun, role, created_at, last_used';
  const keys = <Bound extends unknown[]>(where: string): Statement<Bound, StoredKey> =>
    database.prepare<Bound, StoredKey>(`SELECT ${columns} FROM private_keys WHERE ${where}`);
  return {
    find: keys<[string]>('key_id = ? AND deleted_at IS NULL'),
    findPending: keys<[string, string, string]>(
      `gun = ? AND role = ? AND algorithm = ? AND last_used IS NULL AND deleted_at IS NULL
       ORDER BY key_id LIMIT 1`,
    ),
    newestOf: keys<[string, string, number]>(
      'gun = ? AND role = ? AND deleted_at IS NULL ORDER BY id DESC LIMIT ?',
    ),
    newestOfAliases: keys<[]>(
      'id IN (SELECT max(id) FROM private_keys WHERE deleted_at IS NULL GROUP BY passphrase_alias)',
    ),
    check: database.prepare('SELECT 1 FROM private_keys LIMIT 1'),
  };
}

function writes(database: Database) {
  return {
    insert: database.prepare<[Readonly<Record<string, unknown>>]>(
      `INSERT INTO private_keys
         (created_at, updated_at, key_id, encryption_alg, keywrap_alg, algorithm, passphrase_alias, public, private,
          gun, role, last_used)
       VALUES
         (:createdAt, :createdAt, :keyId, :encryptionAlg, :keywrapAlg, :algorithm, :passphraseAlias, :publicBytes,
          :privateBytes, :gun, :role, :lastUsed)`,
    ),
    use: database.prepare<[string, string, string]>(
      'UPDATE private_keys SET last_used = ?, updated_at = ? WHERE key_id = ? AND deleted_at IS NULL',
    ),
    remove: database.prepare<[string, string]>(
      'UPDATE private_keys SET deleted_at = ? WHERE key_id = ? AND deleted_at IS NULL',
    ),
  };
}

function floors(database: Database) {
  return {
    raise: database.prepare<[string, number]>(
      `INSERT INTO paraph_signing_floors (key_id, version) VALUES (?, ?)
       ON CONFLICT (key_id) DO UPDATE SET version = excluded.version WHERE excluded.version > version`,
    ),
    floor: database
      .prepare<[string], number>('SELECT version FROM paraph_signing_floors WHERE key_id = ?')
      .pluck(),
  };
}
