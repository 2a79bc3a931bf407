import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tlsFixtures } from '../../test/daemon/tls-fixtures.ts';
import {
  metadata,
  type SignerConnection,
  type TestSigner,
  testSigner,
} from '../../test/signer/signer-harness.ts';
import { publicKey } from '../tuf/public-key.ts';
import { isValidSignature } from '../tuf/signature.ts';

const gun = 'example.com/app';
const unknownId = '0'.repeat(64);

let signer: TestSigner;
let connection: SignerConnection;
beforeEach(async () => {
  signer = await testSigner();
  ({ connection } = signer);
});
afterEach(() => signer.stop());

async function newKey(role = 'timestamp', algorithm = 'ecdsa') {
  const answer = await connection.createKey(algorithm, gun, role);
  return answer.keyInfo?.keyID?.ID ?? '';
}

describe.each([
  ['ecdsa', 'ecdsa'],
  ['ed25519', 'eddsa'],
])('a key of algorithm %s', (algorithm, method) => {
  it('is made, found and signs', async () => {
    const made = await connection.createKey(algorithm, gun, 'snapshot');
    const id = made.keyInfo?.keyID?.ID ?? '';
    const key = publicKey(algorithm, made.publicKey);
    expect(made).toEqual({
      keyInfo: { keyID: { ID: key.id }, algorithm: { algorithm } },
      publicKey: key.publicBytes,
    });
    expect(await connection.getKeyInfo(id)).toEqual({
      keyInfo: made.keyInfo,
      publicKey: made.publicKey,
      role: 'snapshot',
    });
    const content = metadata('Snapshot', 1);
    const signature = await connection.sign(id, content);
    expect(signature).toMatchObject({ keyInfo: made.keyInfo, algorithm: { algorithm: method } });
    expect(signature.content).toHaveLength(64);
    const sig = { keyId: id, method, sig: signature.content };
    expect(isValidSignature(key, content, sig)).toBe(true);
  });
});

describe('CreateKey', () => {
  it('returns the pending key until it has signed', async () => {
    const first = await newKey();
    expect(await newKey()).toBe(first);
    expect(await newKey('snapshot')).not.toBe(first);
    expect(await newKey('timestamp', 'ed25519')).not.toBe(first);
    await connection.sign(first, metadata('Timestamp', 1));
    const second = await newKey();
    expect(second).not.toBe(first);
    expect(await newKey()).toBe(second);
  });

  it('gives many callers at once the same key', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => newKey()));
    expect(new Set(ids).size).toBe(1);
  });

  it.each(['rsa', '', 'ECDSA'])("refuses the algorithm %j in Go's words", async (algorithm) => {
    await expect(connection.createKey(algorithm, gun, 'timestamp')).rejects.toMatchObject({
      code: 2,
      details: `algorithm ${algorithm} not supported for create key`,
    });
  });

  it.each([
    ['g'.repeat(256), 'timestamp'],
    [gun, 'r'.repeat(256)],
  ])('fails for a name that does not fit its column', async (longGun, role) => {
    await expect(connection.createKey('ecdsa', longGun, role)).rejects.toMatchObject({
      code: 13,
      details: 'Key creation failed',
    });
  });
});

describe('a key that is not there', () => {
  it("is not found, in Go's words", async () => {
    await expect(connection.getKeyInfo(unknownId)).rejects.toMatchObject({
      code: 5,
      details: `key ${unknownId} not found`,
    });
    await expect(connection.sign(unknownId, Buffer.from('x'))).rejects.toMatchObject({
      code: 5,
      details: `signing key not found: ${unknownId}`,
    });
  });

  it.each(['', "'; DROP TABLE private_keys; --", 'é\n\u0000', 'x'.repeat(2000)])(
    'has any id: %#',
    async (id) => {
      await expect(connection.getKeyInfo(id)).rejects.toMatchObject({ code: 5 });
      await expect(connection.sign(id, Buffer.from('x'))).rejects.toMatchObject({ code: 5 });
    },
  );

  it('is deleted without complaint', async () => {
    expect(await connection.deleteKey(unknownId)).toEqual({});
  });
});

it('logs who has a key deleted', async () => {
  const id = await newKey();
  await connection.deleteKey(id);
  const line = signer.lines
    .map((text) => JSON.parse(text))
    .find(({ msg }) => msg === 'key deleted');
  const { fingerprint256, subject } = new X509Certificate(tlsFixtures.client.cert);
  expect(line).toMatchObject({
    key: id,
    client: {
      address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      name: subject.replace('CN=', ''),
      certificate: fingerprint256.replaceAll(':', '').toLowerCase(),
    },
  });
});

it('finds a deleted key no more, and makes a new one', async () => {
  const id = await newKey();
  await connection.sign(id, metadata('Timestamp', 1));
  await connection.deleteKey(id);
  await expect(connection.getKeyInfo(id)).rejects.toMatchObject({ code: 5 });
  await expect(connection.sign(id, metadata('Timestamp', 2))).rejects.toMatchObject({ code: 5 });
  expect(await newKey()).not.toBe(id);
});

describe('Sign', () => {
  it('refuses metadata of another role than the key was made for, and logs it', async () => {
    const id = await newKey('timestamp');
    await expect(connection.sign(id, metadata('Snapshot', 1))).rejects.toMatchObject({
      code: 9,
      details: expect.stringMatching(/made for the role timestamp.*\[KEY_ROLE_MISMATCH\]$/),
    });
    expect(signer.lines.filter((line) => line.includes('KEY_ROLE_MISMATCH'))).toHaveLength(1);
  });

  it('with a key of no role signs anything, as notary does', async () => {
    const id = await newKey('');
    const info = await connection.getKeyInfo(id);
    const key = publicKey('ecdsa', info.publicKey);
    for (const content of ['', 'not json', '{"version":1}', '\u0000'].map((text) =>
      Buffer.from(text),
    )) {
      const { content: sig } = await connection.sign(id, content);
      expect(isValidSignature(key, content, { keyId: id, method: 'ecdsa', sig })).toBe(true);
    }
  });

  it('takes a large snapshot, and refuses a message beyond the limit', async () => {
    const id = await newKey('snapshot');
    const large = `{"_type":"Snapshot","meta":"${'x'.repeat(4_000_000)}","version":1}`;
    expect((await connection.sign(id, Buffer.from(large))).content).toHaveLength(64);
    await expect(connection.sign(id, Buffer.alloc(4_200_000))).rejects.toMatchObject({ code: 8 });
  });

  it('never puts keys or content into the log', async () => {
    const id = await newKey('');
    await connection.sign(id, Buffer.from('{"secret":"s3cret"}'));
    const other = await newKey();
    await connection.sign(other, Buffer.from('{"secret":"s3cret"}')).catch(() => {});
    await connection.sign(unknownId, Buffer.from('s3cret')).catch(() => {});
    expect(signer.lines.join('')).not.toContain('s3cret');
    expect(signer.lines.join('')).not.toContain('PBES2');
  });
});

describe('health', () => {
  it.each(['grpc.health.v1.Health.KeyManagement', 'grpc.health.v1.Health.Signer', ''])(
    'of %j is SERVING',
    async (service) => {
      expect(await connection.check(service)).toEqual({ status: 1 });
    },
  );

  it.each(['proto.Signer', 'grpc.health.v1.Health'])('of %j is unknown', async (service) => {
    await expect(connection.check(service)).rejects.toMatchObject({
      code: 5,
      details: 'unknown service',
    });
  });
});
