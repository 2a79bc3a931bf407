// Races for one repository on one database: between servers of ours, and between ours and a Go server, stopped between
// any two of its statements.
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { settingsOf } from '../../../test/daemon/postgres-settings.ts';
import {
  type PostgresCluster,
  startEmbeddedPostgres,
} from '../../../test/peers/embedded-postgres.ts';
import { notaryServerTables } from '../../../test/peers/notary-tables.ts';
import { useScratch } from '../../../test/peers/scratch.ts';
import { GoServer } from '../../../test/server/go-server-sql.ts';
import type { RoleName } from '../../tuf/role.ts';
import { openPostgresStore } from './postgres.ts';
import type { Publication, TufStore } from './store.ts';

const scratch = useScratch();
let cluster: PostgresCluster;
let url: string;
let ours: TufStore;
let theirs: GoServer;
let count = 0;

beforeAll(async () => {
  cluster = await startEmbeddedPostgres(scratch);
});
beforeEach(async () => {
  count += 1;
  const schema = `races${count}`;
  await query(`CREATE SCHEMA ${schema}; SET search_path = ${schema}; ${notaryServerTables}`);
  url = cluster.url('postgres', `sslmode=disable&search_path=${schema}`);
  ours = await openPostgresStore(settingsOf(url));
  theirs = await GoServer.connect(cluster.url('postgres'), schema);
});
afterEach(async () => {
  await theirs.close();
  await ours.close();
});

const query = (sql: string) => cluster.query('postgres', sql);
/** In the schema of the test. */
const inSchema = (sql: string) => query(`SET search_path = races${count}; ${sql}`);

const gun = 'registry.example.com/team/app';
const nowMs = Date.parse('2026-11-25T10:00:00Z');

function publication(
  version: number,
  roles: readonly RoleName[] = ['targets', 'snapshot', 'timestamp'],
): Publication {
  const files = roles.map((role) => ({
    role,
    version,
    bytes: Buffer.from(`ours ${role} ${version}`),
  }));
  return { gun, files, basedOn: version === 1 ? undefined : version - 1, nowMs };
}

const goFiles = (
  version: number,
  roles: readonly RoleName[] = ['targets', 'snapshot', 'timestamp'],
) => roles.map((role) => ({ role, version, text: `Go's ${role} ${version}` }));

async function texts(): Promise<readonly (string | undefined)[]> {
  const files = await Promise.all(
    (['targets', 'snapshot', 'timestamp'] as const).map((role) => ours.newest(gun, role)),
  );
  return files.map((file) => file?.bytes.toString());
}

const all = (whose: string, version: number) =>
  ['targets', 'snapshot', 'timestamp'].map((role) => `${whose} ${role} ${version}`);

/** `waiting` while it waits for a lock, else what it came to. */
async function stateOf(publish: Promise<unknown>): Promise<unknown> {
  const blocked = `SELECT 1 FROM pg_locks WHERE NOT granted`;
  const isWaiting = async () => ((await query(blocked)).length > 0 ? 'waiting' : undefined);
  for (let tries = 0; tries < 100; tries += 1) {
    const settled = await Promise.race([
      publish.then(
        () => 'stored',
        (error: unknown) => error,
      ),
      isWaiting(),
    ]);
    if (settled !== undefined) return settled;
  }
  throw new Error('neither waiting nor done');
}

