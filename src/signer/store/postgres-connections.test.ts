// Connections to PostgreSQL that break, at each message that goes either way, and a database that comes and goes.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { settingsOf } from '../../../test/daemon/postgres-settings.ts';
import { startEmbeddedPostgres } from '../../../test/peers/embedded-postgres.ts';
import {
  type Direction,
  type FragileProxy,
  startFragileProxy,
} from '../../../test/peers/fragile-proxy.ts';
import type { PostgresCluster } from '../../../test/peers/postgres-cluster.ts';
import { useScratch } from '../../../test/peers/scratch.ts';
import { nowMs, row } from '../../../test/signer/key-store.contract.ts';
import { defaultMaxConnections } from '../../daemon/database/postgres-settings.ts';
import { openPostgresKeyStore } from './postgres.ts';
import type { SigningKeyStore } from './store.ts';

const scratch = useScratch();
let cluster: PostgresCluster;
let proxy: FragileProxy;
/** Through the proxy. */
let store: SigningKeyStore;
/** Past it, to see what is stored. */
let witness: SigningKeyStore;

beforeAll(async () => {
  cluster = await startEmbeddedPostgres(scratch);
  proxy = await startFragileProxy(cluster.port, 'message');
  const through = cluster.url('signer').replace(`:${cluster.port}/`, `:${proxy.port}/`);
  store = await openPostgresKeyStore(settingsOf(through));
  witness = await openPostgresKeyStore(settingsOf(cluster.signerUrl));
});
afterAll(async () => {
  await store.close();
  await witness.close();
  await proxy.close();
});
beforeEach(() => cluster.query('signer', 'TRUNCATE private_keys, paraph_signing_floors'));

/** One for each connection that the store may have. */
const connections = Array.from({ length: defaultMaxConnections }, (_, at) => at);

const directions: readonly Direction[] = ['request', 'answer'];

/** What `work` came to: its result, or `failed` when it failed as a database that went away does. */
async function outcome<T>(work: Promise<T>): Promise<T | 'failed'> {
  return work.catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'STORE_FAILED' });
    return 'failed' as const;
  });
}

describe.each([
  // How far apart the messages are at which it breaks, and how many there are: beginning, statements and COMMIT, and
  // before them on a new connection all that makes it usable.
  ['on connections that are there', 1, 18],
  ['on new connections', 3, 60],
] as const)('%s', (how, stride, most) => {
  /**
   * Breaks the connections at one message after the other, to beyond the last that `work` sends.
   * @param work says whether its connections were broken before it asked again
   */
  async function atEachStep(direction: Direction, work: () => Promise<boolean>): Promise<void> {
    let broken = 0;
    for (let step = 0; step < most; step += stride) {
      await cluster.query('signer', 'TRUNCATE private_keys, paraph_signing_floors');
      proxy.breakAt(direction, Number.POSITIVE_INFINITY);
      if (how === 'on new connections') {
        proxy.refuse();
        // None of those that were cut is left: a call that takes one, and then meets the break, has lost two.
        const calls = [() => store.check(), () => store.remove('none', nowMs)];
        await Promise.all(calls.flatMap((call) => connections.map(() => outcome(call()))));
        proxy.allow();
      } else {
        // The pools have noticed what was cut, and have connections again.
        for (const again of [() => store.check(), () => store.remove('none', nowMs)]) {
          await expect.poll(() => outcome(again())).toBeUndefined();
        }
      }
      proxy.breakAt(direction, step);
      if (await work()) broken += 1;
    }
    expect(broken).toBeGreaterThan(3);
    expect(broken).toBeLessThan(most / stride);
  }

  it.each(directions)(
    'a key is stored or not when a %s is lost, never twice',
    async (direction) => {
      await atEachStep(direction, async () => {
        const key = row();
        const added = await outcome(store.add(key));
        const { isBroken } = proxy;
        const stored = await witness.newestOf(key.gun, key.role, 9);
        if (added === 'failed') expect(isBroken).toBe(true);
        else expect(stored).toEqual([key]);
        expect(stored.length).toBeLessThanOrEqual(1);
        // Asking again finds what was stored, or stores it.
        const again = await store.add(row());
        expect(await witness.newestOf(key.gun, key.role, 9)).toEqual([again]);
        if (stored.length === 1) expect(again).toEqual(key);
        return isBroken;
      });
    },
  );

  it.each(directions)('a signature is recorded, or fails, when a %s is lost', async (direction) => {
    await atEachStep(direction, async () => {
      const key = await witness.add(row());
      const record = { keyId: key.keyId, version: 5, atMs: nowMs };
      const recorded = await outcome(store.recordSignatures([record]));
      const { isBroken } = proxy;
      // Both facts or none; and both where it resolved.
      const [facts] = await cluster.query(
        'signer',
        `SELECT last_used IS NOT NULL AS "isUsed", version::int FROM private_keys
           LEFT JOIN paraph_signing_floors USING (key_id)`,
      );
      expect(facts).toEqual({ isUsed: facts?.version === 5, version: expect.toBeOneOf([5, null]) });
      if (recorded !== 'failed') expect(facts?.version).toBe(5);
      else expect(isBroken).toBe(true);
      expect(await store.recordSignatures([{ ...record, version: 6 }])).toEqual(new Set());
      expect(await witness.floor(key.keyId)).toBe(6);
      return isBroken;
    });
  });

  it.each(directions)('a key is found all the same when a %s is lost', async (direction) => {
    await atEachStep(direction, async () => {
      const key = await witness.add(row());
      expect(await store.find(key.keyId)).toEqual(key);
      return proxy.isBroken;
    });
  });
});

