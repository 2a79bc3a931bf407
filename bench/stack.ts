// A trust server with its signer (and database), of the Go programs or ours, with the same configuration
// files: mutual TLS between them, and TLS to clients unless plain HTTP is asked for.
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { KeyPair } from '../test/peers/certificates.ts';
import { type PostgresCluster, startDebianPostgres } from '../test/peers/embedded-postgres.ts';
import { notaryServerTables, notarySignerTables } from '../test/peers/notary-tables.ts';
import { findPeer, peer } from '../test/peers/peers.ts';
import { freePort, type Start, startProgram } from '../test/peers/program.ts';
import type { Bench } from './bench.ts';
import type { Endpoint } from './load/http-connection.ts';

export type Make = 'Go' | 'ours';
export type StoreKind = 'memory' | 'PostgreSQL' | 'SQLite';

export interface StackPlan {
  readonly make: Make;
  readonly store: StoreKind;
  /** Clients speak plain HTTP to the server; default is TLS. */
  readonly isPlain?: boolean;
}

export interface SignerEndpoint {
  readonly port: number;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface Stack {
  readonly plan: StackPlan;
  readonly endpoint: Endpoint;
  readonly caFile: string;
  readonly signer: SignerEndpoint;
  readonly serverPid: number;
  /** Server, signer and database. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** Passphrase of the one alias under which both signers keep their keys. */
const passphrase = 'passphrase of the benchmark';

/** Why this stack cannot run here, naming what is missing; undefined when it can. */
export function whyNot({ make, store }: StackPlan): string | undefined {
  const ofGo = ['notary-server', 'notary-signer'] as const;
  const needed = make === 'Go' ? ofGo : [];
  const missing = needed.find((name) => findPeer(name) === undefined);
  if (missing !== undefined) return `${missing} is not here`;
  const isThere = store !== 'PostgreSQL' || findPeer('postgresql') !== undefined;
  return isThere ? undefined : 'PostgreSQL is not here';
}

/** Those of `plans` that can run here. */
function runnable(plans: readonly StackPlan[]): readonly StackPlan[] {
  return plans.filter((plan) => whyNot(plan) === undefined);
}

/** How server and signer of a stack are started, and where they will answer. */
export interface StackStarts {
  readonly server: Start;
  readonly signer: Start;
  readonly endpoint: Endpoint;
  readonly signerEndpoint: SignerEndpoint;
}

/** @param postgres must be running when the plan stores there, in two databases of its own */
export async function prepareStack(
  bench: Bench,
  plan: StackPlan,
  postgres?: PostgresCluster,
): Promise<StackStarts> {
  const { place, authority } = bench;
  const pair = await authority.issue(nameOf(plan), ['localhost', place.network.address]);
  const signerPort = await freePort();
  const serverPort = await freePort();
  const urls = postgres && (await databasesFor(plan, postgres));
  const context = { bench, plan, pair, urls };
  const ca = await readFile(authority.caFile, 'utf8');
  return {
    signer: await signerStart(context, signerPort),
    server: await serverStart(context, serverPort, signerPort),
    endpoint: { port: serverPort, ca: plan.isPlain === true ? undefined : ca },
    signerEndpoint: {
      port: signerPort,
      ca,
      cert: await readFile(pair.certFile, 'utf8'),
      key: await readFile(pair.keyFile, 'utf8'),
    },
  };
}

async function startStack(
  bench: Bench,
  plan: StackPlan,
  cluster: PostgresCluster | undefined,
): Promise<Stack> {
  const { place, authority } = bench;
  const postgres = plan.store === 'PostgreSQL' ? cluster : undefined;
  const starts = await prepareStack(bench, plan, postgres);
  const signer = await startProgram(place, starts.signer);
  const server = await startProgram(place, starts.server);
  const programs = [server, signer];
  return {
    plan,
    endpoint: starts.endpoint,
    caFile: authority.caFile,
    signer: starts.signerEndpoint,
    serverPid: server.pid,
    pids: [...programs, ...(postgres ? [postgres.program] : [])].map(({ pid }) => pid),
    async stop() {
      for (const program of programs) await program.stop();
    },
  };
}

/**
 * Runs `use` with all of `plans` that can run here, and stops them afterwards. Those on PostgreSQL share one
 * cluster: they are never under load at the same time.
 */
export async function withStacks<Result>(
  bench: Bench,
  plans: readonly StackPlan[],
  use: (stacks: readonly Stack[]) => Promise<Result>,
): Promise<Result> {
  const stacks: Stack[] = [];
  let cluster: PostgresCluster | undefined;
  try {
    for (const plan of runnable(plans)) {
      if (plan.store === 'PostgreSQL') cluster ??= await startPostgres(bench);
      stacks.push(await startStack(bench, plan, cluster));
    }
    return await use(stacks);
  } finally {
    for (const stack of stacks) await stack.stop();
    await cluster?.stop();
  }
}

let clusters = 0;

function startPostgres({ place }: Bench): Promise<PostgresCluster> {
  clusters += 1;
  const name = `postgres-${clusters}`;
  return startDebianPostgres(place, { name, network: place.network, isDurable: true });
}

async function databasesFor(
  { make }: StackPlan,
  postgres: PostgresCluster,
): Promise<Context['urls']> {
  return {
    server: await postgres.createDatabase(`${make}-server`, notaryServerTables),
    signer: await postgres.createDatabase(`${make}-signer`, notarySignerTables),
  };
}

interface Context {
  readonly bench: Bench;
  readonly plan: StackPlan;
  readonly pair: KeyPair;
  /** Of its databases, where it stores on PostgreSQL. */
  readonly urls: { readonly server: string; readonly signer: string } | undefined;
}

function nameOf({ make, store, isPlain }: StackPlan): string {
  return [make, store, isPlain === true ? 'plain' : 'tls'].join('-').toLowerCase();
}

async function signerStart(context: Context, port: number): Promise<Start> {
  const { bench, plan, pair } = context;
  const storage =
    plan.store === 'memory'
      ? { backend: 'memory' }
      : { ...storageOf(context, 'signer'), default_alias: 'first' };
  const start = await programOf(context, 'signer', {
    server: {
      grpc_addr: `${bench.place.network.address}:${port}`,
      tls_cert_file: pair.certFile,
      tls_key_file: pair.keyFile,
      client_ca_file: bench.authority.caFile,
    },
    logging: { level: 'error' },
    storage,
  });
  const { network } = bench.place;
  const env = { NOTARY_SIGNER_FIRST: passphrase };
  return { ...start, env, network, ready: () => network.accepts(port) };
}

async function serverStart(context: Context, port: number, signerPort: number): Promise<Start> {
  const { bench, plan, pair } = context;
  const { network } = bench.place;
  const tls = { tls_cert_file: pair.certFile, tls_key_file: pair.keyFile };
  const start = await programOf(context, 'server', {
    server: {
      http_addr: `${network.address}:${port}`,
      ...(plan.isPlain === true ? {} : tls),
    },
    trust_service: {
      type: 'remote',
      hostname: network.address,
      port: String(signerPort),
      key_algorithm: 'ecdsa',
      tls_ca_file: bench.authority.caFile,
      tls_client_cert: pair.certFile,
      tls_client_key: pair.keyFile,
    },
    logging: { level: 'error' },
    storage: storageOf(context, 'server'),
  });
  return { ...start, network, ready: () => network.accepts(port) };
}

function storageOf({ bench, plan, urls }: Context, part: 'server' | 'signer'): object {
  if (plan.store === 'memory') return { backend: 'memory' };
  if (plan.store === 'SQLite') {
    return { backend: 'sqlite', db_url: bench.place.fresh(`${part}.db`) };
  }
  return { backend: 'postgres', db_url: urls?.[part] };
}

/** Writes the configuration and says how to start the program with it. */
async function programOf(
  { bench, plan }: Context,
  part: 'server' | 'signer',
  configuration: object,
): Promise<Pick<Start, 'name' | 'command' | 'args'>> {
  const config = bench.place.fresh(`${part}.json`);
  await writeFile(config, JSON.stringify(configuration, undefined, 2));
  const args = ['-config', config];
  const name = `${nameOf(plan)}-${part}`;
  if (plan.make === 'Go') return { name, command: peer(`notary-${part}`), args };
  const { profileFolder } = bench;
  const profiling =
    profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}/${name}`];
  const program = resolve(`bin/paraph-${part}`);
  return { name, command: process.execPath, args: [...profiling, program, ...args] };
}
