// The behaviours that every store of signing keys must show; each store's test runs them over itself. Races are part
// of the contract: signers that share a database never make two pending keys of one kind, and never lower a floor.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { KeyRow, SigningKeyStore } from '../../src/signer/store/store.ts';

export const nowMs = Date.UTC(2026, 10, 25, 1, 2, 3, 45);

export function row(overrides: Partial<KeyRow> = {}): KeyRow {
  return {
    keyId: randomBytes(32).toString('hex'),
    algorithm: 'ecdsa',
    encryptionAlg: 'A256GCM',
    keywrapAlg: 'PBES2-HS256+A128KW',
    passphraseAlias: 'one',
    publicBytes: randomBytes(91),
    privateJwe: 'a.b.c.d.e',
    gun: 'example.com/app',
    role: 'timestamp',
    createdAtMs: nowMs,
    lastUsedMs: undefined,
    ...overrides,
  };
}

/** @param open an empty store, which is closed after each test */
export function keyStoreContract(open: () => Promise<SigningKeyStore>): void {
  let store: SigningKeyStore;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(async () => {
    await store.close();
  });

  const use = (keyId: string, version?: number, atMs = nowMs) =>
    store.recordSignatures([{ keyId, version, atMs }]);

  it('gives back a row as it was stored', async () => {
    const key = row({ gun: `odd '"\\ \t\u{1f511} gun`, privateJwe: 'a.b_-.c' });
    expect(await store.add(key)).toEqual(key);
    expect(await store.find(key.keyId)).toEqual(key);
    expect(await store.find('0'.repeat(64))).toBeUndefined();
    expect(await store.floor(key.keyId)).toBeUndefined();
    await store.check();
  });

  it('returns the pending key of a gun, role and algorithm instead of storing another', async () => {
    const first = await store.add(row());
    expect(await store.add(row())).toEqual(first);
    const others = [
      row({ gun: 'example.com/b' }),
      row({ role: 'snapshot' }),
      row({ algorithm: 'ed25519' }),
    ];
    for (const other of others) expect(await store.add(other)).toEqual(other);
    expect(await store.newestOf(first.gun, first.role, 9)).toHaveLength(2);
  });

  it('stores one of many keys that are added at the same time', async () => {
    const added = await Promise.all(Array.from({ length: 50 }, () => store.add(row())));
    expect(new Set(added.map((key) => key.keyId)).size).toBe(1);
  });

  it('no longer counts a key as pending once it has signed', async () => {
    const first = await store.add(row());
    expect(await use(first.keyId, 1)).toEqual(new Set());
    expect(await store.find(first.keyId)).toMatchObject({ lastUsedMs: nowMs });
    const second = row();
    expect(await store.add(second)).toEqual(second);
  });

  it('counts a key as used that signed something without a version, and leaves its floor', async () => {
    const key = await store.add(row());
    await use(key.keyId, undefined);
    expect(await store.newestOf(key.gun, key.role, 1)).toEqual([{ ...key, lastUsedMs: nowMs }]);
    expect(await store.floor(key.keyId)).toBeUndefined();
  });

  it('never lowers a floor, whatever the order of signatures', async () => {
    const key = await store.add(row());
    await Promise.all([5, 1, 9, 3].map((version) => use(key.keyId, version)));
    expect(await store.floor(key.keyId)).toBe(9);
    await use(key.keyId, 2);
    expect(await store.floor(key.keyId)).toBe(9);
    await use(key.keyId, Number.MAX_SAFE_INTEGER);
    expect(await store.floor(key.keyId)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('records a batch of signatures and names the keys that are gone', async () => {
    const one = await store.add(row());
    const two = await store.add(row({ role: 'snapshot' }));
    await store.remove(two.keyId, nowMs);
    const records = [
      { keyId: one.keyId, version: 4, atMs: nowMs },
      { keyId: two.keyId, version: 7, atMs: nowMs },
      { keyId: 'none', version: 8, atMs: nowMs },
    ];
    expect(await store.recordSignatures(records)).toEqual(new Set([two.keyId, 'none']));
    expect(await store.floor(one.keyId)).toBe(4);
    expect(await store.floor(two.keyId)).toBeUndefined();
  });

  it('hides a removed key but keeps its id taken and its floor', async () => {
    const key = await store.add(row());
    await use(key.keyId, 6);
    await store.remove(key.keyId, nowMs);
    await store.remove(key.keyId, nowMs + 1);
    await store.remove('none', nowMs);
    expect(await store.find(key.keyId)).toBeUndefined();
    expect(await store.floor(key.keyId)).toBe(6);
    expect(await store.newestOfEachAlias()).toEqual([]);
    await expect(store.add(row({ keyId: key.keyId }))).rejects.toMatchObject({
      code: 'STORE_FAILED',
    });
  });

  it('shows the rows of a gun and role, the newest first, and no others', async () => {
    const made: KeyRow[] = [];
    for (let at = 0; at < 4; at += 1) {
      made.unshift(await store.add(row()));
      await use(made[0]!.keyId);
    }
    await store.add(row({ gun: 'example.com/b' }));
    await store.add(row({ role: 'snapshot' }));
    const ids = async (max: number) =>
      (await store.newestOf('example.com/app', 'timestamp', max)).map((key) => key.keyId);
    expect(await ids(9)).toEqual(made.map((key) => key.keyId));
    expect(await ids(2)).toEqual(made.slice(0, 2).map((key) => key.keyId));
    await store.remove(made[0]!.keyId, nowMs);
    expect(await ids(1)).toEqual([made[1]!.keyId]);
    expect(await store.newestOf('EXAMPLE.com/app', 'timestamp', 9)).toEqual([]);
  });

  it('shows the newest row of each alias', async () => {
    const old = await store.add(row());
    await use(old.keyId);
    const newer = await store.add(row());
    const other = await store.add(row({ gun: 'example.com/b', passphraseAlias: 'two' }));
    const rows = await store.newestOfEachAlias();
    expect(rows.map((key) => key.keyId).sort()).toEqual([newer.keyId, other.keyId].sort());
  });

  it('stores many kinds of keys that are added at the same time, each once', async () => {
    const kinds = Array.from({ length: 20 }, (_, at) => ({ gun: `example.com/${at % 10}` }));
    const added = await Promise.all(kinds.map((kind) => store.add(row(kind))));
    expect(new Set(added.map((key) => key.keyId)).size).toBe(10);
    expect(added.map((key) => key.gun)).toEqual(kinds.map((kind) => kind.gun));
    for (const key of added) expect(await store.find(key.keyId)).toEqual(key);
  });

  it('fails an addition that cannot be, and none that came with it', async () => {
    const taken = await store.add(row());
    const results = await Promise.allSettled([
      store.add(row({ gun: 'example.com/1' })),
      store.add(row({ gun: 'example.com/2', keyId: taken.keyId })),
      store.add(row({ gun: 'example.com/3' })),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { code: 'STORE_FAILED' } });
    expect(await store.find(taken.keyId)).toEqual(taken);
    expect(await store.newestOf('example.com/3', 'timestamp', 9)).toHaveLength(1);
  });

  it('records one key several times in a batch, and counts the highest and the latest', async () => {
    const key = await store.add(row());
    const records = [
      [5, 1],
      [7, 3],
      [undefined, 2],
      [6, 2],
    ] as const;
    await store.recordSignatures(
      records.map(([version, later]) => ({ keyId: key.keyId, version, atMs: nowMs + later })),
    );
    expect(await store.floor(key.keyId)).toBe(7);
    const { lastUsedMs } = (await store.find(key.keyId)) ?? {};
    expect(lastUsedMs).toBeGreaterThanOrEqual(nowMs + 2);
    expect(await store.recordSignatures([])).toEqual(new Set());
  });

  it('records, adds and removes at the same time without losing any of it', async () => {
    const keys = await Promise.all(
      Array.from({ length: 12 }, (_, at) => store.add(row({ gun: `example.com/${at}` }))),
    );
    const ids = keys.map((key) => key.keyId);
    const versions = [4, 9, 2, 7];
    const recording = versions.flatMap((version, at) => {
      const order = at % 2 === 0 ? ids : ids.toReversed();
      return store.recordSignatures(order.map((keyId) => ({ keyId, version, atMs: nowMs })));
    });
    const adding = ids.map((_, at) => store.add(row({ gun: `example.com/new-${at}` })));
    await Promise.all([...recording, ...adding]);
    for (const id of ids) expect(await store.floor(id)).toBe(9);
    for (const key of await Promise.all(adding)) expect(await store.find(key.keyId)).toEqual(key);
    const gone = await Promise.all([
      store.remove(ids[0]!, nowMs),
      store.recordSignatures([{ keyId: ids[0]!, version: 10, atMs: nowMs }]),
    ]);
    const isGone = gone[1].has(ids[0]!);
    expect(await store.floor(ids[0]!)).toBe(isGone ? 9 : 10);
    expect(await store.find(ids[0]!)).toBeUndefined();
  });
}
