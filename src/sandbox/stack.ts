// The whole of Paraph in one process: signer, trust server, registry, each on a free port of loopback, in memory,
// with certificates made now. Needs Node and nothing else.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LocalCertificate, makeLocalCertificate } from '../daemon/local-certificate.ts';
import { silentLog } from '../daemon/log.ts';
import { Failure } from '../errors.ts';
import type { ServerConfig, TrustConfig } from '../server/config.ts';
import { startServer } from '../server/server.ts';
import { type RunningSigner, startSigner } from '../signer/server.ts';
import { type SandboxRegistry, startRegistry } from './registry.ts';

export interface Stack {
  readonly registry: SandboxRegistry;
  /** `https://localhost:PORT` */
  readonly trustServer: string;
  /** `localhost:PORT` */
  readonly signer: string;
  /** PEM file: the trust server's certificate, which is its own authority. */
  readonly caFile: string;
  readonly tls: LocalCertificate;
  /** Ends everything, the last started first. */
  close(): Promise<void>;
}

export interface StackOptions {
  /** An empty directory for certificates. */
  readonly directory: string;
  readonly nowMs: () => number;
}

const loopback = '127.0.0.1';

export async function startStack({ directory, nowMs }: StackOptions): Promise<Stack> {
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const certificates = await makeCertificates(directory, nowMs());
    const signer = await startSandboxSigner(certificates, nowMs);
    closers.push(() => signer.close());
    const trust = trustIn(directory, signer.address);
    const trustServer = await startTrustServer(directory, trust, nowMs);
    closers.push(() => trustServer.close());
    const registry = await startRegistry();
    closers.push(() => registry.close());
    return {
      registry,
      trustServer: trustServer.url,
      signer: signer.address,
      caFile: join(directory, 'server.crt'),
      tls: certificates.server,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function startSandboxSigner(
  { signer, client }: Certificates,
  nowMs: () => number,
): Promise<RunningSigner> {
  const tls = {
    cert: Buffer.from(signer.cert),
    key: Buffer.from(signer.key),
    clientCa: Buffer.from(client.cert),
  };
  return startSigner(
    {
      listen: { host: loopback, port: 0 },
      tls,
      storage: { backend: 'memory' },
      defaultAlias: 'sandbox',
      allowLockedKeys: false,
    },
    { log: silentLog(), nowMs },
  );
}

/** A server over TLS, with memory store; `trust` says whose keys sign snapshot and timestamp. */
export async function startTrustServer(
  directory: string,
  trust: TrustConfig,
  nowMs: () => number,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const config: ServerConfig = {
    listen: { host: loopback, port: 0 },
    tls: { certFile: join(directory, 'server.crt'), keyFile: join(directory, 'server.key') },
    trust,
    storage: { backend: 'memory' },
    gunPrefixes: [],
    // A replayed file must come from the one who replays it, not from a cache on the way.
    cacheSeconds: { current: 0, consistent: 0 },
  };
  const running = await startServer(config, { log: silentLog(), nowMs });
  return { url: localUrl(running.url), close: () => running.close() };
}

function trustIn(directory: string, address: string): TrustConfig {
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  return {
    type: 'remote',
    host: 'localhost',
    port,
    algorithm: 'ecdsa',
    authorityFile: join(directory, 'signer.crt'),
    certFile: join(directory, 'client.crt'),
    keyFile: join(directory, 'client.key'),
  };
}

/** People and examples say localhost; the certificates are good for both. */
function localUrl(url: string): string {
  return url.replace(`//${loopback}:`, '//localhost:');
}

interface Certificates {
  readonly server: LocalCertificate;
  readonly signer: LocalCertificate;
  readonly client: LocalCertificate;
}

async function makeCertificates(directory: string, nowMs: number): Promise<Certificates> {
  const certificates = {
    server: makeLocalCertificate('paraph sandbox trust server', nowMs),
    signer: makeLocalCertificate('paraph sandbox signer', nowMs),
    client: makeLocalCertificate('paraph sandbox trust server to signer', nowMs),
  };
  try {
    for (const [name, { cert, key }] of Object.entries(certificates)) {
      await writeFile(join(directory, `${name}.crt`), cert, { mode: 0o644 });
      await writeFile(join(directory, `${name}.key`), key, { mode: 0o600 });
    }
  } catch (cause) {
    throw new Failure('DISK', `certificates cannot be written to ${directory}`, { cause });
  }
  return certificates;
}
