import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { credentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tlsFixtures } from '../../test/daemon/tls-fixtures.ts';
import {
  captureLog,
  connect,
  memoryConfig,
  metadata,
  passphrasesOf,
  serverTls,
  type TestSigner,
  testSigner,
} from '../../test/signer/signer-harness.ts';
import { startSigner } from './server.ts';

const gun = 'example.com/app';
let dir: string;
const running: TestSigner[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paraph-signer-'));
});
afterEach(async () => {
  for (const signer of running.splice(0)) await signer.stop();
  await rm(dir, { recursive: true });
});

async function start(...args: Parameters<typeof testSigner>): Promise<TestSigner> {
  const signer = await testSigner(...args);
  running.push(signer);
  return signer;
}

const sqlite = () => ({ storage: { backend: 'sqlite', file: join(dir, 'keys.db') } }) as const;
const one = { passphrases: passphrasesOf({ one: 'first' }) };

describe('who may call', () => {
  it('is a client with a certificate of the client CA, and nobody else', async () => {
    const { address, connection } = await start();
    await connection.check('');
    const { authority, stranger } = tlsFixtures;
    const pem = (text: string) => Buffer.from(text);
    const strange = credentials.createSsl(
      pem(authority.cert),
      pem(stranger.key),
      pem(stranger.cert),
    );
    for (const channel of [serverTls(), strange, credentials.createInsecure()]) {
      const other = connect(address, channel);
      await expect(other.createKey('ecdsa', gun, 'timestamp')).rejects.toMatchObject({ code: 14 });
      other.close();
    }
    await connection.check('');
  });

  it('is anyone on this machine where there is no client CA', async () => {
    const { address } = await start({ tls: { ...memoryConfig.tls, clientCa: undefined } });
    const other = connect(address, serverTls());
    const { keyInfo } = await other.createKey('ecdsa', gun, 'timestamp');
    expect(keyInfo?.keyID?.ID).toMatch(/^[0-9a-f]{64}$/);
    other.close();
  });

  it("may be named by the peer's own certificate instead of its CA, as notary documents", async () => {
    const clientCa = Buffer.from(tlsFixtures.client.cert);
    const { address, connection } = await start({ tls: { ...memoryConfig.tls, clientCa } });
    expect(await connection.check('')).toEqual({ status: 1 });
    // What else its CA has issued is not named by that.
    const { authority, otherClient } = tlsFixtures;
    const [ca, key, cert] = [authority.cert, otherClient.key, otherClient.cert].map((text) =>
      Buffer.from(text),
    );
    const other = connect(address, credentials.createSsl(ca, key, cert));
    await expect(other.check('')).rejects.toMatchObject({ code: 14 });
    other.close();
  });

  it('speaks TLS 1.2 or newer', async () => {
    const { address } = await start();
    const port = Number(address.split(':')[1]);
    const socket = tlsConnect({
      port,
      ca: tlsFixtures.authority.cert,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    });
    await expect(once(socket, 'secureConnect')).rejects.toThrow();
  });
});

describe('where it listens', () => {
  const open = { ...memoryConfig.tls, clientCa: undefined };

  it.each(['', '0.0.0.0', '::', '192.168.1.1', '8.8.8.8'])(
    'is not %j without a client CA',
    async (host) => {
      const starting = start({ listen: { host, port: 0 }, tls: open });
      await expect(starting).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('loopback'),
      });
    },
  );

  it.each(['localhost', ''])('may be %j with one', async (host) => {
    const { address, connection } = await start({ listen: { host, port: 0 } });
    expect(Number(address.split(':').at(-1))).toBeGreaterThan(0);
    const local = connect(`127.0.0.1:${address.split(':').at(-1)}`);
    expect(await local.check('')).toEqual({ status: 1 });
    local.close();
    connection.close();
  });

  it('is warned about when it is public', async () => {
    const { log, lines } = captureLog();
    const listen = { host: '8.8.8.8', port: 0 };
    const starting = startSigner({ ...memoryConfig, listen }, { log, nowMs: Date.now });
    await expect(starting).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(lines.join('')).toContain('public address');
  });

  it('is free, or the start fails with a code', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const address = blocker.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(start({ listen: { host: '127.0.0.1', port } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    blocker.close();
  });
});

