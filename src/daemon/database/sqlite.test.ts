import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openSqlite, sqliteFailure } from './sqlite.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paraph-sqlite-'));
});
afterEach(() => rm(dir, { recursive: true }));

const first = 'CREATE TABLE a (n INTEGER NOT NULL) STRICT;';
const second = "ALTER TABLE a ADD COLUMN t TEXT NOT NULL DEFAULT 'x';";
const schema = (...migrations: string[]) => ({ applicationId: 4711, migrations });

it('makes a private file in a private directory, durable and checked', async () => {
  const file = join(dir, 'new', 'keys.db');
  const database = await openSqlite(file, schema(first));
  expect((await stat(join(dir, 'new'))).mode & 0o777).toBe(0o700);
  for (const name of [file, `${file}-wal`, `${file}-shm`]) {
    expect((await stat(name)).mode & 0o777).toBe(0o600);
  }
  expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(database.pragma('synchronous', { simple: true })).toBe(2);
  expect(database.pragma('foreign_keys', { simple: true })).toBe(1);
  database.close();
});

it('runs only the migrations that are missing', async () => {
  const file = join(dir, 'a.db');
  const old = await openSqlite(file, schema(first));
  old.exec('INSERT INTO a VALUES (1)');
  old.close();
  const now = await openSqlite(file, schema(first, second));
  expect(now.prepare('SELECT * FROM a').all()).toEqual([{ n: 1, t: 'x' }]);
  now.close();
  (await openSqlite(file, schema(first, second))).close();
});

it('leaves the old schema when a migration fails', async () => {
  const file = join(dir, 'a.db');
  (await openSqlite(file, schema(first))).close();
  const broken = schema(first, second, 'CREATE TABLE a (n);');
  await expect(openSqlite(file, broken)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  const still = await openSqlite(file, schema(first));
  expect(still.prepare('SELECT * FROM a').columns()).toHaveLength(1);
  still.close();
});

it('refuses the file of a newer release', async () => {
  const file = join(dir, 'a.db');
  (await openSqlite(file, schema(first, second))).close();
  await expect(openSqlite(file, schema(first))).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringContaining('schema version 2'),
  });
});

it('refuses the file of another program, and a file that is no database', async () => {
  const file = join(dir, 'a.db');
  (await openSqlite(file, schema(first))).close();
  const other = { applicationId: 4712, migrations: [first] };
  await expect(openSqlite(file, other)).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringContaining('another program'),
  });
  await chmod(file, 0o644);
  const before = await readFile(file);
  await expect(openSqlite(file, other)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  expect(await readFile(file)).toEqual(before);
  expect((await stat(file)).mode & 0o777).toBe(0o644);
  await writeFile(join(dir, 'b.db'), 'not a database at all'.repeat(100));
  await expect(openSqlite(join(dir, 'b.db'), schema(first))).rejects.toMatchObject({
    code: 'STORE_FAILED',
  });
});

it('says DISK when the directory cannot be made', async () => {
  await writeFile(join(dir, 'file'), '');
  const opening = openSqlite(join(dir, 'file', 'a.db'), schema(first));
  await expect(opening).rejects.toMatchObject({ code: 'DISK' });
});

it('says ADDON_MISSING when the add-on was not built, and makes no file', async () => {
  vi.doMock('better-sqlite3', () => ({
    default: function Sqlite() {
      throw new Error('Could not locate the bindings file');
    },
  }));
  vi.resetModules();
  const fresh = await import('./sqlite.ts');
  await expect(fresh.openSqlite(join(dir, 'a.db'), schema(first))).rejects.toMatchObject({
    code: 'ADDON_MISSING',
  });
  await expect(stat(join(dir, 'a.db'))).rejects.toMatchObject({ code: 'ENOENT' });
  vi.doUnmock('better-sqlite3');
});

it('keeps the cause of a failed statement', () => {
  const cause = new Error('disk I/O error');
  expect(sqliteFailure(cause, 'key not stored')).toMatchObject({
    code: 'STORE_FAILED',
    message: 'key not stored: disk I/O error',
    cause,
  });
});
