// Trust server and signer of a test, Go's or ours, in any pairing: `notary-server` or `paraph-server`,
// `notary-signer` or `paraph-signer`. Both kinds are given the same configuration files, which is part
// of what is tested. They speak mutual TLS with each other, under an authority of the test's own.
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Authority, certificateAuthority } from './certificates.ts';
import { hostNetwork, type Network } from './network.ts';
import { peer } from './peers.ts';
import { freePort, type Program, type Start, startProgram } from './program.ts';
import type { Scratch } from './scratch.ts';

export type ServerKind = 'notary-server' | 'paraph-server';
export type SignerKind = 'notary-signer' | 'paraph-signer';

export interface TrustServices {
  /** `https://localhost:PORT`, or with the host name asked for. */
  readonly url: string;
  /** Of the server's certificate; it may issue more. */
  readonly authority: Authority;
  readonly caFile: string;
  /** An authority that has nothing to do with these services. */
  readonly foreignCaFile: string;
  /** Ends `victims` by `signal` and starts them again: same configuration, same ports. */
  restart(signal: NodeJS.Signals, victims?: readonly Service[]): Promise<void>;
}

export type Service = 'signer' | 'server';

export interface Pairing {
  readonly server: ServerKind;
  readonly signer: SignerKind;
  readonly network?: Network;
  /** Name under which clients reach the server; localhost unless given. */
  readonly host?: string;
}

export async function startTrustServices(
  scratch: Scratch,
  pairing: Pairing,
): Promise<TrustServices> {
  const network = pairing.network ?? hostNetwork;
  const host = pairing.host ?? 'localhost';
  const authority = await certificateAuthority(scratch, 'authority');
  const foreign = await certificateAuthority(scratch, 'foreign-authority');
  const place = { scratch, network, authority };
  const signerPort = await freePort();
  const serverPort = await freePort();
  const signer = await signerStart(pairing.signer, signerPort, place);
  const server = await serverStart(pairing.server, serverPort, host, signerPort, place);
  const starts: Record<Service, Start> = { signer, server };
  const running: Record<Service, Program> = {
    signer: await startProgram(scratch, starts.signer),
    server: await startProgram(scratch, starts.server),
  };
  return {
    url: `https://${host}:${serverPort}`,
    authority,
    caFile: authority.caFile,
    foreignCaFile: foreign.caFile,
    async restart(signal, victims = ['signer', 'server']) {
      await Promise.all(victims.map((victim) => running[victim].stop(signal)));
      for (const victim of victims) running[victim] = await startProgram(scratch, starts[victim]);
    },
  };
}

interface Place {
  readonly scratch: Scratch;
  readonly network: Network;
  readonly authority: Authority;
}

async function signerStart(kind: SignerKind, port: number, place: Place): Promise<Start> {
  const { scratch, network, authority } = place;
  const pair = await authority.issue('signer', ['localhost', network.address]);
  return {
    name: kind,
    ...(await daemon(scratch, kind, {
      server: {
        grpc_addr: `${network.address}:${port}`,
        tls_cert_file: pair.certFile,
        tls_key_file: pair.keyFile,
        client_ca_file: authority.caFile,
      },
      logging: { level: 'warning' },
      storage: storageOf(scratch, kind, { default_alias: 'first' }),
    })),
    env: { NOTARY_SIGNER_FIRST: 'passphrase of the first alias' },
    network,
    ready: () => network.accepts(port),
  };
}

async function serverStart(
  kind: ServerKind,
  port: number,
  host: string,
  signerPort: number,
  { scratch, network, authority }: Place,
): Promise<Start> {
  const pair = await authority.issue('server', [host, 'localhost', network.address]);
  return {
    name: kind,
    ...(await daemon(scratch, kind, {
      server: {
        http_addr: `${network.address}:${port}`,
        tls_cert_file: pair.certFile,
        tls_key_file: pair.keyFile,
      },
      trust_service: {
        type: 'remote',
        hostname: network.address,
        port: String(signerPort),
        key_algorithm: 'ecdsa',
        tls_ca_file: authority.caFile,
        tls_client_cert: pair.certFile,
        tls_client_key: pair.keyFile,
      },
      logging: { level: 'warning' },
      storage: storageOf(scratch, kind, {}),
    })),
    network,
    ready: () => network.accepts(port),
  };
}

/** Go's programs from Debian have no embedded database; ours run on the one that they would use. */
function storageOf(scratch: Scratch, kind: ServerKind | SignerKind, more: object): object {
  if (kind.startsWith('notary-')) return { backend: 'memory' };
  return { backend: 'sqlite', db_url: join(scratch.path, `${kind}.db`), ...more };
}

/** Writes the configuration file and says how to start the program with it. */
async function daemon(
  scratch: Scratch,
  kind: ServerKind | SignerKind,
  configuration: object,
): Promise<Pick<Start, 'command' | 'args'>> {
  const config = join(scratch.path, `${kind}.json`);
  await writeFile(config, JSON.stringify(configuration, undefined, 2));
  const args = ['-config', config];
  if (kind === 'notary-server' || kind === 'notary-signer') return { command: peer(kind), args };
  return { command: process.execPath, args: [resolve('bin', kind), ...args] };
}
