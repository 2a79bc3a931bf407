import pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { settingsOf } from '../../../test/daemon/postgres-settings.ts';
import { startEmbeddedPostgres } from '../../../test/peers/embedded-postgres.ts';
import type { PostgresCluster } from '../../../test/peers/postgres-cluster.ts';
import { useScratch } from '../../../test/peers/scratch.ts';
import { keyStoreContract, nowMs, row } from '../../../test/signer/key-store.contract.ts';
import { openPostgresKeyStore } from './postgres.ts';
import type { KeyRow, SigningKeyStore } from './store.ts';

const scratch = useScratch();
let cluster: PostgresCluster;
beforeAll(async () => {
  cluster = await startEmbeddedPostgres(scratch);
  await (await open()).close();
});

const open = (parameters?: string) =>
  openPostgresKeyStore(settingsOf(cluster.url('signer', parameters)));
const sql = (text: string) => cluster.query('signer', text);
const openEmpty = async () => {
  await sql('TRUNCATE private_keys, paraph_signing_floors RESTART IDENTITY');
  return open();
};

describe('the PostgreSQL store', () => keyStoreContract(openEmpty));

describe('the tables', () => {
  it('have nothing in private_keys that notary does not have, and times as Go writes them', async () => {
    const store = await openEmpty();
    const key = await store.add(row());
    await store.recordSignatures([{ keyId: key.keyId, version: 2, atMs: nowMs }]);
    await store.remove(key.keyId, nowMs);
    await store.close();
    const [stored] = await sql(`SELECT *, created_at::text, updated_at::text, deleted_at::text,
      last_used::text, private::text FROM private_keys`);
    const time = '2026-11-25 01:02:03.045';
    expect(stored).toEqual({
      id: 1,
      created_at: time,
      updated_at: time,
      deleted_at: time,
      key_id: key.keyId,
      encryption_alg: 'A256GCM',
      keywrap_alg: 'PBES2-HS256+A128KW',
      algorithm: 'ecdsa',
      passphrase_alias: 'one',
      public: key.publicBytes,
      private: `\\x${Buffer.from('a.b.c.d.e').toString('hex')}`,
      gun: key.gun,
      role: 'timestamp',
      last_used: time,
    });
    expect(await sql('SELECT key_id, version::int FROM paraph_signing_floors')).toEqual([
      { key_id: key.keyId, version: 2 },
    ]);
  });

  it('are not read through to find a row, though they were empty when statements were planned', async () => {
    const url = await cluster.createDatabase('indexed');
    const store = await openPostgresKeyStore(settingsOf(url));
    for (let round = 0; round < 12; round += 1) {
      const keys = await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          store.add(row({ gun: `example.com/${round}/${at}` })),
        ),
      );
      for (const { gun, role, keyId } of keys) {
        await store.recordSignatures([{ keyId, version: 1, atMs: nowMs }]);
        expect(await store.newestOf(gun, role, 9)).toHaveLength(1);
        expect(await store.find(keyId)).toBeDefined();
      }
    }
    // Its connections report what they have done when they end.
    await store.close();
    const read = `SELECT seq_tup_read::int, n_tup_ins::int FROM pg_stat_user_tables
      WHERE relname = 'private_keys'`;
    const counts = async () => (await cluster.query('indexed', read))[0] ?? {};
    await expect.poll(async () => (await counts()).n_tup_ins).toBe(240);
    // While the table is tiny, reading it through is the quicker way.
    expect((await counts()).seq_tup_read).toBeLessThan(2000);
  });

  it('are used as they are by a user who does not own them', async () => {
    await sql(`DROP TABLE IF EXISTS paraph_signing_floors, paraph_schema;
      DROP INDEX IF EXISTS paraph_private_keys_place;
      CREATE ROLE guest LOGIN; GRANT ALL ON private_keys, schema_migrations TO guest;
      GRANT ALL ON SEQUENCE private_keys_id_seq TO guest; GRANT CREATE ON SCHEMA public TO guest`);
    const url = cluster.url('signer').replace('notary@', 'guest@');
    const store = await openPostgresKeyStore(settingsOf(url));
    const key = await store.add(row());
    expect(await store.newestOf(key.gun, key.role, 9)).toEqual([key]);
    await store.close();
    expect(await sql("SELECT 1 FROM pg_indexes WHERE indexname LIKE 'paraph%place'")).toEqual([]);
    await sql('DROP TABLE paraph_signing_floors, paraph_schema');
    await (await open()).close();
  });

  it.each([
    'default_transaction_isolation = serializable',
    "DateStyle = 'SQL, DMY'",
    "TimeZone = 'Asia/Kathmandu'",
    'default_transaction_read_only = off',
    "bytea_output = 'escape'",
  ])('may be in a database with %s', async (setting) => {
    await sql(`ALTER DATABASE signer SET ${setting}`);
    try {
      const store = await openEmpty();
      const key = await store.add(row());
      await Promise.all(
        [3, 8, 5].map((version) =>
          store.recordSignatures([{ keyId: key.keyId, version, atMs: nowMs }]),
        ),
      );
      expect(await store.find(key.keyId)).toEqual({ ...key, lastUsedMs: nowMs });
      expect(await store.floor(key.keyId)).toBe(8);
      await store.close();
    } finally {
      await sql('ALTER DATABASE signer RESET ALL');
    }
  });
});

