// The SQL of the embedded store, prepared once. Reads by name, version and checksum find the row id in an index and
// touch no row; rows are read by id.
import type { Database, Statement } from '../../daemon/database/sqlite.ts';

interface FileRow {
  readonly role: string;
  readonly version: number;
  readonly data: Buffer;
  readonly sha256: string;
  readonly created_at: string;
}

export interface ChangeRow {
  readonly id: number;
  readonly created_at: string;
  readonly gun: string;
  readonly version: number;
  readonly sha256: string | null;
  readonly category: string;
}

export type Statements = ReturnType<typeof prepareStatements>;

export function prepareStatements(database: Database) {
  return { ...readsOfFiles(database), ...writes(database), ...readsOfChanges(database) };
}

const ofRole = 'FROM tuf_files WHERE gun = ? AND role = ?';

function readsOfFiles(database: Database) {
  const id = <Bound extends unknown[]>(sql: string): Statement<Bound, number> =>
    database.prepare<Bound, number>(sql).pluck();
  return {
    newest: id<[string, string]>(`SELECT id ${ofRole} ORDER BY version DESC LIMIT 1`),
    byVersion: id<[string, string, number]>(`SELECT id ${ofRole} AND version = ?`),
    byChecksum: id<[string, string, string]>(
      'SELECT id FROM tuf_files WHERE sha256 = ? AND gun = ? AND role = ? ORDER BY version DESC',
    ),
    highest: database.prepare<[string, string], { id: number; version: number }>(
      `SELECT id, version ${ofRole} ORDER BY version DESC LIMIT 1`,
    ),
    file: database.prepare<[number], FileRow>(
      'SELECT role, version, data, sha256, created_at FROM tuf_files WHERE id = ?',
    ),
    floors: database.prepare<[string], { role: string; version: number }>(
      'SELECT role, version FROM paraph_version_floors WHERE gun = ?',
    ),
    check: database.prepare('SELECT 1 FROM tuf_files, changefeed LIMIT 1'),
  };
}

function writes(database: Database) {
  return {
    insertFile: database.prepare<[string, string, string, string, number, Buffer, string]>(
      `INSERT INTO tuf_files (created_at, updated_at, gun, role, version, data, sha256)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    removeFiles: database.prepare<[string]>('DELETE FROM tuf_files WHERE gun = ?'),
    recordChange: database.prepare<[string, string, number, string, string]>(
      'INSERT INTO changefeed (created_at, gun, version, sha256, category) VALUES (?, ?, ?, ?, ?)',
    ),
    raiseFloors: database.prepare<[string]>(
      `INSERT INTO paraph_version_floors (gun, role, version)
       SELECT gun, role, max(version) FROM tuf_files WHERE gun = ? GROUP BY gun, role
       ON CONFLICT (gun, role) DO UPDATE SET version = max(version, excluded.version)`,
    ),
    countGeneration: database.prepare<[string, string]>(
      `INSERT INTO paraph_generations (gun, deleted, last_deleted_at) VALUES (?, 1, ?)
       ON CONFLICT (gun) DO UPDATE
       SET deleted = deleted + 1, last_deleted_at = excluded.last_deleted_at`,
    ),
  };
}

function readsOfChanges(database: Database) {
  const changes = 'SELECT id, created_at, gun, version, sha256, category FROM changefeed';
  return {
    after: database.prepare<[number, number], ChangeRow>(
      `${changes} WHERE id > ? ORDER BY id LIMIT ?`,
    ),
    afterOfGun: database.prepare<[string, number, number], ChangeRow>(
      `${changes} WHERE gun = ? AND id > ? ORDER BY id LIMIT ?`,
    ),
    until: database.prepare<[number, number], ChangeRow>(
      `${changes} WHERE id < ? ORDER BY id DESC LIMIT ?`,
    ),
    untilOfGun: database.prepare<[string, number, number], ChangeRow>(
      `${changes} WHERE gun = ? AND id < ? ORDER BY id DESC LIMIT ?`,
    ),
  };
}
