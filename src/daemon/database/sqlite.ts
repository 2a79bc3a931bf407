// The embedded database of both daemons: opening the file and bringing its schema up to date. Which tables
// exist is each store's own business.
//
// Invariants:
// - better-sqlite3 is a compiled add-on and optional: it is loaded here alone, and only when a file is opened.
// - A commit that returned is on the disk (WAL, synchronous=FULL).
// - The file is 0600, a directory made for it 0700.
// - A file of another program or of a newer release, or whose tables are not those of its version, is refused before
//   anything is written to it.
// - Migrations run in one transaction: after a crash the schema is the old one or the new one.
import { constants } from 'node:fs';
import { chmod, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Database, default as SqliteConstructor } from 'better-sqlite3';
import { Failure } from '../../errors.ts';
import { differences } from './sqlite-inspection.ts';

export type { Database, Statement } from 'better-sqlite3';

export interface SqliteSchema {
  /** SQLite's application_id of the file, so that the signer refuses the server's file and the reverse. */
  readonly applicationId: number;
  /** The SQL of each schema version from 1 on; released ones are never changed, only followed by more. */
  readonly migrations: readonly string[];
}

/** Of every SQLite file. */
const headerBytes = 100;
const otherFile = 'Name another file in storage.db_url; one that is not there is made.';
/** What is missing is listed up to here. */
const maxDifferences = 10;
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
    checkTables(database, new Sqlite(':memory:'), file, schema);
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

/** Runs statements. @throws Failure STORE_FAILED, saying `message` before SQLite's words */
export function attempt<T>(message: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw sqliteFailure(cause, message);
  }
}

/** What a statement threw, as STORE_FAILED; a Failure passes through. */
export function sqliteFailure(cause: unknown, message: string): Failure {
  if (cause instanceof Failure) return cause;
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  const remedy = remedyFor(cause);
  return new Failure('STORE_FAILED', `${message}${reason}`, { cause, ...(remedy && { remedy }) });
}

function remedyFor(cause: unknown): string | undefined {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
    return 'Another program holds the file: end it, then try again.';
  if (code.startsWith('SQLITE_CORRUPT')) return 'The file is damaged: restore a backup of it.';
  if (code === 'SQLITE_NOTADB') return otherFile;
  if (code.startsWith('SQLITE_READONLY'))
    return 'Give the service the right to write the file and its directory.';
  return undefined;
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
  let size: number;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;
    // O_NONBLOCK: a FIFO under the name must not hang the start.
    const handle = await open(file, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o600);
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw new Error('not a regular file');
      ({ size } = stat);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new Failure('DISK', `database ${file} cannot be made`, { cause });
  }
  // SQLite takes what is shorter than its header for an empty database, and writes over it.
  if (size > 0 && size < headerBytes) {
    throw new Failure('STORE_FAILED', `${file} is no database`, { remedy: otherFile });
  }
}

function checkOwner(database: Database, file: string, schema: SqliteSchema): void {
  const { applicationId, migrations } = schema;
  const version = pragmaNumber(database, 'user_version');
  const id = pragmaNumber(database, 'application_id');
  const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' LIMIT 1").get();
  const isNew = id === 0 && version === 0 && table === undefined;
  if (id !== applicationId && !isNew) {
    throw new Failure('STORE_FAILED', `${file} is a database of another program`, {
      remedy: otherFile,
    });
  }
  if (version > migrations.length) {
    throw new Failure(
      'STORE_FAILED',
      `${file} has schema version ${version}, this release knows up to ${migrations.length}`,
      { remedy: 'Start the newer release that wrote it, or restore an older backup.' },
    );
  }
}

function checkTables(database: Database, made: Database, file: string, schema: SqliteSchema): void {
  const version = pragmaNumber(database, 'user_version');
  try {
    const found = differences(database, made, schema.migrations.slice(0, version));
    if (found.length === 0) return;
    throw new Failure('STORE_FAILED', `${file} has not the tables of its version`, {
      facts: { differences: found.slice(0, maxDifferences).join(', ') },
      remedy: 'Restore a backup of the whole file; nothing was changed in it.',
    });
  } finally {
    made.close();
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
