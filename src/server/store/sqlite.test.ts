import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storeContract } from '../../../test/server/store.contract.ts';
import { HotFiles } from './hot-files.ts';
import { openSqliteStore } from './sqlite.ts';
import type { Publication } from './store.ts';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'paraph-store-'));
  file = join(directory, 'data', 'server.db');
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const gun = 'registry.example.com/team/app';

function publication(version: number, basedOn: number | undefined, bytes = 10): Publication {
  const files = (['targets', 'snapshot', 'timestamp'] as const).map((role) => ({
    role,
    version,
    bytes: Buffer.alloc(bytes, `${role} ${version} `),
  }));
  return { gun, basedOn, files, nowMs: Date.parse('2026-11-25T10:00:00Z') };
}

describe('sqlite store', () => {
  describe('on a cache that holds everything', () => {
    storeContract(() => openSqliteStore(file));
  });

  describe('on a cache that holds nothing', () => {
    storeContract(() => openSqliteStore(file, new HotFiles(0)));
  });

  it('keeps everything over a restart', async () => {
    const first = await openSqliteStore(file);
    await first.publish(publication(1, undefined));
    await first.remove(gun, 1);
    await first.publish(publication(1, undefined));
    await first.close();
    const second = await openSqliteStore(file);
    expect((await second.newest(gun, 'timestamp'))?.version).toBe(1);
    expect((await second.floors(gun)).get('timestamp')).toBe(1);
    await second.close();
  });

  it('has the tables and the order of rows that a Go server expects', async () => {
    const store = await openSqliteStore(file);
    const { files, ...rest } = publication(1, undefined);
    const delegations = (['targets/b', 'targets/a/x', 'root', 'targets/a'] as const).map(
      (role) => ({ role, version: 1, bytes: Buffer.from(role) }),
    );
    await store.publish({ ...rest, files: [...[...files].reverse(), ...delegations] });
    await store.close();
    const database = new Sqlite(file, { readonly: true });
    const rows = database.prepare('SELECT role FROM tuf_files ORDER BY id').pluck().all();
    expect(rows).toEqual([
      'root',
      'targets',
      'targets/a',
      'targets/b',
      'targets/a/x',
      'snapshot',
      'timestamp',
    ]);
    const row = database.prepare("SELECT * FROM tuf_files WHERE role = 'timestamp'").get();
    expect(row).toMatchObject({
      created_at: '2026-11-25 10:00:00.000',
      updated_at: '2026-11-25 10:00:00.000',
      deleted_at: null,
      gun,
      version: 1,
    });
    expect(
      database.prepare('SELECT category FROM change_category ORDER BY category').pluck().all(),
    ).toEqual(['deletion', 'update']);
    database.close();
  });

  it('is readable by its owner alone', async () => {
    const store = await openSqliteStore(file);
    await store.publish(publication(1, undefined));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'data'))).mode & 0o777).toBe(0o700);
    await store.close();
  });

  it('shows what another process wrote or deleted, at once', async () => {
    const mine = await openSqliteStore(file);
    const theirs = await openSqliteStore(file);
    await mine.publish(publication(1, undefined));
    expect((await theirs.newest(gun, 'timestamp'))?.version).toBe(1);
    await theirs.publish(publication(2, 1));
    expect((await mine.newest(gun, 'timestamp'))?.version).toBe(2);
    await theirs.remove(gun, 1);
    expect(await mine.newest(gun, 'timestamp')).toBeUndefined();
    expect(await mine.byVersion(gun, 'targets', 1)).toBeUndefined();
    await theirs.publish(publication(1, undefined, 99));
    expect((await mine.newest(gun, 'targets'))?.bytes).toHaveLength(99);
    await mine.close();
    await theirs.close();
  });

  it('lets one of two processes win a race', async () => {
    const stores = [await openSqliteStore(file), await openSqliteStore(file)];
    await stores[0]!.publish(publication(1, undefined));
    const results = await Promise.allSettled(
      stores.flatMap((store) => [1, 2, 3].map(() => store.publish(publication(2, 1)))),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    for (const store of stores) await store.close();
  });

  it('fails every publish of a transaction that the disk has no room for, and none later', async () => {
    const store = await openSqliteStore(file);
    await store.publish(publication(1, undefined));
    await store.close();
    const limited = new Sqlite(file);
    const pages = Number(limited.pragma('page_count', { simple: true }));
    limited.close();
    const { openSqlite } = await import('../../daemon/database/sqlite.ts');
    const { storeSchema } = await import('./sqlite-schema.ts');
    const { WriteQueue } = await import('../../daemon/database/write-queue.ts');
    const database = await openSqlite(file, storeSchema);
    database.pragma(`max_page_count = ${pages + 2}`);
    const queue = new WriteQueue(database);
    const insert = database.prepare(
      "INSERT INTO tuf_files (gun, role, version, data) VALUES (?, 'root', 1, ?)",
    );
    const results = await Promise.allSettled([
      queue.write(() => insert.run('small', Buffer.alloc(10))),
      queue.write(() => insert.run('huge', Buffer.alloc(1_000_000))),
      queue.write(() => insert.run('later', Buffer.alloc(10))),
    ]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected', 'rejected']);
    const guns = database.prepare('SELECT DISTINCT gun FROM tuf_files').pluck();
    expect(guns.all()).toEqual([gun]);
    await queue.write(() => insert.run('small', Buffer.alloc(10)));
    expect(guns.all()).toEqual([gun, 'small']);
    database.close();
  });

  it('settles what was waiting before it closes', async () => {
    const store = await openSqliteStore(file);
    const published = store.publish(publication(1, undefined));
    await store.close();
    await published;
    const again = await openSqliteStore(file);
    expect(await again.newest(gun, 'timestamp')).toBeDefined();
    await again.close();
  });
});
