// What a start makes in a database, and what it refuses to touch.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type PostgresCluster,
  startEmbeddedPostgres,
} from '../../../test/peers/embedded-postgres.ts';
import { notaryServerTables, notarySignerTables } from '../../../test/peers/notary-tables.ts';
import { useScratch } from '../../../test/peers/scratch.ts';
import { storeSchema } from '../../server/store/postgres-schema.ts';
import { openPostgres, planPostgres } from './postgres.ts';
import type { PostgresSchema } from './postgres-migrations.ts';
import { parsePostgresTarget } from './postgres-url.ts';

const scratch = useScratch();
let cluster: PostgresCluster;
beforeAll(async () => {
  cluster = await startEmbeddedPostgres(scratch);
});
afterAll(() => cluster.stop());

const options = { applicationName: 'test', maxConnections: 4 };
let schemas = 0;

interface Place {
  readonly open: (schema?: PostgresSchema, user?: string) => Promise<void>;
  readonly plan: (schema?: PostgresSchema) => Promise<readonly string[]>;
  readonly query: (sql: string) => Promise<readonly Record<string, unknown>[]>;
  /** Every table with its columns, defaults, constraints and indexes, and the rows of the small ones. */
  readonly dump: () => Promise<unknown>;
}

/** A schema of the test's own, which to a server is a database. */
async function place(tables = ''): Promise<Place> {
  schemas += 1;
  const name = `place${schemas}`;
  const query = (sql: string) => cluster.query('postgres', `SET search_path = ${name}; ${sql}`);
  await query(`CREATE SCHEMA ${name}; ${tables}`);
  const target = (user = 'notary') =>
    parsePostgresTarget(
      cluster.url('postgres', `sslmode=disable&search_path=${name}&user=${user}`),
    );
  return {
    query,
    open: async (schema = storeSchema, user = 'notary') => {
      await (await openPostgres(target(user), schema, options)).close();
    },
    plan: (schema = storeSchema) => planPostgres(target(), schema, options),
    dump: async () => [
      await query(`SELECT table_name, column_name, data_type, character_maximum_length AS length,
          column_default, is_nullable FROM information_schema.columns
        WHERE table_schema = '${name}' ORDER BY table_name, ordinal_position`),
      await query(`SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = '${name}'::regnamespace ORDER BY 1, 2`),
      await query(`SELECT indexdef FROM pg_indexes WHERE schemaname = '${name}' ORDER BY 1`),
    ],
  };
}

const anonymised = (dump: unknown): unknown =>
  JSON.parse(JSON.stringify(dump).replaceAll(/place\d+/g, 'place'));

describe('an empty database', () => {
  it('gets the tables that notary’s migrations leave, names of indexes included', async () => {
    const fresh = await place();
    await fresh.open();
    await fresh.query('DROP TABLE paraph_generations, paraph_version_floors, paraph_schema');
    const notarys = await place(notaryServerTables);
    expect(anonymised(await fresh.dump())).toEqual(anonymised(await notarys.dump()));
    expect(await fresh.query('SELECT * FROM schema_migrations')).toEqual([
      { version: '2', dirty: false },
    ]);
    expect(await fresh.query('SELECT * FROM change_category ORDER BY 1')).toEqual([
      { category: 'deletion' },
      { category: 'update' },
    ]);
  });

  it('is told of in a dry run, which makes nothing', async () => {
    const fresh = await place();
    const lines = await fresh.plan();
    expect(lines.join('\n')).toMatch(/tuf_files.*changefeed[\s\S]*paraph_version_floors/);
    expect(await fresh.dump()).toEqual([[], [], []]);
    await fresh.open();
    expect(await fresh.plan()).toEqual([expect.stringContaining('nothing is to be made')]);
  });

  it('is made once by servers that start at the same time', async () => {
    const fresh = await place();
    await Promise.all(Array.from({ length: 5 }, () => fresh.open()));
    expect(await fresh.query('SELECT owner, version FROM paraph_schema')).toEqual([
      { owner: 'server', version: 1 },
    ]);
  });
});

