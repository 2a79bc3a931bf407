// A PostgreSQL cluster of a test's own, from the programs in a given folder: made fresh below the scratch, listening
// on loopback alone, ended with the scratch at the latest. PostgreSQL refuses to run as root, so there it runs as
// another user, who is let past folders that are closed to him: the checkout may lie in root's home.
import { chown, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { KeyPair } from './certificates.ts';
import { hostNetwork, type Network } from './network.ts';
import { notaryServerTables, notarySignerTables } from './notary-tables.ts';
import { freePort, mustRun, type Program, startProgram } from './program.ts';
import type { Scratch } from './scratch.ts';

/** On Debian this is `nobody`. */
const unprivilegedId = 65534;
const user = 'notary';
/** How often, and how far apart, a start is tried again while processes of a killed cluster still end. */
const startTries = 20;
const retryMs = 100;

export interface PostgresOptions {
  /** Of its folder and its log; two clusters of one scratch need two. */
  readonly name?: string;
  readonly network?: Network;
  /** Wait for the disk at each commit, as real clusters do. */
  readonly isDurable?: boolean;
  /** `name=value`, as in postgresql.conf. */
  readonly settings?: readonly string[];
  /** Lines of pg_hba.conf instead of "trust everybody". */
  readonly hba?: readonly string[];
  /** Also speaks TLS; `clientAuthorityFile` is whom it believes certificates of clients. */
  readonly tls?: { readonly pair: KeyPair; readonly clientAuthorityFile?: string };
}

export interface PostgresCluster {
  readonly port: number;
  /** Its main process, of the last start. */
  readonly program: Program;
  /** A database `server` with notary's tables of the server, and one `signer` with those of the signer. */
  readonly serverUrl: string;
  readonly signerUrl: string;
  /** `postgres://notary@127.0.0.1:PORT/DATABASE?sslmode=disable`, or with the parameters given. */
  url(database: string, parameters?: string): string;
  /** @returns its url. Empty without `tables`, which is SQL. */
  createDatabase(name: string, tables?: string): Promise<string>;
  /** Runs SQL as the owner of everything. @returns the rows of the last statement. */
  query(database: string, sql: string): Promise<readonly Record<string, unknown>[]>;
  /** At once, connections or not (SIGINT), or with the signal given. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again, on the same port and data. */
  restart(): Promise<void>;
}

/** @param programs folder of initdb and postgres */
export async function startCluster(
  scratch: Scratch,
  programs: string,
  options: PostgresOptions = {},
): Promise<PostgresCluster> {
  const { name = 'postgres' } = options;
  const home = await ownFolder(scratch, name);
  const data = join(home, 'data');
  const [initialise = '', ...args] = unprivileged(join(programs, 'initdb'));
  const likeThis = ['-A', 'trust', '-U', user, '-E', 'UTF8', '--locale=C', '--no-sync', '-D', data];
  await mustRun(initialise, [...args, ...likeThis], { cwd: home });
  const settings = [...(await tlsSettings(home, options.tls)), ...(options.settings ?? [])];
  if (options.isDurable !== true) settings.push('fsync=off');
  if (options.hba) await writeFile(join(data, 'pg_hba.conf'), `${options.hba.join('\n')}\n`);
  const port = await freePort();
  const cluster = new Cluster(scratch, { name, home, data, programs, port, settings, options });
  await cluster.restart();
  scratch.defer(() => cluster.stop());
  await cluster.createDatabase('server', notaryServerTables);
  await cluster.createDatabase('signer', notarySignerTables);
  return cluster;
}

interface Made {
  readonly name: string;
  readonly home: string;
  readonly data: string;
  readonly programs: string;
  readonly port: number;
  readonly settings: readonly string[];
  readonly options: PostgresOptions;
}

class Cluster implements PostgresCluster {
  readonly port: number;
  readonly #scratch: Scratch;
  readonly #made: Made;
  #program: Program | undefined;

  constructor(scratch: Scratch, made: Made) {
    this.#scratch = scratch;
    this.#made = made;
    this.port = made.port;
  }

  get program(): Program {
    if (this.#program === undefined) throw new Error('the cluster was never started');
    return this.#program;
  }

  get serverUrl(): string {
    return this.url('server');
  }

  get signerUrl(): string {
    return this.url('signer');
  }

  url(database: string, parameters = 'sslmode=disable'): string {
    return `postgres://${user}@127.0.0.1:${this.port}/${database}?${parameters}`;
  }

  async createDatabase(name: string, tables?: string): Promise<string> {
    await this.query('postgres', `CREATE DATABASE ${pg.escapeIdentifier(name)}`);
    if (tables !== undefined) await this.query(name, tables);
    return this.url(name);
  }

  async query(database: string, sql: string): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({ host: '127.0.0.1', port: this.port, user, database });
    client.on('error', () => undefined);
    await client.connect();
    try {
      const answer: pg.QueryResult | readonly pg.QueryResult[] = await client.query(sql);
      const last = Array.isArray(answer) ? answer.at(-1) : answer;
      return last?.rows ?? [];
    } finally {
      await client.end();
    }
  }

  // SIGTERM would wait for every client to leave.
  stop(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    return this.program.stop(signal);
  }

  async restart(): Promise<void> {
    for (let left = startTries; ; left -= 1) {
      try {
        this.#program = await this.#start();
        return;
      } catch (error) {
        if (left === 0 || !String(error).includes('pre-existing shared memory')) throw error;
        await sleep(retryMs);
      }
    }
  }

  #start(): Promise<Program> {
    const { name, home, data, programs, settings, options } = this.#made;
    const [command = '', ...before] = unprivileged(join(programs, 'postgres'));
    const listening = ['-h', '127.0.0.1', '-p', String(this.port), '-k', ''];
    return startProgram(this.#scratch, {
      name,
      command,
      args: [...before, '-D', data, ...listening, ...settings.flatMap((line) => ['-c', line])],
      cwd: home,
      network: options.network ?? hostNetwork,
      ready: () => this.#answers(),
    });
  }

  async #answers(): Promise<boolean> {
    const at = { host: '127.0.0.1', port: this.port, user, database: 'postgres' };
    const client = new pg.Client(at);
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return true;
    } catch {
      return false;
    }
  }
}

