import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyStoreContract, nowMs, row } from '../../../test/signer/key-store.contract.ts';
import { openSqliteKeyStore } from './sqlite.ts';
import type { SigningKeyStore } from './store.ts';

let dir: string;
const file = () => join(dir, 'keys.db');
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paraph-keys-'));
});
afterEach(() => rm(dir, { recursive: true }));

describe('the SQLite store', () => keyStoreContract(() => openSqliteKeyStore(file())));

describe('the file of the SQLite store', () => {
  let store: SigningKeyStore;
  beforeEach(async () => {
    store = await openSqliteKeyStore(file());
  });
  afterEach(() => store.close());

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
      message: expect.stringContaining('disk full'),
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
      ['last_used', "'soon'"],
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
