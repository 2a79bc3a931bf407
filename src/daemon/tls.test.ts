import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtureLifetimeMs, tlsFixtures } from '../../test/daemon/tls-fixtures.ts';
import {
  daysToExpiry,
  keyPairWarnings,
  loadCertificateAuthority,
  loadKeyPair,
  tlsPolicy,
  trustClientCertificates,
} from './tls.ts';

let dir: string;
const at = (name: string) => join(dir, name);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paraph-tls-'));
  const { server, stranger } = tlsFixtures;
  const files = {
    'a.crt': server.cert,
    'a.key': server.key,
    'b.key': stranger.key,
    junk: 'junk',
  };
  for (const [name, text] of Object.entries(files))
    await writeFile(at(name), text, { mode: 0o600 });
});
afterAll(() => rm(dir, { recursive: true }));

const dayMs = 86_400_000;

describe('a key pair', () => {
  it('is read and judged', async () => {
    const pair = await loadKeyPair(at('a.crt'), at('a.key'));
    expect(daysToExpiry(pair, pair.notBeforeMs)).toBe(fixtureLifetimeMs / dayMs);
    expect(keyPairWarnings(pair, pair.notBeforeMs)).toEqual([]);
    expect(keyPairWarnings(pair, pair.notAfterMs - 3.5 * dayMs)).toEqual([
      `certificate ${at('a.crt')} expires in 3 days`,
    ]);
    expect(keyPairWarnings(pair, pair.notAfterMs)[0]).toContain('has expired');
    expect(keyPairWarnings(pair, pair.notBeforeMs - 1)[0]).toContain('not valid yet');
  });

  it('whose key others can read is a warning', async () => {
    await chmod(at('a.key'), 0o640);
    const pair = await loadKeyPair(at('a.crt'), at('a.key'));
    expect(keyPairWarnings(pair, pair.notBeforeMs)[0]).toContain('0600');
    await chmod(at('a.key'), 0o600);
  });

  it.each([
    ['a.crt', 'b.key', /does not belong/],
    ['none', 'a.key', /certificate file .*none cannot be read/],
    ['a.crt', 'none', /private key file .*none cannot be read/],
    ['junk', 'a.key', /no PEM certificate/],
    ['a.crt', 'junk', /no unencrypted PEM private key/],
    ['a.key', 'a.key', /no PEM certificate/],
  ])('of %s and %s is refused', async (cert, key, message) => {
    await expect(loadKeyPair(at(cert), at(key))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it('with an encrypted key is refused', async () => {
    const key = createPrivateKey(tlsFixtures.server.key);
    const format = {
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-128-cbc',
      passphrase: 'x',
    } as const;
    await writeFile(at('enc'), key.export(format));
    await expect(loadKeyPair(at('a.crt'), at('enc'))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});

it('refuses a CA file without a certificate', async () => {
  await expect(loadCertificateAuthority(at('junk'))).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  });
  expect((await loadCertificateAuthority(at('a.crt'))).toString()).toContain('BEGIN CERTIFICATE');
});

describe('the policy', () => {
  async function handshake(client: ConnectionOptions) {
    const { cert, key } = await loadKeyPair(at('a.crt'), at('a.key'));
    const server = createServer({ ...tlsPolicy, cert, key });
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: tlsFixtures.authority.cert,
      ...client,
    });
    try {
      await once(socket, 'secureConnect');
      return `${socket.getProtocol()} ${socket.getCipher().name}`;
    } finally {
      socket.destroy();
      server.close();
    }
  }

  it('takes TLS 1.3, and 1.2 with an ephemeral exchange', async () => {
    expect(await handshake({})).toMatch(/^TLSv1\.3/);
    expect(await handshake({ maxVersion: 'TLSv1.2' })).toMatch(/^TLSv1\.2 ECDHE-ECDSA/);
  });

  it('refuses TLS 1.1 and CBC suites', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    await expect(handshake(old)).rejects.toThrow();
    const cbc = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' } as const;
    await expect(handshake(cbc)).rejects.toThrow();
  });
});

it.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'takes a client with a certificate that resumes its session, with %s',
  async (maxVersion) => {
    const { authority, server: own, client } = tlsFixtures;
    const pair = { cert: Buffer.from(own.cert), key: Buffer.from(own.key) };
    const server = createServer({ ...tlsPolicy, ...pair, requestCert: true }, (socket) =>
      socket.end('hello'),
    );
    trustClientCertificates(server, { ...pair, ca: Buffer.from(authority.cert) });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const visit = async (session?: Buffer) => {
      const trust = { ca: authority.cert, cert: client.cert, key: client.key, maxVersion };
      const wanted = session === undefined ? {} : { session };
      const host = { host: '127.0.0.1', servername: 'localhost', port };
      const socket = connect({ ...host, ...trust, ...wanted });
      let ticket: Buffer | undefined;
      socket.on('session', (given: Buffer) => (ticket = given));
      const [hello] = await once(socket, 'data');
      const isResumed = socket.isSessionReused();
      await once(socket, 'close');
      return { hello: String(hello), ticket, isResumed };
    };
    try {
      const first = await visit();
      expect(first).toMatchObject({ hello: 'hello', isResumed: false });
      expect(await visit(first.ticket)).toMatchObject({ hello: 'hello', isResumed: true });
    } finally {
      server.close();
    }
  },
);