async function ownFolder(scratch: Scratch, name: string): Promise<string> {
  const home = join(scratch.path, name);
  await mkdir(home);
  if (process.getuid?.() === 0) await chown(home, unprivilegedId, unprivilegedId);
  return home;
}

/** Copies what it is given: PostgreSQL insists on a key file of its own user's. */
async function tlsSettings(home: string, tls: PostgresOptions['tls']): Promise<readonly string[]> {
  if (tls === undefined) return [];
  const copies = [
    ['ssl_cert_file', tls.pair.certFile],
    ['ssl_key_file', tls.pair.keyFile],
    ['ssl_ca_file', tls.clientAuthorityFile],
  ] as const;
  const settings = ['ssl=on'];
  for (const [setting, file] of copies) {
    if (file === undefined) continue;
    const copy = join(home, setting);
    await copyFile(file, copy);
    if (process.getuid?.() === 0) await chown(copy, unprivilegedId, unprivilegedId);
    settings.push(`${setting}=${copy}`);
  }
  return settings;
}

/** The command as another user, when we are root; the kernel ends it with its parent. */
function unprivileged(command: string): readonly string[] {
  if (process.getuid?.() !== 0) return [command];
  const id = String(unprivilegedId);
  const asUser = ['--reuid', id, '--regid', id, '--clear-groups', '--pdeathsig', 'KILL'];
  const mayPass = ['--inh-caps', '+dac_read_search', '--ambient-caps', '+dac_read_search'];
  // Without this, access(2) goes by the user alone, and initdb asks it about its own path.
  const alsoWhenAsked = ['--securebits', '+no_setuid_fixup'];
  return ['setpriv', ...asUser, ...mayPass, ...alsoWhenAsked, '--', command];
}