describe('two signers on one database', () => {
  let one: SigningKeyStore;
  let two: SigningKeyStore;
  beforeEach(async () => {
    one = await openEmpty();
    two = await open();
  });
  afterEach(async () => {
    await one.close();
    await two.close();
  });

  it('make one pending key of each kind, whoever comes first', async () => {
    const kinds = Array.from({ length: 8 }, (_, at) => ({ gun: `example.com/${at}` }));
    const added = await Promise.all(
      Array.from({ length: 5 }, () => [one, two]).flatMap((stores) =>
        stores.flatMap((store, at) =>
          (at === 0 ? kinds : kinds.toReversed()).map((kind) => store.add(row(kind))),
        ),
      ),
    );
    expect(added).toHaveLength(80);
    expect(new Set(added.map((key) => key.keyId)).size).toBe(8);
    expect(await sql('SELECT count(*)::int FROM private_keys')).toEqual([{ count: 8 }]);
  });

  it('record what they signed without a deadlock and without a lost floor', async () => {
    const keys = await Promise.all(
      Array.from({ length: 30 }, (_, at) => one.add(row({ gun: `example.com/${at}` }))),
    );
    const ids = keys.map((key) => key.keyId);
    const before = await deadlocks();
    for (let round = 0; round < 10; round += 1) {
      const batch = (version: number) => ids.map((keyId) => ({ keyId, version, atMs: nowMs }));
      const [high, low] = [batch(2 * round + 2), batch(2 * round + 1).toReversed()];
      await Promise.all([one.recordSignatures(high), two.recordSignatures(low)]);
    }
    for (const id of ids) expect(await two.floor(id)).toBe(20);
    expect(await deadlocks()).toBe(before);
  });

  it('see at once what the other has removed', async () => {
    const key = await one.add(row());
    await two.remove(key.keyId, nowMs);
    const records = [{ keyId: key.keyId, version: 1, atMs: nowMs }];
    expect(await one.recordSignatures(records)).toEqual(new Set([key.keyId]));
    expect(await one.floor(key.keyId)).toBeUndefined();
  });
});

async function deadlocks(): Promise<unknown> {
  await sql('SELECT pg_stat_clear_snapshot()');
  const [counted] = await sql("SELECT deadlocks FROM pg_stat_database WHERE datname = 'signer'");
  return counted?.deadlocks;
}

describe('beside a program that takes no lock, as notary’s signer', () => {
  let store: SigningKeyStore;
  let other: pg.Client;
  beforeEach(async () => {
    store = await openEmpty();
    other = new pg.Client(cluster.url('signer'));
    await other.connect();
  });
  afterEach(async () => {
    await other.end();
    await store.close();
  });

  const insert = (keyId: string) =>
    other.query(
      `INSERT INTO private_keys (created_at, updated_at, key_id, encryption_alg, keywrap_alg, algorithm,
         passphrase_alias, public, private, gun, role)
       VALUES (now(), now(), $1, 'A256GCM', 'PBES2-HS256+A128KW', 'ecdsa', 'one', 'p', 'j', 'example.com/app',
         'timestamp')`,
      [keyId],
    );

  it('a second pending key is possible, loses neither, and the lowest id is given from then on', async () => {
    await other.query('BEGIN');
    await insert('0'.repeat(64));
    const ours = await store.add(row());
    await other.query('COMMIT');
    const ids = (await store.newestOf(ours.gun, ours.role, 9)).map((key) => key.keyId);
    expect(ids.toSorted()).toEqual(['0'.repeat(64), ours.keyId]);
    expect((await store.add(row())).keyId).toBe('0'.repeat(64));
  });

  it('a row that it holds is waited for', async () => {
    const key = await store.add(row());
    await other.query('BEGIN');
    await other.query('UPDATE private_keys SET last_used = now()');
    const recording = store.recordSignatures([{ keyId: key.keyId, version: 4, atMs: nowMs }]);
    await until(async () => (await waiting()) === 1);
    await other.query('COMMIT');
    expect(await recording).toEqual(new Set());
    expect(await store.floor(key.keyId)).toBe(4);
    expect((await store.find(key.keyId))?.lastUsedMs).toBe(nowMs);
  });

  it('a row that it removes meanwhile has no signature', async () => {
    const key = await store.add(row());
    await other.query('BEGIN');
    await other.query('UPDATE private_keys SET deleted_at = now()');
    const recording = store.recordSignatures([{ keyId: key.keyId, version: 4, atMs: nowMs }]);
    await until(async () => (await waiting()) === 1);
    await other.query('COMMIT');
    expect(await recording).toEqual(new Set([key.keyId]));
    expect(await store.floor(key.keyId)).toBeUndefined();
  });

  it('a deadlock that another program brings about is survived', async () => {
    const keys = await Promise.all(
      ['a', 'b'].map((gun, at) => store.add(row({ gun, keyId: `${at}`.repeat(64) }))),
    );
    const before = Number(await deadlocks());
    // It holds the second row and wants the first, while we hold the first and want the second. PostgreSQL ends
    // whoever has waited for the length of deadlock_timeout first, which is us.
    await other.query("SET deadlock_timeout = '10min'");
    await other.query('BEGIN');
    await other.query('UPDATE private_keys SET updated_at = now() WHERE key_id = $1', [
      '1'.repeat(64),
    ]);
    const records = keys.map(({ keyId }) => ({ keyId, version: 4, atMs: nowMs }));
    const recording = store.recordSignatures(records);
    await until(async () => (await waiting()) === 1);
    await other.query('UPDATE private_keys SET updated_at = now() WHERE key_id = $1', [
      '0'.repeat(64),
    ]);
    await other.query('COMMIT');
    expect(await recording).toEqual(new Set());
    for (const { keyId } of keys) expect(await store.floor(keyId)).toBe(4);
    // A connection that has nothing to do may keep its counts to itself for ten seconds.
    await until(async () => {
      await store.recordSignatures(records);
      return Number(await deadlocks()) > before;
    });
  });

  it('one that holds the table for ever makes a failure, not a wait for ever', async () => {
    const impatient = await open('sslmode=disable&lock_timeout=200ms');
    const key = await impatient.add(row());
    await other.query('BEGIN');
    await other.query('LOCK TABLE private_keys');
    const records = [{ keyId: key.keyId, version: 4, atMs: nowMs }];
    for (const work of [impatient.recordSignatures(records), impatient.add(row({ gun: 'x' }))]) {
      await expect(work).rejects.toMatchObject({
        code: 'STORE_FAILED',
        facts: { sqlState: '55P03' },
      });
    }
    await other.query('ROLLBACK');
    expect(await impatient.recordSignatures(records)).toEqual(new Set());
    await impatient.close();
  });
});