describe('a Go server and ours', () => {
  it('read and continue what the other wrote', async () => {
    expect(await theirs.publish(gun, goFiles(1))).toBe(true);
    expect(await texts()).toEqual(all("Go's", 1));
    await ours.publish(publication(2));
    expect(await theirs.publish(gun, goFiles(2))).toBe(false);
    expect(await theirs.publish(gun, goFiles(3))).toBe(true);
    expect(await texts()).toEqual(all("Go's", 3));
    const changes = await ours.changes({ gun, fromId: 0, backwards: false, limit: 9 });
    expect(changes.map(({ version, category }) => [version, category])).toEqual([
      [1, 'update'],
      [2, 'update'],
      [3, 'update'],
    ]);
  });

  it.each([0, 1, 2])('never both win when Go has inserted file %i of its publish', async (last) => {
    await ours.publish(publication(1));
    const files = goFiles(2);
    await theirs.begin();
    for (const file of files.slice(0, last + 1)) {
      expect(await theirs.isNewest(gun, file)).toBe(true);
      expect(await theirs.firstOrCreate(gun, file)).toBe('created');
    }
    const publish = ours.publish(publication(2));
    publish.catch(() => undefined);
    expect(await stateOf(publish)).toBe('waiting');
    for (const file of files.slice(last + 1)) {
      expect(await theirs.isNewest(gun, file)).toBe(true);
      expect(await theirs.firstOrCreate(gun, file)).toBe('created');
    }
    await theirs.commit();
    await expect(publish).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
    expect(await texts()).toEqual(all("Go's", 2));
  });

  it('ours wins when Go gives up', async () => {
    await ours.publish(publication(1));
    await theirs.begin();
    await theirs.firstOrCreate(gun, goFiles(2)[0]!);
    const publish = ours.publish(publication(2));
    expect(await stateOf(publish)).toBe('waiting');
    await theirs.rollback();
    await publish;
    expect(await texts()).toEqual(all('ours', 2));
  });

  it.each([0, 1, 2])('Go notices ours before it looks for file %i', async (at) => {
    await ours.publish(publication(1));
    const files = goFiles(2);
    const file = files[at]!;
    // Go looked, and then ours publishes everything: what Go finds it takes for its own.
    if (at === 0) {
      await theirs.begin();
      expect(await theirs.isNewest(gun, file)).toBe(true);
      await ours.publish(publication(2));
      expect(await theirs.firstOrCreate(gun, file)).toBe('found');
      expect(await theirs.isNewest(gun, files[1]!)).toBe(false);
      await theirs.rollback();
    } else {
      await ours.publish(publication(2));
      expect(await theirs.publish(gun, files.slice(at))).toBe(false);
    }
    expect(await texts()).toEqual(all('ours', 2));
  });

  it('a renewal of ours never takes the place of the timestamp of a publish of Go', async () => {
    await ours.publish(publication(1));
    const [targets, snapshot, timestamp] = goFiles(2);
    await theirs.begin();
    for (const file of [targets!, snapshot!]) {
      expect(await theirs.isNewest(gun, file)).toBe(true);
      await theirs.firstOrCreate(gun, file);
    }
    // Between this look and the next statement, a renewal would slip in: Go would then confirm
    // a publish that no timestamp names, and could never publish again.
    expect(await theirs.isNewest(gun, timestamp!)).toBe(true);
    const renewal = ours.publish(publication(2, ['timestamp']));
    renewal.catch(() => undefined);
    expect(await stateOf(renewal)).toBe('waiting');
    expect(await theirs.firstOrCreate(gun, timestamp!)).toBe('created');
    await theirs.commit();
    await expect(renewal).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
    expect(await texts()).toEqual(all("Go's", 2));
  });

  it('a renewal leaves no trace but its timestamp, and the next snapshot has its version', async () => {
    await ours.publish(publication(1));
    await ours.publish(publication(2, ['timestamp']));
    const rows = await inSchema('SELECT role, version FROM tuf_files ORDER BY id');
    expect(rows.map(({ role, version }) => `${String(role)} ${String(version)}`)).toEqual([
      'targets 1',
      'snapshot 1',
      'timestamp 1',
      'timestamp 2',
    ]);
    const next = [...goFiles(2, ['targets', 'snapshot']), ...goFiles(3, ['timestamp'])];
    expect(await theirs.publish(gun, next)).toBe(true);
  });

  it('a publish of ours after Go’s deletion continues above what was deleted', async () => {
    await theirs.publish(gun, goFiles(1));
    await theirs.publish(gun, goFiles(7));
    await theirs.remove(gun);
    expect(await ours.newest(gun, 'timestamp')).toBeUndefined();
    const floors = await ours.floors(gun);
    expect(floors.get('timestamp')).toBe(7);
    expect(floors.get('snapshot')).toBeGreaterThanOrEqual(7);
    // What is published now is no floor.
    await theirs.publish(gun, goFiles(9));
    expect((await ours.floors(gun)).get('timestamp')).toBe(7);
    // Nor is a deletion of ours counted twice.
    await ours.remove(gun, nowMs);
    expect(Object.fromEntries(await ours.floors(gun))).toEqual({
      targets: 9,
      // No trace tells how far it was before Go deleted it: what was kept from then stays.
      snapshot: 7 + 16,
      timestamp: 9,
    });
    await theirs.publish(gun, goFiles(1));
    await theirs.remove(gun);
    expect((await ours.floors(gun)).get('timestamp')).toBe(9);
  });

  it('a deletion of ours does not make forgotten what Go deleted before', async () => {
    await theirs.publish(gun, goFiles(10));
    await theirs.remove(gun);
    for (let version = 1; version <= 3; version += 1) await theirs.publish(gun, goFiles(version));
    const before = await ours.floors(gun);
    expect(before.get('timestamp')).toBe(10);
    await ours.remove(gun, nowMs);
    const after = await ours.floors(gun);
    expect(after.get('timestamp')).toBe(10);
    expect(after.get('snapshot')).toBe(before.get('snapshot'));
  });

  it('keeps floors at the highest version that a row can hold', async () => {
    await theirs.publish(gun, goFiles(2_147_483_647));
    await theirs.remove(gun);
    await theirs.publish(gun, goFiles(1));
    await ours.remove(gun, nowMs);
    expect(Object.fromEntries(await ours.floors(gun))).toEqual({
      targets: 1,
      snapshot: 2_147_483_647,
      timestamp: 2_147_483_647,
    });
  });

  it('a publish that was checked before Go’s deletion is refused', async () => {
    await ours.publish(publication(1));
    await theirs.remove(gun);
    await expect(ours.publish(publication(2))).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
  });
});