it('every call fails in time while the database is not there, and works when it is back', async () => {
  const key = await witness.add(row());
  const calls: readonly (() => Promise<unknown>)[] = [
    () => store.add(row({ gun: 'example.com/other' })),
    () => store.find(key.keyId),
    () => store.newestOf(key.gun, key.role, 9),
    () => store.newestOfEachAlias(),
    () => store.recordSignatures([{ keyId: key.keyId, version: 1, atMs: nowMs }]),
    () => store.floor(key.keyId),
    () => store.check(),
  ];
  await cluster.stop('SIGKILL');
  const failed = await Promise.all(calls.map((call) => outcome(call())));
  expect(failed).toEqual(calls.map(() => 'failed'));
  await cluster.restart();
  for (const call of calls) await call();
  expect(await store.floor(key.keyId)).toBe(1);
});

it('a database that ends under load loses nothing that was answered', async () => {
  const ids = (
    await Promise.all(Array.from({ length: 8 }, (_, at) => witness.add(row({ gun: `g${at}` }))))
  ).map((key) => key.keyId);
  const answered = new Map<string, number>();
  const done = new AbortController();
  const signing = ids.map(async (keyId) => {
    for (let version = 1; !done.signal.aborted; version += 1) {
      const recorded = await outcome(
        store.recordSignatures([{ keyId, version, atMs: nowMs + version }]),
      );
      if (recorded !== 'failed') answered.set(keyId, version);
    }
  });
  for (const signal of ['SIGQUIT', 'SIGINT'] as const) {
    const before = Math.max(0, ...answered.values());
    await expect.poll(() => Math.max(0, ...answered.values())).toBeGreaterThan(before + 20);
    await cluster.stop(signal);
    await cluster.restart();
  }
  const before = Math.min(...ids.map((id) => answered.get(id) ?? 0));
  await expect
    .poll(() => Math.min(...ids.map((id) => answered.get(id) ?? 0)))
    .toBeGreaterThan(before);
  done.abort();
  await Promise.all(signing);
  for (const id of ids) {
    expect(await witness.floor(id)).toBeGreaterThanOrEqual(answered.get(id) ?? 0);
  }
});
