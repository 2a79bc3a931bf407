// Certificates, keys and CA files that an operator may name by mistake: unreadable, of another kind, in another form,
// not belonging together. Both daemons either serve with them or refuse to start with CONFIG_INVALID and the file.
//
// Runs are seeded: test/fuzz/settings.ts says how to make them long, and others.
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configFromEnvironment } from '../../src/daemon/config.ts';
import { silentLog } from '../../src/daemon/log.ts';
import { readServerConfig } from '../../src/server/config.ts';
import { startServer } from '../../src/server/server.ts';
import { readSignerConfig } from '../../src/signer/config.ts';
import { startSigner } from '../../src/signer/server.ts';
import { tlsFixtures } from '../daemon/tls-fixtures.ts';
import { mutatedBytes } from '../fuzz/mutated-bytes.ts';
import { holds, timeoutMs } from '../fuzz/settings.ts';

const { server, client, authority } = tlsFixtures;
let directory: string;

function privateKey(type: 'rsa' | 'ed25519' | 'x25519'): string {
  const options = { format: 'pem', type: 'pkcs8' } as const;
  if (type === 'rsa') {
    return generateKeyPairSync('rsa', { modulusLength: 2048 })
      .privateKey.export(options)
      .toString();
  }
  const pair = type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
  return pair.privateKey.export(options).toString();
}

const originals = [server.cert, server.key, authority.cert].map((pem) => Buffer.from(pem));
const sec1 = (pem: string): string => pem.replaceAll('PRIVATE KEY', 'EC PRIVATE KEY');
const cut = (pem: string): string => pem.slice(0, pem.length / 2);
const derOf = (pem: string): Buffer => new X509Certificate(pem).raw;

const files: Readonly<Record<string, string | Uint8Array>> = {
  'good.crt': server.cert,
  'good.key': server.key,
  empty: '',
  junk: 'junk\n',
  'der.crt': derOf(server.cert),
  'cut.crt': cut(server.cert),
  'second-broken.crt': `${server.cert}${cut(authority.cert)}`,
  'second-no-certificate.crt': `${server.cert}${authority.cert.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA')}`,
  'chain.crt': `${server.cert}${authority.cert}`,
  'chain-crlf.crt': `${server.cert}${authority.cert}`.replaceAll('\n', '\r\n'),
  'prose.crt': `Certificate of the server\n${server.cert}\nand its issuer:\n${authority.cert}`,
  'marked.crt': `\uFEFF${server.cert}`,
  'other.key': client.key,
  'rsa.key': privateKey('rsa'),
  'ed25519.key': privateKey('ed25519'),
  'x25519.key': privateKey('x25519'),
  'labelled-otherwise.key': sec1(server.key),
  'two.key': `${server.key}${client.key}`,
  'two-other-first.key': `${client.key}${server.key}`,
  'with-certificate.key': `${server.cert}${server.key}`,
  large: Buffer.alloc(2_000_000, 'x'),
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'paraph-certificates-'));
  for (const [name, content] of Object.entries(files))
    await writeFile(join(directory, name), content);
  await mkdir(join(directory, 'directory'));
  execFileSync('mkfifo', [join(directory, 'fifo')]);
  const encrypted = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: 'passphrase',
  });
  await writeFile(join(directory, 'encrypted.key'), encrypted);
});
afterAll(() => rm(directory, { recursive: true }));

interface Named {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

type Start = (named: Named) => Promise<{ close(): Promise<void> }>;
const deps = { log: silentLog(), nowMs: Date.now };

const startOurServer: Start = async ({ cert = 'good.crt', key = 'good.key', ca }) => {
  const env = {
    S_SERVER_HTTP_ADDR: '127.0.0.1:0',
    S_SERVER_TLS_CERT_FILE: cert,
    S_SERVER_TLS_KEY_FILE: key,
    S_SERVER_CLIENT_CA_FILE: ca,
    S_TRUST_SERVICE_TYPE: 'local',
    S_STORAGE_BACKEND: 'memory',
  };
  const view = configFromEnvironment({ env, prefixes: ['S_'] }, directory);
  return startServer(readServerConfig(view).config, deps);
};

const startOurSigner: Start = async ({ cert = 'good.crt', key = 'good.key', ca }) => {
  const env = {
    S_SERVER_GRPC_ADDR: '127.0.0.1:0',
    S_SERVER_TLS_CERT_FILE: cert,
    S_SERVER_TLS_KEY_FILE: key,
    S_SERVER_CLIENT_CA_FILE: ca,
    S_STORAGE_BACKEND: 'memory',
  };
  const view = configFromEnvironment({ env, prefixes: ['S_'] }, directory);
  return startSigner((await readSignerConfig(view, Date.now(), () => undefined)).config, deps);
};

const refusedFor = (file: string) => ({
  code: 'CONFIG_INVALID',
  message: expect.stringContaining(join(directory, file)),
});

const noFiles = ['none', 'directory', 'fifo', 'large', 'empty', 'junk'];

describe.each([
  ['server', startOurServer],
  ['signer', startOurSigner],
])('the %s', (_, start) => {
  it.each([
    ...noFiles,
    'der.crt',
    'marked.crt',
    'cut.crt',
    'second-broken.crt',
    'second-no-certificate.crt',
    'good.key',
  ])('does not start with %s as its certificate', async (cert) => {
    await expect(start({ cert })).rejects.toMatchObject(refusedFor(cert));
  });

  it.each([
    ...noFiles,
    'other.key',
    'rsa.key',
    'ed25519.key',
    'x25519.key',
    'encrypted.key',
    'two-other-first.key',
    'good.crt',
  ])('does not start with %s as its key', async (key) => {
    await expect(start({ key })).rejects.toMatchObject(refusedFor(key));
  });

  it.each([
    ...noFiles,
    'der.crt',
    'marked.crt',
    'cut.crt',
    'second-broken.crt',
    'second-no-certificate.crt',
    'good.key',
  ])('does not start with %s as the authority of its clients', async (ca) => {
    await expect(start({ ca })).rejects.toMatchObject(refusedFor(ca));
  });

  it.each([
    { cert: 'chain.crt' },
    { cert: 'chain-crlf.crt' },
    { cert: 'prose.crt' },
    { key: 'two.key' },
    { key: 'labelled-otherwise.key' },
    { key: 'with-certificate.key' },
    { ca: 'chain.crt' },
    { ca: 'prose.crt' },
  ])('starts with %o', async (named) => {
    await (await start(named)).close();
  });

  it(
    'starts with mutated files, or refuses them by name',
    () =>
      holds(25, mutatedBytes(originals, 2), async (bytes) => {
        for (const role of ['cert', 'key', 'ca']) {
          await writeFile(join(directory, 'mutated'), bytes);
          const running = await start({ [role]: 'mutated' }).catch((error: unknown) => {
            expect(error).toMatchObject(refusedFor('mutated'));
            return undefined;
          });
          await running?.close();
        }
      }),
    timeoutMs(25),
  );
});

it('what is read of a file that is refused is in no message', async () => {
  const secret = (await readFile(join(directory, 'other.key'), 'utf8')).split('\n')[1] ?? '';
  const error: unknown = await startOurServer({ key: 'other.key' }).catch(
    (cause: unknown) => cause,
  );
  expect(JSON.stringify(error)).not.toContain(secret);
});