describe('servers of ours', () => {
  it('one of many publishers through two pools wins', async () => {
    const second = await openPostgresStore(settingsOf(url));
    await ours.publish(publication(1));
    for (let version = 2; version < 8; version += 1) {
      const results = await Promise.allSettled(
        [ours, second, ours, second, ours, second].map((store) =>
          store.publish(publication(version)),
        ),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') {
          expect(result.reason).toMatchObject({ code: 'VERSION_CONFLICT' });
        }
      }
      expect((await second.newest(gun, 'timestamp'))?.version).toBe(version);
    }
    await second.close();
  });

  it('a deletion and a publish, racing, leave all or nothing', async () => {
    const second = await openPostgresStore(settingsOf(url));
    for (let round = 0; round < 10; round += 1) {
      await ours.publish(publication(1));
      await Promise.allSettled([second.remove(gun, nowMs), ours.publish(publication(2))]);
      expect(new Set(await texts())).toEqual(new Set([undefined]));
    }
    await second.close();
  });

  it('need no isolation that the database was not set to', async () => {
    await ours.close();
    const strict = 'default_transaction_isolation=serializable&default_transaction_read_only=on';
    ours = await openPostgresStore(settingsOf(`${url}&${strict}`));
    await ours.publish(publication(1));
    const racers = Array.from({ length: 6 }, () => ours.publish(publication(2)));
    const results = await Promise.allSettled(racers);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('wait for a lock in vain for a bounded time, while others are served', async () => {
    await ours.close();
    ours = await openPostgresStore(settingsOf(`${url}&lock_timeout=200ms`));
    await ours.publish(publication(1));
    await theirs.begin();
    await theirs.firstOrCreate(gun, goFiles(2)[0]!);
    await expect(ours.publish(publication(2))).rejects.toMatchObject({
      code: 'STORE_FAILED',
      facts: { sqlState: '55P03' },
    });
    expect((await ours.newest(gun, 'targets'))?.version).toBe(1);
    await ours.publish({ ...publication(1), gun: `${gun}/other` });
    await theirs.commit();
  });
});

describe('what is in memory', () => {
  it('is not believed when an id was given twice, as after a restored backup', async () => {
    await ours.publish(publication(1));
    expect((await ours.newest(gun, 'targets'))?.bytes.toString()).toBe('ours targets 1');
    await inSchema(
      `CREATE TABLE kept AS SELECT * FROM tuf_files;
       TRUNCATE tuf_files RESTART IDENTITY;
       INSERT INTO tuf_files (gun, role, version, data, sha256) SELECT gun, role, version,
         convert_to('restored ' || role, 'UTF8'), encode(sha256(convert_to('restored ' || role, 'UTF8')), 'hex')
         FROM kept ORDER BY id`,
    );
    expect((await ours.newest(gun, 'targets'))?.bytes.toString()).toBe('restored targets');
  });

  it('serves rows without a checksum, as old databases have them', async () => {
    await inSchema(
      `INSERT INTO tuf_files (gun, role, version, data) VALUES ('${gun}', 'targets', 1, 'old')`,
    );
    const found = await ours.newest(gun, 'targets');
    expect(found).toMatchObject({ version: 1, createdAtMs: 0 });
    expect(found?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect((await ours.newest(gun, 'targets'))?.bytes.toString()).toBe('old');
  });

  it('does not show rows that are marked as deleted, whose versions stay taken', async () => {
    await ours.publish(publication(1));
    await inSchema("UPDATE tuf_files SET deleted_at = now() WHERE role = 'targets'");
    expect(await ours.newest(gun, 'targets')).toBeUndefined();
    const again = { ...publication(2), files: publication(1).files.slice(0, 1) };
    await expect(ours.publish(again)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
  });
});

it('what no row can hold is not asked for, and fails nobody who asks along', async () => {
  await ours.publish(publication(1));
  const answers = await Promise.all([
    ours.newest('a\0b', 'timestamp'),
    ours.byVersion(gun, 'targets', 3_000_000_000),
    ours.byVersion(gun, 'targets', 1),
    ours.byChecksum(gun, 'targets', '\0'),
    ours.byChecksum(gun, 'targets', 'AB'.repeat(64)),
    ours.newest(gun, 'timestamp'),
  ]);
  expect(answers.map((file) => file?.version)).toEqual([
    undefined,
    undefined,
    1,
    undefined,
    undefined,
    1,
  ]);
  expect(await ours.floors('\0')).toEqual(new Map());
  expect(await ours.remove('\0', nowMs)).toBe(false);
  expect(await ours.changes({ gun: '\0', fromId: 0, backwards: false, limit: 1 })).toEqual([]);
  const far = { fromId: Number.MAX_SAFE_INTEGER, limit: 1 };
  expect(await ours.changes({ ...far, backwards: false })).toEqual([]);
  expect(await ours.changes({ ...far, backwards: true })).toHaveLength(1);
  await expect(ours.publish({ ...publication(1), gun: '\0' })).rejects.toMatchObject({
    code: 'UPLOAD_REJECTED',
  });
});