describe('a database of notary', () => {
  it('keeps its tables as they are, and gets ours beside them', async () => {
    const notarys = await place(notaryServerTables);
    await notarys.query(
      "INSERT INTO tuf_files (gun, role, version, data) VALUES ('g', 'root', 1, 'r')",
    );
    const before = await notarys.dump();
    const plan = await notarys.plan();
    expect(plan.join('\n')).not.toContain("notary's tables");
    await notarys.open();
    const tables = 'paraph_generations, paraph_version_floors, paraph_schema';
    expect(await notarys.query(`SELECT count(*)::int AS n FROM paraph_schema`)).toEqual([{ n: 1 }]);
    await notarys.query(`DROP TABLE ${tables}`);
    expect(await notarys.dump()).toEqual(before);
    expect(await notarys.query('SELECT gun FROM tuf_files')).toEqual([{ gun: 'g' }]);
  });

  it('may hold the signer’s tables too, and both schemas of ours', async () => {
    const shared = await place(notarySignerTables);
    await shared.open();
    const signer: PostgresSchema = {
      ...storeSchema,
      owner: 'signer',
      migrations: ['CREATE TABLE paraph_x ()'],
      sideTables: [],
    };
    await shared.open(signer);
    expect(await shared.query('SELECT owner FROM paraph_schema ORDER BY 1')).toEqual([
      { owner: 'server' },
      { owner: 'signer' },
    ]);
    expect(await shared.query('SELECT version FROM schema_migrations')).toEqual([{ version: '1' }]);
  });

  it('gets only the migrations that are missing', async () => {
    const notarys = await place(notaryServerTables);
    await notarys.open();
    const later = {
      ...storeSchema,
      migrations: [...storeSchema.migrations, 'ALTER TABLE paraph_generations ADD note text'],
    };
    expect(await notarys.plan(later)).toHaveLength(1);
    await notarys.open(later);
    await notarys.open(later);
    expect(await notarys.query('SELECT version FROM paraph_schema')).toEqual([{ version: 2 }]);
    await expect(notarys.open()).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('schema version 2'),
    });
    await expect(notarys.plan()).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });

  it('is left as it was when a migration fails', async () => {
    const fresh = await place();
    const broken = {
      ...storeSchema,
      migrations: [...storeSchema.migrations, 'CREATE TABLE tuf_files ()'],
    };
    await expect(fresh.open(broken)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(await fresh.dump()).toEqual([[], [], []]);
    await fresh.open();
  });
});

describe('what is refused before anything is written', () => {
  it.each([
    ['a database of something else', 'CREATE TABLE customers (id integer)', 'of something else'],
    ['a migration broken off before the changefeed', 'DROP TABLE changefeed', 'table changefeed'],
    [
      'a table that lacks a column',
      'ALTER TABLE tuf_files DROP COLUMN sha256',
      'column tuf_files.sha256',
    ],
    [
      'a table whose index does not decide races',
      'ALTER TABLE tuf_files DROP CONSTRAINT tuf_files_gun_role_version_key; CREATE INDEX ON tuf_files (gun, role, version)',
      'unique index on tuf_files (gun, role, version)',
    ],
    [
      'an index over too much, or over a part',
      `ALTER TABLE tuf_files DROP CONSTRAINT tuf_files_gun_role_version_key;
       CREATE UNIQUE INDEX ON tuf_files (gun, role, version, sha256);
       CREATE UNIQUE INDEX ON tuf_files (gun, role, version) WHERE version > 1`,
      'unique index',
    ],
    [
      'a migration of notary that failed',
      'UPDATE schema_migrations SET dirty = true',
      'broken off',
    ],
    [
      'one of several at once',
      'DROP TABLE changefeed; ALTER TABLE tuf_files DROP COLUMN data',
      'tuf_files.data',
    ],
  ])('%s', async (what, damage, words) => {
    const isForeign = what.includes('something else');
    const damaged = await place(isForeign ? damage : `${notaryServerTables} ${damage}`);
    const before = await damaged.dump();
    for (const attempt of [damaged.open, damaged.plan]) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: expect.stringContaining(words),
      });
    }
    expect(await damaged.dump()).toEqual(before);
  });

  it('a user who may only read, and one who may not use the sequence', async () => {
    const notarys = await place(notaryServerTables);
    await notarys.open();
    const name = `place${schemas}`;
    await cluster.query(
      'postgres',
      `CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA ${name} TO reader;
       GRANT SELECT ON ALL TABLES IN SCHEMA ${name} TO reader`,
    );
    await expect(notarys.open(storeSchema, 'reader')).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(
        /INSERT on tuf_files.*DELETE on tuf_files.*paraph_version_floors.*sequence/,
      ),
    });
    await cluster.query('postgres', `GRANT ALL ON ALL TABLES IN SCHEMA ${name} TO reader`);
    await expect(notarys.open(storeSchema, 'reader')).rejects.toMatchObject({
      message: expect.stringContaining('USAGE on the sequence of tuf_files'),
    });
    await cluster.query('postgres', `GRANT ALL ON ALL SEQUENCES IN SCHEMA ${name} TO reader`);
    await notarys.open(storeSchema, 'reader');
  });

  it('a user who may not make our tables where they are missing', async () => {
    const notarys = await place(notaryServerTables);
    const name = `place${schemas}`;
    await cluster.query(
      'postgres',
      `CREATE ROLE writer LOGIN; GRANT USAGE ON SCHEMA ${name} TO writer;
       GRANT ALL ON ALL TABLES IN SCHEMA ${name} TO writer; GRANT ALL ON ALL SEQUENCES IN SCHEMA ${name} TO writer`,
    );
    await expect(notarys.open(storeSchema, 'writer')).rejects.toMatchObject({
      code: 'STORE_FAILED',
      facts: { sqlState: '42501' },
    });
    // The owner makes them once (-bootstrap); then the rights on them are missing, until they are granted.
    await notarys.open();
    await expect(notarys.open(storeSchema, 'writer')).rejects.toMatchObject({
      message: expect.stringContaining('permission denied for table paraph_schema'),
    });
  });
});
