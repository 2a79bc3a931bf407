import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { publicKey } from '../tuf/public-key.ts';
import { isValidSignature } from '../tuf/signature.ts';
import {
  decodePrivateKey,
  encodePrivateKey,
  generatePrivateKey,
  isSigningAlgorithm,
  publicBytesIn,
  publicBytesOf,
  signWith,
} from './private-key.ts';

const vector = JSON.parse(readFileSync('test/vectors/signer-jwe.json', 'utf8'));
const stored = Buffer.from(vector.plaintext_hex, 'hex');
const storedPublic = Buffer.from(vector.public_hex, 'hex');
const unreadable = expect.objectContaining({ code: 'KEY_UNREADABLE' });

it("reads notary-signer's plaintext and writes the same bytes", () => {
  const key = decodePrivateKey('ecdsa', stored, storedPublic);
  expect(encodePrivateKey(key).toString('hex')).toBe(vector.plaintext_hex);
  expect(publicKey('ecdsa', publicBytesOf(key)).id).toBe(vector.key_id);
});

describe.each(['ecdsa', 'ed25519'] as const)('%s', (algorithm) => {
  it('survives being stored, and its signatures verify', () => {
    const key = generatePrivateKey(algorithm);
    const publicBytes = publicBytesOf(key);
    const again = decodePrivateKey(algorithm, encodePrivateKey(key), publicBytes);
    const message = Buffer.from('message');
    const { method, sig } = signWith(again, algorithm, message);
    expect(method).toBe(algorithm === 'ecdsa' ? 'ecdsa' : 'eddsa');
    expect(sig).toHaveLength(64);
    const tufKey = publicKey(algorithm, publicBytes);
    expect(isValidSignature(tufKey, message, { keyId: tufKey.id, method, sig })).toBe(true);
  });

  it('has its public bytes within what is stored', () => {
    for (let at = 0; at < 50; at += 1) {
      const key = generatePrivateKey(algorithm);
      expect(publicBytesIn(algorithm, encodePrivateKey(key))).toEqual(publicBytesOf(key));
    }
  });

  it('is not taken for the key of another public key', () => {
    const [one, two] = [generatePrivateKey(algorithm), generatePrivateKey(algorithm)];
    const decode = () => decodePrivateKey(algorithm, encodePrivateKey(one), publicBytesOf(two));
    expect(decode).toThrow(unreadable);
  });
});

it('stores ed25519 as public, seed, public, as Go does', () => {
  const key = generatePrivateKey('ed25519');
  const encoded = encodePrivateKey(key);
  expect(encoded).toHaveLength(96);
  expect(encoded.subarray(0, 32)).toEqual(publicBytesOf(key));
  expect(encoded.subarray(64)).toEqual(publicBytesOf(key));
  const jwk = key.export({ format: 'jwk' });
  expect(encoded.subarray(32, 64).toString('base64url')).toBe(jwk.d);
});

it.each([0, 32, 64, 95, 97])('refuses an ed25519 key of %i bytes', (length) => {
  expect(() => decodePrivateKey('ed25519', Buffer.alloc(length), Buffer.alloc(32))).toThrow(
    unreadable,
  );
});

it('refuses an ed25519 key whose two public halves differ', () => {
  const key = generatePrivateKey('ed25519');
  const encoded = encodePrivateKey(key);
  encoded[95]! ^= 1;
  expect(() => decodePrivateKey('ed25519', encoded, publicBytesOf(key))).toThrow(unreadable);
});

it('refuses ecdsa bytes that are none, and a kind under the name of another', () => {
  const decode = (bytes: Buffer) => () => decodePrivateKey('ecdsa', bytes, storedPublic);
  expect(decode(Buffer.alloc(0))).toThrow(unreadable);
  expect(decode(stored.subarray(0, -1))).toThrow(unreadable);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  expect(decode(privateKey.export({ type: 'pkcs1', format: 'der' }))).toThrow(unreadable);
  const unsupported = expect.objectContaining({ code: 'ALGORITHM_UNSUPPORTED' });
  expect(() => decodePrivateKey('rsa', stored, storedPublic)).toThrow(unsupported);
});

it('shows nothing of the key in an error', () => {
  try {
    decodePrivateKey('ecdsa', stored.subarray(0, -1), storedPublic);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: 'KEY_UNREADABLE', facts: {} });
    expect(error).not.toHaveProperty('cause');
  }
});

it('signs P-384 keys with SHA-256 and the width of their curve, as Go does', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const sec1 = privateKey.export({ type: 'sec1', format: 'der' });
  const key = decodePrivateKey(
    'ecdsa',
    sec1,
    publicBytesOf(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }))),
  );
  const tufKey = publicKey('ecdsa', publicBytesOf(key));
  const { method, sig } = signWith(key, 'ecdsa', Buffer.from('m'));
  expect(sig).toHaveLength(96);
  expect(isValidSignature(tufKey, Buffer.from('m'), { keyId: tufKey.id, method, sig })).toBe(true);
});

it('knows which algorithms it makes', () => {
  expect(['ecdsa', 'ed25519', 'rsa', '', 'ECDSA'].filter(isSigningAlgorithm)).toEqual([
    'ecdsa',
    'ed25519',
  ]);
});
