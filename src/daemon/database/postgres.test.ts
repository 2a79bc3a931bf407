// Connections and transactions on a real PostgreSQL: who gets in, how TLS is judged, what is tried again, and what of a
// failure reaches an operator.
import { chmod } from 'node:fs/promises';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Authority, certificateAuthority } from '../../../test/peers/certificates.ts';
import {
  type PostgresCluster,
  startEmbeddedPostgres,
} from '../../../test/peers/embedded-postgres.ts';
import { useScratch } from '../../../test/peers/scratch.ts';
import { connectPostgres, type PostgresDatabase, type Statement } from './postgres.ts';
import { isUniqueViolation } from './postgres-failure.ts';
import { parsePostgresTarget } from './postgres-url.ts';

const scratch = useScratch();
const secret = 'hunter-2';
let authority: Authority;
let stranger: Authority;
let cluster: PostgresCluster;

beforeAll(async () => {
  authority = await certificateAuthority(scratch, 'authority');
  stranger = await certificateAuthority(scratch, 'stranger');
  cluster = await startEmbeddedPostgres(scratch, {
    tls: {
      pair: await authority.issue('db', ['localhost']),
      clientAuthorityFile: authority.caFile,
    },
    hba: [
      'hostnossl all notary 127.0.0.1/32 trust',
      'hostssl all certain 127.0.0.1/32 trust clientcert=verify-ca',
      'hostssl all all 127.0.0.1/32 scram-sha-256',
    ],
  });
  await cluster.query(
    'postgres',
    `CREATE ROLE server LOGIN PASSWORD '${secret}'; CREATE ROLE certain LOGIN;
     CREATE TABLE kept (n integer PRIMARY KEY)`,
  );
});

const opened: PostgresDatabase[] = [];
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
});

async function open(url: string, maxConnections = 10): Promise<PostgresDatabase> {
  const options = { applicationName: 'test', maxConnections };
  const database = await connectPostgres(parsePostgresTarget(url), options);
  opened.push(database);
  return database;
}

const plain = () => cluster.url('postgres');
const overTls = (parameters: string, host = 'localhost', user = `server:${secret}`) =>
  `postgres://${user}@${host}:${cluster.port}/postgres?${parameters}`;
const statement = (text: string, name = ''): Statement => ({ name, text });
const isEncrypted = statement('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const failure = await work.then(
    () => 'no failure',
    (error: unknown) => error,
  );
  const cause = failure instanceof Error ? String(failure.cause) : '';
  expect(`${String(failure)} ${JSON.stringify(failure)} ${cause}`).not.toContain(secret);
  return failure;
}

async function readOnce(url: string): Promise<unknown> {
  const [row] = await (await open(url)).read(isEncrypted);
  return row;
}

