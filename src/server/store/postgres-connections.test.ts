// Connections of the store that break at each packet that goes either way, and a database that comes and goes.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { settingsOf } from '../../../test/daemon/postgres-settings.ts';
import {
  type PostgresCluster,
  startEmbeddedPostgres,
} from '../../../test/peers/embedded-postgres.ts';
import { type FragileProxy, startFragileProxy } from '../../../test/peers/fragile-proxy.ts';
import { useScratch } from '../../../test/peers/scratch.ts';
import { HotFiles } from './hot-files.ts';
import { openPostgresStore } from './postgres.ts';
import type { Publication, TufStore } from './store.ts';

const scratch = useScratch();
let cluster: PostgresCluster;
let proxy: FragileProxy;
/** Through the proxy; it keeps nothing in memory, so that every read asks the database. */
let store: TufStore;
/** Past it, to see what is stored. */
let witness: TufStore;

beforeAll(async () => {
  cluster = await startEmbeddedPostgres(scratch);
  proxy = await startFragileProxy(cluster.port);
  const through = cluster.serverUrl.replace(`:${cluster.port}/`, `:${proxy.port}/`);
  store = await openPostgresStore(settingsOf(through), new HotFiles(0));
  witness = await openPostgresStore(settingsOf(cluster.serverUrl), new HotFiles(0));
});
afterAll(async () => {
  await store.close();
  await witness.close();
  await proxy.close();
});

const gun = 'registry.example.com/team/app';
const roles = ['targets', 'snapshot', 'timestamp'] as const;

function publication(version: number): Publication {
  const files = roles.map((role) => ({ role, version, bytes: Buffer.from(`${role} ${version}`) }));
  const basedOn = version === 1 ? undefined : version - 1;
  return { gun, files, basedOn, nowMs: Date.parse('2026-11-25T10:00:00Z') };
}

async function outcome<T>(work: Promise<T>): Promise<T | 'failed'> {
  return work.catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'STORE_FAILED' });
    return 'failed' as const;
  });
}

/** Once what was sent before a connection broke has come to its end. */
async function versionsStored(): Promise<readonly (number | undefined)[]> {
  const busy = `SELECT 1 FROM pg_stat_activity
    WHERE application_name = 'paraph-server' AND state <> 'idle' AND pid <> pg_backend_pid()`;
  await expect.poll(() => cluster.query('server', busy), { interval: 5 }).toEqual([]);
  return Promise.all(roles.map(async (role) => (await witness.newest(gun, role))?.version));
}

/** Enough that the last ones break nothing: a connection made anew, and a transaction with statements to prepare. */
const steps = Array.from({ length: 8 }, (_, step) => step);
const breaks = (['request', 'answer'] as const).flatMap((direction) =>
  steps.map((step) => [direction, step] as const),
);

describe.each(['on connections that are there', 'on new connections'])('%s', (how) => {
  beforeEach(async () => {
    await witness.remove(gun, 0);
    await witness.publish(publication(1));
    if (how === 'on new connections') proxy.refuse();
    proxy.allow();
    // The pool has noticed what was cut.
    await expect.poll(() => outcome(store.check())).toBeUndefined();
  });

  it.each(breaks)('a publish is whole or not there when the %s %i breaks', async (...at) => {
    proxy.breakAt(...at);
    const published = await outcome(store.publish(publication(2)));
    const versions = await versionsStored();
    expect(new Set(versions).size).toBe(1);
    const [version] = versions;
    if (published === 'failed') expect(proxy.isBroken).toBe(true);
    else expect(version).toBe(2);
    proxy.breakAt('request', Number.POSITIVE_INFINITY);
    // And the pool is in order again.
    if (version === 1) await store.publish(publication(2));
    await store.publish(publication(3));
    expect(await versionsStored()).toEqual([3, 3, 3]);
    expect((await witness.changes({ gun, fromId: 0, backwards: true, limit: 3 })).length).toBe(3);
  });

  it.each(breaks)('a removal is whole or not there when the %s %i breaks', async (...at) => {
    proxy.breakAt(...at);
    const removed = await outcome(store.remove(gun, 1));
    const versions = await versionsStored();
    expect(new Set(versions).size).toBe(1);
    const [version] = versions;
    if (removed === 'failed') expect(proxy.isBroken).toBe(true);
    else expect([removed, version]).toEqual([true, undefined]);
    proxy.breakAt('request', Number.POSITIVE_INFINITY);
    expect(await store.remove(gun, 2)).toBe(version !== undefined);
    expect((await witness.floors(gun)).get('timestamp')).toBeGreaterThanOrEqual(1);
  });

  it.each(breaks)('a read succeeds all the same when the %s %i breaks', async (...at) => {
    proxy.breakAt(...at);
    const found = await store.newest(gun, 'targets');
    // A break that the read did not come to must not strike the next test.
    proxy.breakAt('request', Number.POSITIVE_INFINITY);
    expect(found?.bytes.toString()).toBe('targets 1');
  });
});

it('a publish whose commit was not answered is reported as stored when it is', async () => {
  await witness.remove(gun, 0);
  await store.publish(publication(1));
  for (let version = 2, isTold = false; !isTold; version += 1) {
    // Answers: the lock and the versions; then the rows with the commit. On a busy machine the rows are answered alone, and
    // the break comes before the commit: then nobody can know, and it is tried again.
    proxy.breakAt('answer', 1);
    isTold = (await outcome(store.publish(publication(version)))) !== 'failed';
    expect(proxy.isBroken).toBe(true);
    proxy.breakAt('request', Number.POSITIVE_INFINITY);
    const [stored] = await versionsStored();
    if (isTold) expect(stored).toBe(version);
    else if (stored !== version) await store.publish(publication(version));
    expect(version).toBeLessThan(12);
  }
});

it('an operator who ends connections disturbs the work at hand at most', async () => {
  await witness.remove(gun, 0);
  await store.publish(publication(1));
  for (let version = 2; version < 12; version += 1) {
    const [published] = await Promise.all([
      outcome(store.publish(publication(version))),
      cluster.query(
        'server',
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'paraph-server' AND pid <> pg_backend_pid()`,
      ),
    ]);
    const [stored] = await versionsStored();
    expect(stored).toBeGreaterThanOrEqual(published === 'failed' ? version - 1 : version);
    if (stored !== version) await store.publish(publication(version));
  }
});

it('every call fails in time while the database is not there, and works when it is back', async () => {
  await witness.remove(gun, 0);
  await store.publish(publication(1));
  const calls: readonly (() => Promise<unknown>)[] = [
    () => store.newest(gun, 'timestamp'),
    () => store.byVersion(gun, 'targets', 1),
    () => store.byChecksum(gun, 'targets', 'ab'.repeat(32)),
    () => store.floors(gun),
    () => store.changes({ fromId: 0, backwards: false, limit: 1 }),
    () => store.check(),
    () => store.publish(publication(2)),
  ];
  await cluster.stop('SIGKILL');
  const failed = await Promise.all(calls.map((call) => outcome(call())));
  expect(failed).toEqual(calls.map(() => 'failed'));
  await cluster.restart();
  for (const call of calls) await call();
  expect(await versionsStored()).toEqual([2, 2, 2]);
});
