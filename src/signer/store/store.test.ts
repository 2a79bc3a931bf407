// The contract test of the signer's stores: one body over every one of them.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryKeyStore } from './memory.ts';
import { openSqliteKeyStore } from './sqlite.ts';
import type { KeyRow, SigningKeyStore } from './store.ts';

const nowMs = Date.UTC(2026, 10, 25, 1, 2, 3, 45);

function row(overrides: Partial<KeyRow> = {}): KeyRow {
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

let dir: string;
let store: SigningKeyStore;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paraph-keys-'));
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

describe.each([
  ['memory', async () => new MemoryKeyStore()],
  ['sqlite', () => openSqliteKeyStore(join(dir, 'keys.db'))],
])('the %s store', (_, openStore) => {
  beforeEach(async () => {
    store = await openStore();
  });

  const use = (keyId: string, version?: number, atMs = nowMs) =>
    store.recordSignatures([{ keyId, version, atMs }]);

  it('gives back a row as it was stored', async () => {
    const key = row({ gun: "odd '\u0000 gun", createdAtMs: nowMs });
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
    expect(await store.findPending(first.gun, first.role, first.algorithm)).toEqual(first);
    expect(await store.findPending('x', first.role, first.algorithm)).toBeUndefined();
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
    expect(await store.findPending(key.gun, key.role, key.algorithm)).toBeUndefined();
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

  it('shows the newest row of each alias, of all or of one gun and role', async () => {
    const old = await store.add(row());
    await use(old.keyId);
    const newer = await store.add(row());
    const other = await store.add(row({ gun: 'example.com/b', passphraseAlias: 'two' }));
    const ids = (rows: readonly KeyRow[]) => rows.map((key) => key.keyId).sort();
    expect(ids(await store.newestOfEachAlias())).toEqual([newer.keyId, other.keyId].sort());
    expect(ids(await store.newestOfEachAlias({ gun: newer.gun, role: newer.role }))).toEqual([
      newer.keyId,
    ]);
    expect(await store.newestOfEachAlias({ gun: newer.gun, role: 'snapshot' })).toEqual([]);
  });
});

describe('the sqlite store', () => {
  const file = () => join(dir, 'keys.db');
  beforeEach(async () => {
    store = await openSqliteKeyStore(file());
  });

  it('has no column in private_keys that notary does not have, and writes its times as Go does', async () => {
    const key = await store.add(row());
    await store.recordSignatures([{ keyId: key.keyId, version: 2, atMs: nowMs }]);
    await store.remove(key.keyId, nowMs);
    const database = new Sqlite(file(), { readonly: true });
    expect(database.prepare('SELECT * FROM private_keys').get()).toEqual({
      id: 1,
      created_at: '2026-11-25 01:02:03.045',
      updated_at: '2026-11-25 01:02:03.045',
      deleted_at: '2026-11-25 01:02:03.045',
      key_id: key.keyId,
      encryption_alg: 'A256GCM',
      keywrap_alg: 'PBES2-HS256+A128KW',
      algorithm: 'ecdsa',
      passphrase_alias: 'one',
      public: key.publicBytes,
      private: Buffer.from('a.b.c.d.e'),
      gun: key.gun,
      role: 'timestamp',
      last_used: '2026-11-25 01:02:03.045',
    });
    expect(database.prepare('SELECT * FROM paraph_signing_floors').all()).toEqual([
      { key_id: key.keyId, version: 2 },
    ]);
    database.close();
  });

  it('keeps everything over a restart', async () => {
    const key = await store.add(row());
    await store.recordSignatures([{ keyId: key.keyId, version: 3, atMs: nowMs }]);
    await store.close();
    store = await openSqliteKeyStore(file());
    expect(await store.find(key.keyId)).toEqual({ ...key, lastUsedMs: nowMs });
    expect(await store.floor(key.keyId)).toBe(3);
  });

  it('is shared by two processes without a second pending key or a lost floor', async () => {
    const other = await openSqliteKeyStore(file());
    const added = await Promise.all([store, other, store, other].map((each) => each.add(row())));
    const ids = new Set(added.map((key) => key.keyId));
    expect(ids.size).toBe(1);
    const keyId = added[0]!.keyId;
    await Promise.all([
      store.recordSignatures([{ keyId, version: 8, atMs: nowMs }]),
      other.recordSignatures([{ keyId, version: 7, atMs: nowMs }]),
    ]);
    expect(await other.floor(keyId)).toBe(8);
    await other.close();
  });

  it('records all of a batch or nothing', async () => {
    const key = await store.add(row());
    const meddler = new Sqlite(file());
    meddler.exec(`CREATE TRIGGER fail BEFORE INSERT ON paraph_signing_floors WHEN NEW.version = 13
      BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
    const batch = [12, 13].map((version) => ({ keyId: key.keyId, version, atMs: nowMs }));
    await expect(store.recordSignatures(batch)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: 'the signature cannot be recorded: disk full',
    });
    expect(await store.floor(key.keyId)).toBeUndefined();
    expect(await store.find(key.keyId)).toMatchObject({ lastUsedMs: undefined });
    meddler.close();
  });

  it('refuses a row whose columns are not what they should be', async () => {
    const key = await store.add(row());
    const meddler = new Sqlite(file());
    const find = () => store.find(key.keyId);
    for (const [column, wrong] of [
      ['private', '1'],
      ['public', "'text'"],
      ['algorithm', "x'00'"],
      ['created_at', "x'00'"],
      ['last_used', '7'],
    ]) {
      const { value } = meddler.prepare(`SELECT ${column} AS value FROM private_keys`).get() as {
        value: unknown;
      };
      const set = (sql: string, ...values: unknown[]) =>
        meddler.prepare(`UPDATE private_keys SET ${column} = ${sql}`).run(...values);
      set(wrong ?? '');
      await expect(find(), column).rejects.toMatchObject({ code: 'STORE_FAILED' });
      set('?', value);
      expect(await find()).toBeDefined();
    }
    meddler.close();
  });
});