describe('sslmode', () => {
  it('require encrypts, whoever the server is', async () => {
    expect(await readOnce(overTls('sslmode=require', '127.0.0.1'))).toEqual({ ssl: true });
    expect(await readOnce(overTls(''))).toEqual({ ssl: true });
  });

  it('require with an authority checks that it issued the certificate, as verify-ca', async () => {
    for (const mode of ['require', 'verify-ca']) {
      const trusted = `sslmode=${mode}&sslrootcert=${authority.caFile}`;
      expect(await readOnce(overTls(trusted, '127.0.0.1'))).toEqual({ ssl: true });
      const foreign = overTls(`sslmode=${mode}&sslrootcert=${stranger.caFile}`);
      expect(await failureOf(readOnce(foreign))).toMatchObject({
        code: 'STORE_FAILED',
        remedy: expect.stringContaining('sslrootcert'),
      });
    }
  });

  it('verify-ca and verify-full without an authority believe the well-known ones alone', async () => {
    for (const mode of ['verify-ca', 'verify-full']) {
      const url = overTls(`sslmode=${mode}`);
      expect(await failureOf(readOnce(url))).toMatchObject({ code: 'STORE_FAILED' });
    }
  });

  it('verify-full checks the name too', async () => {
    const trusted = `sslmode=verify-full&sslrootcert=${authority.caFile}`;
    expect(await readOnce(overTls(trusted))).toEqual({ ssl: true });
    expect(await failureOf(readOnce(overTls(trusted, '127.0.0.1')))).toMatchObject({
      code: 'STORE_FAILED',
    });
  });

  it('never falls back to no TLS', async () => {
    const withoutTls = await startEmbeddedPostgres(scratch, { name: 'without-tls' });
    for (const mode of ['require', 'verify-ca', 'verify-full']) {
      const url = withoutTls.url('postgres', `sslmode=${mode}`);
      expect(await failureOf(readOnce(url))).toMatchObject({ code: 'STORE_FAILED' });
    }
    await withoutTls.stop();
  });

  it('stops at an authority that is not there, which lib/pq passes over', async () => {
    const url = overTls('sslmode=require&sslrootcert=/none/ca.crt');
    expect(await failureOf(open(url))).toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('disable does not encrypt, and gets in only where the server lets it', async () => {
    expect(await readOnce(plain())).toEqual({ ssl: false });
    expect(await failureOf(readOnce(overTls('sslmode=disable')))).toMatchObject({
      code: 'STORE_FAILED',
      facts: { sqlState: '28000' },
    });
  });

  it('shows a client certificate, whose key nobody else can read', async () => {
    const pair = await authority.issue('client', ['client']);
    const files = `sslcert=${pair.certFile}&sslkey=${pair.keyFile}`;
    const url = overTls(`sslmode=require&${files}`, 'localhost', 'certain');
    expect(await readOnce(url)).toEqual({ ssl: true });
    expect(await failureOf(readOnce(overTls('', 'localhost', 'certain')))).toMatchObject({
      code: 'STORE_FAILED',
    });
    await chmod(pair.keyFile, 0o640);
    expect(await failureOf(open(url))).toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('a connection that cannot be made', () => {
  it.each([
    ['a wrong password', () => overTls('', 'localhost', `server:not-${secret}`), '28P01'],
    ['no password', () => overTls('', 'localhost', 'server'), undefined],
    ['a database that is not there', () => overTls('').replace('/postgres?', '/none?'), '3D000'],
    ['a parameter that the server does not know', () => `${plain()}&no_such_setting=1`, '42704'],
    ['a value that it does not take', () => `${plain()}&statement_timeout=soon`, '22023'],
  ])('%s', async (_, url, sqlState) => {
    expect(await failureOf(readOnce(url()))).toMatchObject({
      code: 'STORE_FAILED',
      facts: sqlState === undefined ? {} : { sqlState },
    });
  });

  it('is closed', async () => {
    const sockets = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap');
    const before = sockets().length;
    await failureOf(readOnce(overTls('', 'localhost', 'server')));
    await expect.poll(() => sockets().length).toBe(before);
  });

  it('a port where nobody listens', async () => {
    const url = `postgres://server:${secret}@127.0.0.1:1/d?sslmode=disable`;
    expect(await failureOf(readOnce(url))).toMatchObject({
      code: 'STORE_FAILED',
      remedy: expect.stringContaining('can be reached'),
    });
  });
});

describe('a statement', () => {
  it('is prepared once on each connection', async () => {
    const database = await open(plain(), 2);
    const named = statement(
      "SELECT name FROM pg_prepared_statements WHERE name = 'twice'",
      'twice',
    );
    await database.read(named);
    expect(await database.read(named)).toEqual([{ name: 'twice' }]);
  });

  it('is planned once on each connection, also when it is given arrays', async () => {
    const seen = statement(
      'SELECT generic_plans::int AS n FROM pg_prepared_statements WHERE name = ANY ($1::text[])',
      'seen',
    );
    const database = await open(plain(), 2);
    for (let times = 0; times < 8; times += 1) await database.read(seen, [['seen']]);
    expect(await database.read(seen, [['seen']])).toEqual([{ n: 9 }]);
  });

  it('works when its preparation is gone or outdated', async () => {
    const database = await open(plain(), 2);
    await cluster.query(
      'postgres',
      'CREATE TABLE altered (a integer); INSERT INTO altered VALUES (1)',
    );
    const all = statement('SELECT * FROM altered', 'all');
    expect(await database.read(all)).toEqual([{ a: 1 }]);
    await database.read(statement('DEALLOCATE ALL'));
    expect(await database.read(all)).toEqual([{ a: 1 }]);
    await cluster.query('postgres', 'ALTER TABLE altered ADD b integer');
    expect(await database.read(all)).toEqual([{ a: 1, b: null }]);
    await database.transaction((tx) => tx.query(all));
    await cluster.query('postgres', 'ALTER TABLE altered ADD c integer');
    expect(await database.transaction((tx) => tx.query(all))).toEqual([{ a: 1, b: null, c: null }]);
  });

  it('ends in time', async () => {
    const database = await open(`${plain()}&statement_timeout=100ms`);
    expect(await failureOf(database.read(statement('SELECT pg_sleep(20)')))).toMatchObject({
      code: 'STORE_FAILED',
      facts: { sqlState: '57014' },
    });
    const [row] = await (await open(plain())).read(statement('SHOW statement_timeout'));
    expect(row).toEqual({ statement_timeout: '10s' });
  });

  it('that fails says nothing of the rows', async () => {
    const database = await open(plain());
    const bad = statement(`SELECT '${secret}'::integer`);
    // PostgreSQL's message quotes what it could not read; rows are quoted in its detail.
    const failure = await database
      .transaction((tx) => tx.query(statement('INSERT INTO kept VALUES (NULL)')))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'STORE_FAILED', facts: { sqlState: '23502' } });
    expect(JSON.stringify(failure)).not.toContain('Failing row');
    await expect(database.read(bad)).rejects.toMatchObject({ facts: { sqlState: '22P02' } });
  });
});

describe('a transaction', () => {
  it('is seen by others when it is committed, and not before', async () => {
    const database = await open(plain());
    const count = statement('SELECT count(*)::integer AS n FROM kept WHERE n = 1');
    await database.transaction(async (tx) => {
      await tx.query(statement('INSERT INTO kept VALUES (1)'));
      expect(await database.read(count)).toEqual([{ n: 0 }]);
      await tx.commit();
      expect(await database.read(count)).toEqual([{ n: 1 }]);
    });
  });

  it('is nothing when its work throws, which passes through', async () => {
    const database = await open(plain(), 2);
    const mine = new TypeError('mine');
    let runs = 0;
    const work = database.transaction(async (tx) => {
      runs += 1;
      await tx.query(statement('INSERT INTO kept VALUES (2)'));
      throw mine;
    });
    await expect(work).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(runs).toBeLessThanOrEqual(2);
    expect(await database.read(statement('SELECT * FROM kept WHERE n = 2'))).toEqual([]);
  });

  it('that breaks a unique index says so, and commits nothing that was sent behind it', async () => {
    const database = await open(plain(), 2);
    await cluster.query('postgres', 'INSERT INTO kept VALUES (3)');
    let isUnique = false;
    const work = database.transaction(async (tx) => {
      try {
        await Promise.all([
          tx.query(statement('INSERT INTO kept VALUES (3)')),
          tx.query(statement('INSERT INTO kept VALUES (4)')),
          tx.commit(),
        ]);
      } catch (error) {
        isUnique = isUniqueViolation(error);
        throw error;
      }
    });
    await expect(work).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(isUnique).toBe(true);
    expect(await database.read(statement('SELECT * FROM kept WHERE n = 4'))).toEqual([]);
    // The one connection of the writers is in order.
    await database.transaction((tx) => tx.query(statement('INSERT INTO kept VALUES (5)')));
  });

  it.each(['40001', '40P01'])(
    'that PostgreSQL ends by %s is made again, a bounded number of times',
    async (state) => {
      const database = await open(plain());
      const end = statement(
        `DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '${state}'; END $$`,
      );
      let runs = 0;
      const result = await database.transaction(async (tx) => {
        runs += 1;
        if (runs < 3) await tx.query(end);
        return runs;
      });
      expect(result).toBe(3);
      runs = 0;
      const hopeless = database.transaction(async (tx) => {
        runs += 1;
        await tx.query(end);
      });
      await expect(hopeless).rejects.toMatchObject({
        code: 'STORE_FAILED',
        facts: { sqlState: state },
      });
      expect(runs).toBe(6);
    },
  );

  it('gets out of a deadlock', async () => {
    const database = await open(`${plain()}&deadlock_timeout=50ms`);
    await cluster.query(
      'postgres',
      'CREATE TABLE locked (n integer); INSERT INTO locked VALUES (1), (2)',
    );
    let runs = 0;
    let holders = 0;
    let letOn: (() => void) | undefined;
    const bothHold = new Promise<void>((resolve) => {
      letOn = resolve;
    });
    const both = (first: number, second: number) =>
      database.transaction(async (tx) => {
        runs += 1;
        await tx.query(statement(`UPDATE locked SET n = n WHERE n = ${first}`));
        holders += 1;
        if (holders === 2) letOn?.();
        await bothHold;
        await tx.query(statement(`UPDATE locked SET n = n WHERE n = ${second}`));
      });
    await Promise.all([both(1, 2), both(2, 1)]);
    expect(runs).toBe(3); // one of the two was ended by PostgreSQL, and made again
  });

  it('waits for its turn, and readers do not wait for it', async () => {
    const database = await open(plain(), 3);
    const seen: string[] = [];
    const writer = (name: string) =>
      database.transaction(async (tx) => {
        await tx.query(statement('SELECT pg_sleep(0.05)'));
        seen.push(name);
      });
    const writers = [writer('1'), writer('2'), writer('3'), writer('4')];
    await database.read(statement('SELECT 1'));
    expect(seen).toEqual([]);
    await Promise.all(writers);
    const mine = statement(
      "SELECT count(*)::integer AS n FROM pg_stat_activity WHERE application_name = 'test'",
    );
    const [row] = await database.read<{ n: number }>(mine);
    expect(row?.n).toBeLessThanOrEqual(3);
  });
});

it('loads the library only when a database is opened', async () => {
  vi.doMock('pg', () => {
    throw new Error('must not be loaded');
  });
  vi.resetModules();
  const fresh = await import('./postgres.ts');
  expect(fresh.openPostgres).toBeTypeOf('function');
  await import('./postgres-settings.ts');
  vi.doUnmock('pg');
});

describe('a session', () => {
  const shown = async (url: string, name: string) => {
    const database = await open(url);
    const [row] = await database.read<Record<string, string>>(statement(`SHOW ${name}`));
    return row?.[name];
  };

  it('waits for the disk, whatever the database does by default, unless the address says otherwise', async () => {
    for (const [byDefault, expected] of [
      ['off', 'on'],
      ['remote_apply', 'remote_apply'],
    ] as const) {
      await cluster.query(
        'postgres',
        `ALTER DATABASE postgres SET synchronous_commit = ${byDefault}`,
      );
      expect(await shown(plain(), 'synchronous_commit')).toBe(expected);
    }
    await cluster.query('postgres', 'ALTER DATABASE postgres RESET ALL');
    const named = cluster.url('postgres', 'sslmode=disable&synchronous_commit=off');
    expect(await shown(named, 'synchronous_commit')).toBe('off');
  });

  it('leaves the last word on planning to the address', async () => {
    expect(await shown(plain(), 'plan_cache_mode')).toBe('force_generic_plan');
    const named = cluster.url('postgres', 'sslmode=disable&plan_cache_mode=auto');
    expect(await shown(named, 'plan_cache_mode')).toBe('auto');
  });
});
