// For tests: a signer in this process on a free port, and clients that speak to it as a server would.
import { type ChannelCredentials, credentials, type ServiceError } from '@grpc/grpc-js';
import { createLog, type Log } from '../../src/daemon/log.ts';
import { HealthClient } from '../../src/daemon/rpc/generated/health.ts';
import {
  type GetKeyInfoResponse,
  KeyManagementClient,
  type PublicKey,
  type Signature,
  SignerClient,
} from '../../src/daemon/rpc/generated/signer.ts';
import type { SignerConfig } from '../../src/signer/config.ts';
import { type SignerDeps, startSigner } from '../../src/signer/server.ts';
import { tlsFixtures } from '../daemon/tls-fixtures.ts';

const { authority, server, client } = tlsFixtures;
const pem = (text: string): Buffer => Buffer.from(text);

export const memoryConfig: SignerConfig = {
  listen: { host: '127.0.0.1', port: 0 },
  tls: { cert: pem(server.cert), key: pem(server.key), clientCa: pem(authority.cert) },
  storage: { backend: 'memory' },
  defaultAlias: 'one',
  allowLockedKeys: false,
};

/** Passphrases by alias, read at each question, so that a test may change them. */
export function passphrasesOf(
  texts: Readonly<Record<string, string>>,
): SignerDeps['passphrases'] & object {
  return {
    passphrase: async (alias) =>
      texts[alias] === undefined ? undefined : Buffer.from(texts[alias]),
  };
}

export interface LogCapture {
  readonly log: Log;
  readonly lines: readonly string[];
}

export function captureLog(): LogCapture {
  const lines: string[] = [];
  const stream = { write: (line: string) => lines.push(line) };
  return { log: createLog({ level: 'debug', service: 'test', stream }), lines };
}

const mutualTls = (): ChannelCredentials =>
  credentials.createSsl(pem(authority.cert), pem(client.key), pem(client.cert));
export const serverTls = (): ChannelCredentials => credentials.createSsl(pem(authority.cert));

type Callback<T> = (error: ServiceError | null, response: T) => void;

function call<T>(run: (callback: Callback<T>) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    run((error, response) => (error === null ? resolve(response) : reject(error)));
  });
}

/** The calls of a trust server, each as a promise that rejects with gRPC's error. */
export function connect(address: string, channel: ChannelCredentials = mutualTls()) {
  const keys = new KeyManagementClient(address, channel);
  const signer = new SignerClient(address, channel);
  const health = new HealthClient(address, channel);
  return {
    createKey: (algorithm: string, gun: string, role: string) =>
      call<PublicKey>((done) => keys.createKey({ algorithm, gun, role }, done)),
    getKeyInfo: (id: string) =>
      call<GetKeyInfoResponse>((done) => keys.getKeyInfo({ ID: id }, done)),
    deleteKey: (id: string) => call((done) => keys.deleteKey({ ID: id }, done)),
    sign: (id: string, content: Buffer) =>
      call<Signature>((done) => signer.sign({ keyID: { ID: id }, content }, done)),
    check: (service: string) => call<{ status: number }>((done) => health.check({ service }, done)),
    close() {
      for (const each of [keys, signer, health]) each.close();
    },
  };
}

export type SignerConnection = ReturnType<typeof connect>;

export interface TestSigner {
  readonly address: string;
  readonly connection: SignerConnection;
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

export async function testSigner(
  config: Partial<SignerConfig> = {},
  deps: Partial<SignerDeps> = {},
): Promise<TestSigner> {
  const { log, lines } = captureLog();
  const running = await startSigner(
    { ...memoryConfig, ...config },
    { log, nowMs: Date.now, ...deps },
  );
  const connection = connect(running.address);
  return {
    address: running.address,
    connection,
    lines,
    async stop() {
      connection.close();
      await running.close();
    },
  };
}

/** The canonical `signed` part of a metadata file, as far as the signer reads it. */
export function metadata(type: string, version: number): Buffer {
  return Buffer.from(`{"_type":"${type}","expires":"2027-01-01T00:00:00Z","version":${version}}`);
}
