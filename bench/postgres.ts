// A PostgreSQL cluster of the run's own with the tables of the Go programs: their released binaries never
// create them. Durable as it comes: fsync is on.
import { readdirSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import {
  freePort,
  mustRun,
  type Program,
  runCommand,
  startProgram,
} from '../test/peers/program.ts';
import type { Place } from './place.ts';

/** Where Debian puts its versions, each in a folder of its own. */
const debianFolder = '/usr/lib/postgresql';
/** PostgreSQL refuses to run as root; on Debian this is `nobody`. */
const unprivilegedId = 65534;

const user = 'notary';

const serverTables = `
CREATE TABLE tuf_files (
  id serial PRIMARY KEY, created_at timestamp, updated_at timestamp, deleted_at timestamp,
  gun varchar(255) NOT NULL, role varchar(255) NOT NULL, version integer NOT NULL, data bytea NOT NULL,
  sha256 char(64), UNIQUE (gun, role, version));
CREATE INDEX tuf_files_sha256_idx ON tuf_files (sha256);
CREATE TABLE change_category (category varchar(20) PRIMARY KEY);
INSERT INTO change_category VALUES ('update'), ('deletion');
CREATE TABLE changefeed (
  id serial PRIMARY KEY, created_at timestamp DEFAULT CURRENT_TIMESTAMP, gun varchar(255) NOT NULL,
  version integer NOT NULL, sha256 char(64),
  category varchar(20) NOT NULL DEFAULT 'update' REFERENCES change_category (category));
CREATE INDEX idx_changefeed_gun ON changefeed (gun);`;

const signerTables = `
CREATE TABLE private_keys (
  id serial PRIMARY KEY, created_at timestamp, updated_at timestamp, deleted_at timestamp,
  key_id varchar(255) NOT NULL, encryption_alg varchar(255) NOT NULL, keywrap_alg varchar(255) NOT NULL,
  algorithm varchar(50) NOT NULL, passphrase_alias varchar(50) NOT NULL, public bytea NOT NULL,
  private bytea NOT NULL, gun varchar(255) NOT NULL, role varchar(255) NOT NULL, last_used timestamp,
  UNIQUE (key_id), UNIQUE (key_id, algorithm));`;

export interface Postgres {
  readonly program: Program;
  readonly serverUrl: string;
  readonly signerUrl: string;
}

/** The folder of the newest PostgreSQL here; undefined when there is none. */
export function findPostgres(): string | undefined {
  try {
    const versions = readdirSync(debianFolder)
      .map(Number)
      .filter((version) => version > 0);
    const newest = Math.max(...versions);
    return Number.isFinite(newest) ? join(debianFolder, String(newest), 'bin') : undefined;
  } catch {
    return undefined;
  }
}

export async function startPostgres(place: Place, programs: string): Promise<Postgres> {
  const home = place.fresh('postgres');
  await place.folder(home.slice(place.path.length + 1));
  const data = join(home, 'data');
  if (process.getuid?.() === 0) await chown(home, unprivilegedId, unprivilegedId);
  const [initialise = '', ...args] = unprivileged(join(programs, 'initdb'));
  const trusting = ['-A', 'trust', '-U', user, '-E', 'UTF8', '--locale=C', '-D', data];
  await mustRun(initialise, [...args, ...trusting], { cwd: home });
  const port = await freePort();
  const at = ['-h', '127.0.0.1', '-p', String(port)];
  const psql = (database: string, sql: string): Promise<string> => {
    const how = ['-q', '-v', 'ON_ERROR_STOP=1', '-U', user, '-d', database];
    return mustRun(join(programs, 'psql'), [...at, ...how, '-c', sql]);
  };
  const [command = '', ...before] = unprivileged(join(programs, 'postgres'));
  const program = await startProgram(place, {
    name: 'postgres',
    command,
    args: [...before, '-D', data, ...at, '-k', home],
    cwd: home,
    network: place.network,
    ready: async () => (await runCommand(join(programs, 'pg_isready'), at)).status === 0,
  });
  for (const [database, tables] of [
    ['server', serverTables],
    ['signer', signerTables],
  ] as const) {
    await psql('postgres', `CREATE DATABASE ${database}`);
    await psql(database, tables);
  }
  const url = (database: string): string =>
    `postgres://${user}@127.0.0.1:${port}/${database}?sslmode=disable`;
  return { program, serverUrl: url('server'), signerUrl: url('signer') };
}

/** The command as another user, when we are root; the kernel ends it with its parent. */
function unprivileged(command: string): readonly string[] {
  if (process.getuid?.() !== 0) return [command];
  const id = String(unprivilegedId);
  const asUser = ['--reuid', id, '--regid', id, '--clear-groups', '--pdeathsig', 'KILL'];
  return ['setpriv', ...asUser, '--', command];
}
