// The embedded database of both daemons: opening the file and bringing its schema up to date. Which tables
// exist is each store's own business.
//
// Invariants:
// - better-sqlite3 is a compiled add-on and optional: it is loaded here alone, and only when a file is opened.
// - A commit that returned is on the disk (WAL, synchronous=FULL).
// - The file is 0600, a directory made for it 0700.
// - A file of another program, or of a newer release, is refused before anything is written to it.
// - Migrations run in one transaction: after a crash the schema is the old one or the new one.
import { chmod, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Database, default as SqliteConstructor } from 'better-sqlite3';
import { Failure } from '../../errors.ts';

export type { Database, Statement } from 'better-sqlite3';

export interface SqliteSchema {
  /** SQLite's application_id of the file, so that the signer refuses the server's file and the reverse. */
  readonly applicationId: number;
  /** The SQL of each schema version from 1 on; released ones are never changed, only followed by more. */
  readonly migrations: readonly string[];
}

/** How long a statement waits for another process that is writing. */
const busyTimeoutMs = 5000;

/**
 * Opens the database at `file` (absolute), made if need be, with its schema up to date.
 * @throws Failure ADDON_MISSING, DISK (directory or file cannot be made), STORE_FAILED (not a database of
 *   this program, of a newer release, damaged).
 */
export async function openSqlite(file: string, schema: SqliteSchema): Promise<Database> {
  const Sqlite = await loadAddon();
  await makePrivateFile(file);
  let database: Database | undefined;
  try {
    database = new Sqlite(file, { timeout: busyTimeoutMs });
    checkOwner(database, file, schema);
    await chmod(file, 0o600);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    database.pragma('trusted_schema = OFF');
    migrate(database, file, schema);
    return database;
  } catch (cause) {
    database?.close();
    throw sqliteFailure(cause, `database ${file} cannot be opened`);
  }
}

/** What a statement threw, as STORE_FAILED; a Failure passes through. */
export function sqliteFailure(cause: unknown, message: string): Failure {
  if (cause instanceof Failure) return cause;
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return new Failure('STORE_FAILED', `${message}${reason}`, { cause });
}

async function loadAddon(): Promise<typeof SqliteConstructor> {
  try {
    const { default: Sqlite } = await import('better-sqlite3');
    // The package loads its compiled part only when a database is opened.
    new Sqlite(':memory:').close();
    return Sqlite;
  } catch (cause) {
    throw new Failure('ADDON_MISSING', 'the SQLite add-on (better-sqlite3) cannot be loaded', {
      cause,
    });
  }
}

async function makePrivateFile(file: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, 'a', 0o600);
    await handle.close();
  } catch (cause) {
    throw new Failure('DISK', `database ${file} cannot be made`, { cause });
  }
}

function checkOwner(database: Database, file: string, schema: SqliteSchema): void {
  const { applicationId, migrations } = schema;
  const version = pragmaNumber(database, 'user_version');
  const id = pragmaNumber(database, 'application_id');
  const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' LIMIT 1").get();
  const isNew = id === 0 && version === 0 && table === undefined;
  if (id !== applicationId && !isNew) {
    throw new Failure('STORE_FAILED', `${file} is a database of another program`);
  }
  if (version > migrations.length) {
    throw new Failure(
      'STORE_FAILED',
      `${file} has schema version ${version}, this release knows up to ${migrations.length}`,
      { remedy: 'Start the newer release that wrote it, or restore an older backup.' },
    );
  }
}

function migrate(database: Database, file: string, schema: SqliteSchema): void {
  const step = database.transaction(() => {
    // Again, now under the write lock: another process may have migrated the file meanwhile.
    checkOwner(database, file, schema);
    for (const sql of schema.migrations.slice(pragmaNumber(database, 'user_version'))) {
      database.exec(sql);
    }
    database.pragma(`application_id = ${schema.applicationId}`);
    database.pragma(`user_version = ${schema.migrations.length}`);
  });
  step.immediate();
}

function pragmaNumber(database: Database, name: string): number {
  const value: unknown = database.pragma(name, { simple: true });
  return typeof value === 'number' ? value : 0;
}
