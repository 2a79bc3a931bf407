// SQLite files that are not what a daemon left: of another program, of a newer release, half of one, damaged, held by
// others, or no file at all. A start is refused with a code and a way on, and changes nothing in them.
//
// Runs are seeded: test/fuzz/settings.ts says how to make them long, and others.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../src/errors.ts';
import { openSqliteStore } from '../../src/server/store/sqlite.ts';
import { storeSchema } from '../../src/server/store/sqlite-schema.ts';
import { openSqliteKeyStore } from '../../src/signer/store/sqlite.ts';
import { keySchema } from '../../src/signer/store/sqlite-schema.ts';
import { mutatedBytes } from '../fuzz/mutated-bytes.ts';
import { holds, timeoutMs } from '../fuzz/settings.ts';

let directory: string;
let files = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'paraph-databases-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function newFile(): Promise<string> {
  files += 1;
  await mkdir(join(directory, `${files}`));
  return join(directory, `${files}`, 'store.db');
}

/** Opens the file and reads in it. */
async function useServerStore(file: string): Promise<void> {
  const store = await openSqliteStore(file);
  try {
    await store.check();
    await store.newest('example.com/app', 'root');
    await store.changes({ fromId: 0, backwards: false, limit: 10 });
  } finally {
    await store.close();
  }
}

async function useSignerStore(file: string): Promise<void> {
  const store = await openSqliteKeyStore(file);
  try {
    await store.check();
    await store.newestOfEachAlias();
    await store.newestOf('example.com/app', 'timestamp', 10);
  } finally {
    await store.close();
  }
}

const stores = {
  server: { use: useServerStore, schema: storeSchema, table: 'tuf_files', column: 'sha256' },
  signer: { use: useSignerStore, schema: keySchema, table: 'private_keys', column: 'public' },
} as const;

/** Bytes of all that lies beside `file`. */
async function stateOf(file: string): Promise<unknown> {
  const names = await readdir(join(file, '..'));
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(file, '..', name));
      return [name, createHash('sha256').update(bytes).digest('hex')];
    }),
  );
}

describe.each(Object.entries(stores))(
  'the database of the %s',
  (_, { use, schema, table, column }) => {
    async function damaged(...statements: readonly string[]): Promise<string> {
      const file = await newFile();
      await use(file);
      const database = new Sqlite(file);
      database.pragma('foreign_keys = OFF');
      for (const sql of statements) database.exec(sql);
      database.pragma('journal_mode = DELETE');
      database.close();
      return file;
    }

    async function isRefused(file: string, remedy: RegExp): Promise<void> {
      const before = await stateOf(file);
      await expect(use(file)).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: expect.stringContaining(file),
        remedy: expect.stringMatching(remedy),
      });
      expect(await stateOf(file)).toEqual(before);
    }

    it.each([
      ['a table is missing', [`DROP TABLE ${table}`]],
      ['a column is missing', [`ALTER TABLE ${table} RENAME COLUMN ${column} TO gone`]],
      [
        'a table is another',
        [`DROP TABLE ${table}`, `CREATE TABLE ${table} (id TEXT, gun INTEGER, role BLOB)`],
      ],
      [
        'a view is in place of a table',
        [`DROP TABLE ${table}`, `CREATE VIEW ${table} AS SELECT 1`],
      ],
    ])('where %s is refused', async (_what, statements) => {
      await isRefused(await damaged(...statements), /backup/);
    });

    it('of a newer release is refused', async () => {
      const version = schema.migrations.length + 1;
      await isRefused(await damaged(`PRAGMA user_version = ${version}`), /newer release/);
    });

    it('whose version was set back is refused, and not made anew over the old', async () => {
      const file = await damaged('PRAGMA user_version = 0');
      const before = await stateOf(file);
      await expect(use(file)).rejects.toMatchObject({ code: 'STORE_FAILED' });
      expect(await stateOf(file)).toEqual(before);
    });

    it('of another program is refused, whether it has a name or not', async () => {
      await isRefused(await damaged('PRAGMA application_id = 77'), /db_url/);
      await isRefused(await damaged('PRAGMA application_id = 0'), /db_url/);
      const { schema: other } = schema === keySchema ? stores.server : stores.signer;
      await isRefused(await damaged(`PRAGMA application_id = ${other.applicationId}`), /db_url/);
    });

    it('that is text is refused', async () => {
      const file = await newFile();
      await writeFile(file, 'this is no database, but somebody may want to keep it\n'.repeat(100));
      await isRefused(file, /db_url/);
    });

    it('that was cut short is refused', async () => {
      const file = await damaged();
      const whole = await readFile(file);
      for (const length of [1, 99, 100, 512, 4096, whole.length - 4096]) {
        await writeFile(file, whole.subarray(0, length));
        const before = await stateOf(file);
        await expect(use(file)).rejects.toMatchObject({ code: 'STORE_FAILED' });
        expect(await stateOf(file)).toEqual(before);
      }
    });

    it('that a directory or a FIFO stands for is refused', async () => {
      const file = await newFile();
      await mkdir(file);
      await expect(use(file)).rejects.toMatchObject({ code: 'DISK' });
      const fifo = await newFile();
      execFileSync('mkfifo', [fifo]);
      await expect(use(fifo)).rejects.toMatchObject({ code: 'DISK' });
    });

    it(
      'with damaged bytes opens, or is refused with a code, and so is all that it is asked',
      async () => {
        const whole = await readFile(await damaged());
        const file = await newFile();
        await holds(40, mutatedBytes([whole], 3), async (bytes) => {
          await rm(join(file, '..'), { recursive: true });
          await mkdir(join(file, '..'));
          await writeFile(file, bytes);
          try {
            await use(file);
          } catch (error) {
            if (!isFailure(error, 'STORE_FAILED')) throw error;
          }
        });
      },
      timeoutMs(40),
    );
  },
);

it('a database that another program holds is refused in time, and opens when it is let go', async () => {
  const file = await newFile();
  await useServerStore(file);
  const holder = new Sqlite(file);
  holder.pragma('journal_mode = DELETE');
  holder.exec('BEGIN EXCLUSIVE');
  await expect(useServerStore(file)).rejects.toMatchObject({
    code: 'STORE_FAILED',
    remedy: expect.stringContaining('Another program holds the file'),
  });
  holder.exec('ROLLBACK');
  holder.close();
  await useServerStore(file);
});
