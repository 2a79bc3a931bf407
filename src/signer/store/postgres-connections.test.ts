// Connections to PostgreSQL that break, at each packet that goes either way, and a database that comes and goes.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../../../test/peers/embedded-postgres.ts';
import { type FragileProxy, startFragileProxy } from '../../../test/peers/fragile-proxy.ts';
import type { PostgresCluster } from '../../../test/peers/postgres-cluster.ts';
import { useScratch } from '../../../test/peers/scratch.ts';
import { nowMs, row } from '../../../test/signer/key-store.contract.ts';
import { settingsOf } from '../../../test/signer/postgres-settings.ts';
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
  proxy = await startFragileProxy(cluster.port);
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

/** Enough that the last ones break nothing: a connection made anew, and a transaction with statements to prepare. */
const steps = Array.from({ length: 12 }, (_, step) => step);
const breaks = (['request', 'answer'] as const).flatMap((direction) =>
  steps.map((step) => [direction, step] as const),
);

/** What `work` came to: its result, or `failed` when it failed as a database that went away does. */
async function outcome<T>(work: Promise<T>): Promise<T | 'failed'> {
  return work.catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'STORE_FAILED' });
    return 'failed' as const;
  });
}

describe.each(['on connections that are there', 'on new connections'])('%s', (how) => {
  beforeEach(async () => {
    proxy.allow();
    if (how === 'on new connections') {
      proxy.refuse();
      proxy.allow();
    }
    // The pool has noticed what was cut.
    await expect.poll(() => outcome(store.check())).toBeUndefined();
  });

  it.each(breaks)('a key is stored or not when the %s %i breaks, never twice', async (...at) => {
    proxy.breakAt(...at);
    const key = row();
    const added = await outcome(store.add(key));
    const stored = await witness.newestOf(key.gun, key.role, 9);
    if (added === 'failed') expect(proxy.isBroken).toBe(true);
    else expect(stored).toEqual([key]);
    expect(stored.length).toBeLessThanOrEqual(1);
    // Asking again finds what was stored, or stores it.
    const again = await store.add(row());
    expect(await witness.newestOf(key.gun, key.role, 9)).toEqual([again]);
    if (stored.length === 1) expect(again).toEqual(key);
  });

  it.each(breaks)('a signature is recorded, or fails, when the %s %i breaks', async (...at) => {
    const key = await witness.add(row());
    const record = { keyId: key.keyId, version: 5, atMs: nowMs };
    proxy.breakAt(...at);
    const recorded = await outcome(store.recordSignatures([record]));
    // Both facts or none; and both where it resolved.
    const [facts] = await cluster.query(
      'signer',
      `SELECT last_used IS NOT NULL AS "isUsed", version::int FROM private_keys
         LEFT JOIN paraph_signing_floors USING (key_id)`,
    );
    expect(facts).toEqual({ isUsed: facts?.version === 5, version: expect.toBeOneOf([5, null]) });
    if (recorded !== 'failed') expect(facts?.version).toBe(5);
    else expect(proxy.isBroken).toBe(true);
    expect(await store.recordSignatures([{ ...record, version: 6 }])).toEqual(new Set());
    expect(await witness.floor(key.keyId)).toBe(6);
  });

  it.each(breaks)('a key is found all the same when the %s %i breaks', async (...at) => {
    const key = await witness.add(row());
    proxy.breakAt(...at);
    expect(await store.find(key.keyId)).toEqual(key);
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
