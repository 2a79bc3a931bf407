import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureLocalCertificate, makeLocalCertificate } from './local-certificate.ts';
import { keyPairWarnings, loadKeyPair, tlsPolicy } from './tls.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paraph-cert-'));
});
afterEach(() => rm(dir, { recursive: true }));

it('names this machine and nothing else', () => {
  const nowMs = Date.UTC(2026, 10, 25);
  const { cert, key } = makeLocalCertificate('signer', nowMs);
  const certificate = new X509Certificate(cert);
  expect(certificate.subject).toBe('CN=signer');
  expect(certificate.subjectAltName).toBe(
    'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
  );
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(Date.parse(certificate.validFrom)).toBe(nowMs - 86_400_000);
  expect(certificate.ca).toBe(true);
});

it('is made once, whole and private', async () => {
  const directory = join(dir, 'new');
  const files = await ensureLocalCertificate(directory, 'signer', Date.now());
  const pair = await loadKeyPair(files.certFile, files.keyFile);
  expect(keyPairWarnings(pair, Date.now())).toEqual([]);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect((await readdir(directory)).sort()).toEqual(['signer.crt', 'signer.key']);
  await ensureLocalCertificate(directory, 'signer', Date.now());
  expect((await loadKeyPair(files.certFile, files.keyFile)).cert).toEqual(pair.cert);
});

it('is one pair for all who make it at the same time', async () => {
  const pairs = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const files = await ensureLocalCertificate(dir, 'signer', Date.now());
      return loadKeyPair(files.certFile, files.keyFile);
    }),
  );
  for (const pair of pairs) expect(pair).toEqual(pairs[0]);
  expect((await readdir(dir)).sort()).toEqual(['signer.crt', 'signer.key']);
});

it('is made for the key that a killed process has left', async () => {
  const { key } = makeLocalCertificate('signer', Date.now());
  await writeFile(join(dir, 'signer.key'), key, { mode: 0o600 });
  const files = await ensureLocalCertificate(dir, 'signer', Date.now());
  expect((await loadKeyPair(files.certFile, files.keyFile)).key.toString()).toBe(key);
});

it('is accepted by a client that trusts the file, under each of its names', async () => {
  const { cert, key } = makeLocalCertificate('signer', Date.now());
  const server = createServer({ ...tlsPolicy, cert, key });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  for (const host of ['127.0.0.1', 'localhost']) {
    const socket = connect({ port, host, ca: cert });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    socket.destroy();
  }
  server.close();
});

it('says DISK when it cannot be kept', async () => {
  await writeFile(join(dir, 'file'), '');
  const making = ensureLocalCertificate(join(dir, 'file'), 'signer', Date.now());
  await expect(making).rejects.toMatchObject({ code: 'DISK' });
});
