// Private signing keys: making them, their stored plaintext (signer API §3), and signing. Kinds are
// what notary's signer makes: `ecdsa` (P-256) and `ed25519`.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
} from 'node:crypto';
import { Failure } from '../errors.ts';
import { methodFor } from '../tuf/signature.ts';

export type SigningAlgorithm = 'ecdsa' | 'ed25519';

/** PKCS#8 of an Ed25519 key up to its 32-byte seed. */
const ed25519Pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const ed25519Bytes = 32;
/** SubjectPublicKeyInfo of a P-256 key up to its uncompressed point, which follows it, and with which SEC1 ends. */
const p256SpkiPrefix = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');
const p256PointBytes = 65;

export function isSigningAlgorithm(algorithm: string): algorithm is SigningAlgorithm {
  return algorithm === 'ecdsa' || algorithm === 'ed25519';
}

export function generatePrivateKey(algorithm: SigningAlgorithm): KeyObject {
  return algorithm === 'ecdsa'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    : generateKeyPairSync('ed25519').privateKey;
}

/** SubjectPublicKeyInfo in DER, for ed25519 the 32 raw bytes. */
export function publicBytesOf(privateKey: KeyObject): Buffer {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return privateKey.asymmetricKeyType === 'ed25519' ? spki.subarray(-ed25519Bytes) : spki;
}

/**
 * As `publicBytesOf`, from what `encodePrivateKey` wrote of a key that `generatePrivateKey` made: OpenSSL takes twice the
 * time of making the key to export its public part.
 */
export function publicBytesIn(algorithm: SigningAlgorithm, encoded: Buffer): Buffer {
  return algorithm === 'ecdsa'
    ? Buffer.concat([p256SpkiPrefix, encoded.subarray(-p256PointBytes)])
    : Buffer.from(encoded.subarray(0, ed25519Bytes));
}

/** ecdsa: SEC1 ECPrivateKey DER; ed25519: public, seed, public (96 bytes). The caller wipes it. */
export function encodePrivateKey(privateKey: KeyObject): Buffer {
  if (privateKey.asymmetricKeyType !== 'ed25519') {
    return privateKey.export({ type: 'sec1', format: 'der' });
  }
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
  const publicBytes = publicBytesOf(privateKey);
  const encoded = Buffer.concat([publicBytes, pkcs8.subarray(-ed25519Bytes), publicBytes]);
  pkcs8.fill(0);
  return encoded;
}

/**
 * Reads what `encodePrivateKey` wrote.
 * @throws Failure ALGORITHM_UNSUPPORTED, KEY_UNREADABLE (not such a key, or not the one of `publicBytes`)
 */
export function decodePrivateKey(
  algorithm: string,
  encoded: Buffer,
  publicBytes: Buffer,
): KeyObject {
  if (!isSigningAlgorithm(algorithm)) {
    throw new Failure(
      'ALGORITHM_UNSUPPORTED',
      `a stored key has the algorithm ${JSON.stringify(algorithm)}`,
    );
  }
  const privateKey = algorithm === 'ecdsa' ? importEcdsa(encoded) : importEd25519(encoded);
  if (!publicBytesOf(privateKey).equals(publicBytes)) {
    throw new Failure(
      'KEY_UNREADABLE',
      'the private key of a stored key is not that of its public key',
    );
  }
  return privateKey;
}

/** A signature (notary dialect §5.3): ecdsa r and s of the curve's width, ed25519 64 bytes. */
export function signWith(
  privateKey: KeyObject,
  algorithm: string,
  content: Uint8Array,
): { readonly method: string; readonly sig: Buffer } {
  const method = methodFor(algorithm);
  return method === 'eddsa'
    ? { method, sig: signBytes(null, content, privateKey) }
    : { method, sig: signBytes('sha256', content, { key: privateKey, dsaEncoding: 'ieee-p1363' }) };
}

function importEcdsa(encoded: Buffer): KeyObject {
  try {
    return createPrivateKey({ key: encoded, format: 'der', type: 'sec1' });
  } catch {
    // Not as a cause: what OpenSSL says about key bytes belongs in no log.
    throw new Failure('KEY_UNREADABLE', 'a stored ecdsa key cannot be read');
  }
}

function importEd25519(encoded: Buffer): KeyObject {
  const [head, seed, tail] = [0, 1, 2].map((part) =>
    encoded.subarray(part * ed25519Bytes, (part + 1) * ed25519Bytes),
  );
  const isWhole = encoded.length === 3 * ed25519Bytes && head !== undefined && tail !== undefined;
  if (!isWhole || seed === undefined || !head.equals(tail)) {
    throw new Failure('KEY_UNREADABLE', 'a stored ed25519 key cannot be read');
  }
  const pkcs8 = Buffer.concat([ed25519Pkcs8Prefix, seed]);
  try {
    return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  } finally {
    pkcs8.fill(0);
  }
}