/** How many connections wait for a lock. */
async function waiting(): Promise<number> {
  return (await sql('SELECT 1 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()')).length;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  await expect.poll(isSo, { timeout: 10_000, interval: 20 }).toBe(true);
}

describe('rows that someone has meddled with', () => {
  let database: string;
  let store: SigningKeyStore;
  let key: KeyRow;
  let number = 0;
  beforeEach(async () => {
    database = `meddled_${number++}`;
    const url = await cluster.createDatabase(database);
    store = await openPostgresKeyStore(settingsOf(url));
    key = await store.add(row());
  });
  afterEach(() => store.close());

  it.each([
    'ALTER COLUMN private TYPE text USING private::text',
    "ALTER COLUMN public TYPE json USING '{}'",
    'ALTER COLUMN gun TYPE varchar[] USING ARRAY[gun]',
    'ALTER COLUMN last_used TYPE text',
    'ALTER COLUMN created_at TYPE bigint USING 1',
    'DROP COLUMN passphrase_alias',
    'RENAME TO keys',
  ])('%s: coded, and no key is made', async (change) => {
    await cluster.query(database, `ALTER TABLE private_keys ${change}`);
    const failed = { code: 'STORE_FAILED' };
    await expect(store.find(key.keyId)).rejects.toMatchObject(failed);
    await expect(store.newestOf(key.gun, key.role, 9)).rejects.toMatchObject(failed);
  });

  it.each(['algorithm', 'encryption_alg', 'keywrap_alg', 'passphrase_alias', 'public', 'private'])(
    'a %s of NULL: coded, and the others go on',
    async (column) => {
      const other = await store.add(row({ gun: 'example.com/other' }));
      await cluster.query(
        database,
        `ALTER TABLE private_keys ALTER COLUMN ${column} DROP NOT NULL;
         UPDATE private_keys SET ${column} = NULL WHERE key_id = '${key.keyId}'`,
      );
      const failed = { code: 'STORE_FAILED', message: expect.stringContaining(column) };
      await expect(store.find(key.keyId)).rejects.toMatchObject(failed);
      await expect(store.newestOf(key.gun, key.role, 9)).rejects.toMatchObject(failed);
      expect(await store.find(other.keyId)).toEqual(other);
    },
  );

  it('a last_used that is no time: coded', async () => {
    await cluster.query(database, "UPDATE private_keys SET last_used = 'infinity'");
    await expect(store.find(key.keyId)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('last_used'),
    });
  });

  it('a floor beyond all versions: coded', async () => {
    await store.recordSignatures([{ keyId: key.keyId, version: 1, atMs: nowMs }]);
    await cluster.query(database, 'UPDATE paraph_signing_floors SET version = 9223372036854775807');
    await expect(store.floor(key.keyId)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });
});