describe('passphrases at the start', () => {
  async function withKeys(): Promise<string> {
    const signer = await testSigner(sqlite(), one);
    const made = await signer.connection.createKey('ecdsa', gun, 'timestamp');
    const id = made.keyInfo?.keyID?.ID ?? '';
    await signer.connection.sign(id, metadata('Timestamp', 1));
    await signer.stop();
    return id;
  }

  it('must be there for the default alias, even when nothing is stored', async () => {
    const starting = start(sqlite(), { passphrases: passphrasesOf({ other: 'x' }) });
    await expect(starting).rejects.toMatchObject({ code: 'PASSPHRASE_MISSING' });
    await expect(start(sqlite())).rejects.toMatchObject({ code: 'PASSPHRASE_MISSING' });
  });

  it.each([
    ['missing', { two: 'second' }],
    ['wrong', { one: 'not it', two: 'second' }],
  ])('of stored keys %s stop the start, unless that is allowed', async (_, texts) => {
    const id = await withKeys();
    const config = { ...sqlite(), defaultAlias: 'two' };
    const deps = { passphrases: passphrasesOf(texts) };
    await expect(start(config, deps)).rejects.toMatchObject({
      code: 'SIGNING_KEY_LOCKED',
      facts: { alias: 'one' },
    });
    const { connection, lines } = await start({ ...config, allowLockedKeys: true }, deps);
    expect(lines.join('')).toContain('started although');
    const locked = { code: 9, details: expect.stringContaining('[SIGNING_KEY_LOCKED]') };
    await expect(connection.getKeyInfo(id)).rejects.toMatchObject(locked);
    await expect(connection.sign(id, metadata('Timestamp', 2))).rejects.toMatchObject(locked);
    await expect(connection.createKey('ecdsa', gun, 'timestamp')).rejects.toMatchObject(locked);
    expect(lines.filter((line) => line.includes('ALARM')).length).toBeGreaterThanOrEqual(3);
  });

  it('may be of several aliases, and the default one may change', async () => {
    const id = await withKeys();
    const deps = { passphrases: passphrasesOf({ one: 'first', two: 'second' }) };
    const { connection } = await start({ ...sqlite(), defaultAlias: 'two' }, deps);
    expect((await connection.sign(id, metadata('Timestamp', 2))).content).toHaveLength(64);
    await connection.createKey('ecdsa', gun, 'timestamp');
  });
});

it('keeps keys and the pending rule over a restart', async () => {
  const before = await testSigner(sqlite(), one);
  const used = await before.connection.createKey('ecdsa', gun, 'timestamp');
  const pending = await before.connection.createKey('ed25519', gun, 'snapshot');
  const id = used.keyInfo?.keyID?.ID ?? '';
  await before.connection.sign(id, metadata('Timestamp', 1));
  await before.stop();
  const { connection } = await start(sqlite(), one);
  expect(await connection.createKey('ed25519', gun, 'snapshot')).toEqual(pending);
  expect(await connection.createKey('ecdsa', gun, 'timestamp')).not.toEqual(used);
  expect(await connection.getKeyInfo(id)).toMatchObject({ publicKey: used.publicKey });
});

it('loses the keys of the memory store, and says so in nothing but their absence', async () => {
  const before = await testSigner();
  const made = await before.connection.createKey('ecdsa', gun, 'timestamp');
  await before.stop();
  const { connection } = await start();
  const finding = connection.getKeyInfo(made.keyInfo?.keyID?.ID ?? '');
  await expect(finding).rejects.toMatchObject({ code: 5 });
});

it('answers the calls that run when it is told to stop, then refuses', async () => {
  const signer = await testSigner(sqlite(), one);
  const made = await signer.connection.createKey('ecdsa', gun, 'timestamp');
  const id = made.keyInfo?.keyID?.ID ?? '';
  const calls = Array.from({ length: 20 }, (_, at) =>
    signer.connection.sign(id, metadata('Timestamp', at)),
  );
  // One answer back: all twenty have arrived.
  await calls[0];
  await signer.stop();
  const settled = await Promise.allSettled(calls);
  expect(settled.filter((call) => call.status === 'fulfilled').length).toBe(20);
});
