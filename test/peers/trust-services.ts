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
  /** Ends the server or the signer and starts another program in its place: same configuration, storage and port. */
  swap(kind: ServerKind | SignerKind): Promise<void>;
  /** Starts another server on the same storage and signer, which lets in whom `door` says. @returns its url */
  serveBeside(door: Door): Promise<string>;
}

/** Of a server beside: to whom it opens, and whose make it is. By default, to all, and the same make. */
export interface Door {
  /** Clients need a certificate of this authority. */
  readonly clientCaFile?: string;
  /** The section `auth` of the configuration. */
  readonly auth?: object;
  readonly kind?: ServerKind;
}

export type Service = 'signer' | 'server';

export interface Pairing {
  readonly server: ServerKind;
  readonly signer: SignerKind;
  readonly network?: Network;
  /** Name under which clients reach the server; localhost unless given. */
  readonly host?: string;
  /** Where the server keeps its rows, and where the signer: sections `storage` of their configurations. */
  readonly storage?: { readonly server: object; readonly signer: object };
}

export async function startTrustServices(
  scratch: Scratch,
  pairing: Pairing,
): Promise<TrustServices> {
  const network = pairing.network ?? hostNetwork;
  const host = pairing.host ?? 'localhost';
  const authority = await certificateAuthority(scratch, 'authority');
  const foreign = await certificateAuthority(scratch, 'foreign-authority');
  const place = { scratch, network, authority, pairing, host, signerPort: await freePort() };
  const serverPort = await freePort();
  const signer = await signerStart(place);
  const server = await serverStart(serverPort, place);
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
    async swap(kind) {
      const victim: Service = isServer(kind) ? 'server' : 'signer';
      await running[victim].stop();
      starts[victim] = isServer(kind)
        ? await serverStart(serverPort, { ...place, pairing: { ...pairing, server: kind } })
        : await signerStart({ ...place, pairing: { ...pairing, signer: kind } });
      running[victim] = await startProgram(scratch, starts[victim]);
    },
    async serveBeside(door) {
      const port = await freePort();
      await startProgram(scratch, await serverStart(port, place, door));
      return `https://${host}:${port}`;
    },
  };
}

function isServer(kind: ServerKind | SignerKind): kind is ServerKind {
  return kind === 'notary-server' || kind === 'paraph-server';
}

interface Place {
  readonly scratch: Scratch;
  readonly network: Network;
  readonly authority: Authority;
  readonly pairing: Pairing;
  readonly host: string;
  readonly signerPort: number;
}

async function signerStart(place: Place): Promise<Start> {
  const { scratch, network, authority, pairing, signerPort: port } = place;
  const kind = pairing.signer;
  const pair = await authority.issue('signer', ['localhost', network.address]);
  const storage = pairing.storage?.signer ?? embedded(scratch, kind);
  return {
    name: kind,
    ...(await daemon(scratch, kind, kind, {
      server: {
        grpc_addr: `${network.address}:${port}`,
        tls_cert_file: pair.certFile,
        tls_key_file: pair.keyFile,
        client_ca_file: authority.caFile,
      },
      logging: { level: 'warning' },
      storage: { ...storage, default_alias: 'first' },
    })),
    env: { NOTARY_SIGNER_FIRST: 'passphrase of the first alias' },
    network,
    ready: () => network.accepts(port),
  };
}

async function serverStart(port: number, place: Place, door?: Door): Promise<Start> {
  const { scratch, network, authority, pairing, host } = place;
  const kind = door?.kind ?? pairing.server;
  const name = door === undefined ? kind : `${kind}-beside`;
  const pair = await authority.issue(name, [host, 'localhost', network.address]);
  const storage = pairing.storage?.server ?? embedded(scratch, kind);
  return {
    name,
    ...(await daemon(scratch, kind, name, {
      server: {
        http_addr: `${network.address}:${port}`,
        tls_cert_file: pair.certFile,
        tls_key_file: pair.keyFile,
        ...(door?.clientCaFile && { client_ca_file: door.clientCaFile }),
      },
      ...(door?.auth && { auth: door.auth }),
      trust_service: {
        type: 'remote',
        hostname: network.address,
        port: String(place.signerPort),
        key_algorithm: 'ecdsa',
        tls_ca_file: authority.caFile,
        tls_client_cert: pair.certFile,
        tls_client_key: pair.keyFile,
      },
      logging: { level: 'warning' },
      storage,
    })),
    network,
    ready: () => network.accepts(port),
  };
}

/** Go's programs from Debian have no embedded database; ours run on the one that they would use. */
function embedded(scratch: Scratch, kind: ServerKind | SignerKind): object {
  if (kind.startsWith('notary-')) return { backend: 'memory' };
  return { backend: 'sqlite', db_url: join(scratch.path, `${kind}.db`) };
}

/** Writes the configuration file and says how to start the program with it. */
async function daemon(
  scratch: Scratch,
  kind: ServerKind | SignerKind,
  name: string,
  configuration: object,
): Promise<Pick<Start, 'command' | 'args'>> {
  const config = join(scratch.path, `${name}.json`);
  await writeFile(config, JSON.stringify(configuration, undefined, 2));
  const args = ['-config', config];
  if (kind === 'notary-server' || kind === 'notary-signer') return { command: peer(kind), args };
  return { command: process.execPath, args: [resolve('bin', kind), ...args] };
}
