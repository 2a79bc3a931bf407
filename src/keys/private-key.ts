// Private keys in the bare forms that all files contain in the end: SEC1 (EC), PKCS#1 (RSA), and the seed
// or Go's 96 bytes (Ed25519). How a file wraps or encrypts them is for others.
//
// Invariants: the public half is always computed from the private half, and a file that says otherwise is
// refused, so that no file can make Paraph sign with one key under the name of another. Copies made here
// are wiped; a KeyObject keeps its own inside OpenSSL, which clears it when it is freed.
import {
  constants,
  createPrivateKey,
  createPublicKey,
  ECDH,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { DerReader, der } from '../encoding/der.ts';
import { Failure } from '../errors.ts';
import { type PublicKey, publicKeyFromSpki } from '../tuf/public-key.ts';

export interface PrivateKey {
  readonly publicKey: PublicKey;
  readonly keyObject: KeyObject;
}

interface Curve {
  readonly oid: string;
  readonly opensslName: string;
  /** How many points there are: a private number is at least 1 and below this. */
  readonly order: Buffer;
}

const curves: readonly Curve[] = [
  {
    oid: '1.2.840.10045.3.1.7',
    opensslName: 'prime256v1',
    order: Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex'),
  },
  {
    oid: '1.3.132.0.34',
    opensslName: 'secp384r1',
    order: Buffer.from(`${'ff'.repeat(24)}c7634d81f4372ddf581a0db248b0a77aecec196accc52973`, 'hex'),
  },
  {
    oid: '1.3.132.0.35',
    opensslName: 'secp521r1',
    order: Buffer.from(
      `01${'ff'.repeat(32)}fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`,
      'hex',
    ),
  },
];

/** RSA keys below this never verify; OpenSSL computes with none above the other. */
const rsaBits = { min: 2048, max: 16_384 } as const;
/** Integers of an RSAPrivateKey after its version: n, e, d, p, q, two exponents, one coefficient. */
const rsaNumbers = 8;

const ed25519SeedBytes = 32;
/** Go's form: public key, seed, public key. */
const goEd25519Bytes = 96;
/** PrivateKeyInfo of an Ed25519 key (RFC 8410) up to its seed: what Node reads. */
const ed25519Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

const selfTestMessage = Buffer.from('paraph key self-test');

function damaged(problem: string, cause?: unknown): Failure {
  return new Failure('KEY_UNREADABLE', `private key: ${problem}`, { cause });
}

export function unsupportedKey(what: string): Failure {
  return new Failure('ALGORITHM_UNSUPPORTED', `private keys of type ${what} are not supported`);
}

/** A new P-256 key, the only kind that Go makes and that every reader knows. */
export function generatePrivateKey(): PrivateKey {
  return withPublicHalf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
}

/**
 * An ECPrivateKey (RFC 5915). The curve stands inside, or outside when PKCS#8 wraps it.
 * @param curveOutside object identifier that the wrapping names, if it does
 * @throws Failure ENCODING_INVALID, KEY_UNREADABLE, ALGORITHM_UNSUPPORTED
 */
export function fromSec1(bytes: Buffer, curveOutside?: string): PrivateKey {
  const { scalar, curve, point } = parseSec1(bytes, curveOutside);
  const padded = fitScalar(scalar, curve);
  const sec1 = der.sequence(
    der.integer(1),
    der.octetString(padded),
    der.explicit(0, der.oid(curve.oid)),
  );
  try {
    const key = withPublicHalf(importDer(sec1, 'sec1'));
    if (point !== undefined && !expandPoint(point, curve).equals(publicPoint(key.publicKey))) {
      throw damaged('its public half belongs to another key');
    }
    return key;
  } finally {
    padded.fill(0);
    sec1.fill(0);
  }
}

function parseSec1(bytes: Buffer, curveOutside: string | undefined) {
  const file = new DerReader(bytes);
  const body = file.sequence();
  file.end();
  if (body.smallUnsigned() !== 1) throw damaged('unknown version of ECPrivateKey');
  const scalar = body.octetString();
  let oid = curveOutside;
  if (body.nextIsExplicit(0)) {
    const parameters = body.explicit(0);
    // A curve spelled out by its numbers lets a file choose a generator, and with it any public key.
    if (!parameters.nextIs('oid')) throw unsupportedKey('EC with parameters of its own');
    oid = parameters.oid();
  }
  const point = body.nextIsExplicit(1) ? body.explicit(1).bitString() : undefined;
  body.end();
  if (curveOutside !== undefined && oid !== curveOutside) throw damaged('names two curves');
  const curve = curves.find((known) => known.oid === oid);
  if (curve === undefined) throw unsupportedKey(`EC with curve ${oid ?? 'unnamed'}`);
  return { scalar, curve, point };
}

/**
 * The scalar at the width of its curve: some writers drop leading zeros, some add them. OpenSSL does not
 * look whether it is in range; one that is not would sign, and signatures of zero belong to everybody.
 */
function fitScalar(scalar: Buffer, { order }: Curve): Buffer {
  const excess = scalar.length - order.length;
  const isTooLong = excess > 0 && scalar.subarray(0, excess).some((byte) => byte !== 0);
  const fitted = Buffer.alloc(order.length);
  scalar.subarray(Math.max(excess, 0)).copy(fitted, Math.max(-excess, 0));
  if (isTooLong || fitted.compare(order) >= 0 || fitted.every((byte) => byte === 0)) {
    fitted.fill(0);
    throw damaged('its number is not one of its curve');
  }
  return fitted;
}

function expandPoint(point: Buffer, curve: Curve): Buffer {
  try {
    const expanded = ECDH.convertKey(
      point,
      curve.opensslName,
      undefined,
      undefined,
      'uncompressed',
    );
    return typeof expanded === 'string' ? Buffer.from(expanded, 'latin1') : expanded;
  } catch (cause) {
    throw damaged('its public half is not on the curve', cause);
  }
}

/**
 * An RSAPrivateKey (RFC 8017, A.1.2).
 * @throws Failure ENCODING_INVALID, KEY_UNREADABLE, ALGORITHM_UNSUPPORTED for fewer than 2048 bits
 */
export function fromPkcs1(bytes: Buffer): PrivateKey {
  const file = new DerReader(bytes);
  const body = file.sequence();
  file.end();
  if (body.smallUnsigned() !== 0) throw unsupportedKey('RSA with more than two primes');
  for (let index = 0; index < rsaNumbers; index += 1) body.unsigned();
  body.end();
  const keyObject = importDer(bytes, 'pkcs1');
  const bits = keyObject.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < rsaBits.min || bits > rsaBits.max) throw unsupportedKey(`RSA with ${bits} bits`);
  return selfTested(withPublicHalf(keyObject));
}

/** Signs once and verifies: OpenSSL does not check on loading that the numbers of an RSA key agree. */
function selfTested(key: PrivateKey): PrivateKey {
  let agrees = false;
  try {
    const options = { padding: constants.RSA_PKCS1_PSS_PADDING };
    const signature = sign('sha256', selfTestMessage, { key: key.keyObject, ...options });
    const publicHalf = createPublicKey(key.keyObject);
    agrees = verify('sha256', selfTestMessage, { key: publicHalf, ...options }, signature);
  } catch (cause) {
    throw damaged('its numbers do not agree', cause);
  }
  if (!agrees) throw damaged('its numbers do not agree');
  return key;
}

/** The 32 bytes that RFC 8032 calls the private key. @throws Failure KEY_UNREADABLE */
export function fromEd25519Seed(seed: Buffer): PrivateKey {
  if (seed.length !== ed25519SeedBytes) throw damaged('an ed25519 key has 32 bytes');
  const pkcs8 = Buffer.concat([ed25519Prefix, seed]);
  try {
    return withPublicHalf(importDer(pkcs8, 'pkcs8'));
  } finally {
    pkcs8.fill(0);
  }
}

/**
 * Go's 96 bytes: public key, seed, public key. The two copies are all the structure there is, so bytes
 * without it are no encoding of a key. @throws Failure ENCODING_INVALID, KEY_UNREADABLE
 */
export function fromGoEd25519(bytes: Buffer): PrivateKey {
  const publicHalf = bytes.subarray(0, 32);
  if (bytes.length !== goEd25519Bytes || !publicHalf.equals(bytes.subarray(64))) {
    throw new Failure('ENCODING_INVALID', 'an ed25519 key is not in the form of Go');
  }
  const key = fromEd25519Seed(bytes.subarray(32, 64));
  if (!publicHalf.equals(key.publicKey.publicBytes)) {
    throw damaged('its public half belongs to another key');
  }
  return key;
}

/** The form that Go's PKCS#8 wraps, in a buffer that the caller wipes, and the curve of an EC key. */
export function bareForm(key: PrivateKey): { bytes: Buffer; curveOid?: string } {
  switch (key.publicKey.keyType) {
    case 'ecdsa':
      return goSec1(key);
    case 'rsa':
      return { bytes: key.keyObject.export({ type: 'pkcs1', format: 'der' }) };
    case 'ed25519': {
      const pkcs8 = key.keyObject.export({ type: 'pkcs8', format: 'der' });
      const { publicBytes } = key.publicKey;
      const bytes = Buffer.concat([publicBytes, pkcs8.subarray(-ed25519SeedBytes), publicBytes]);
      pkcs8.fill(0);
      return { bytes };
    }
    default:
      throw unsupportedKey(key.publicKey.keyType);
  }
}

/** OpenSSL leaves the public half out of a key that came without it; Go always writes it. */
function goSec1(key: PrivateKey): { bytes: Buffer; curveOid: string } {
  const exported = key.keyObject.export({ type: 'sec1', format: 'der' });
  try {
    const { scalar, curve } = parseSec1(exported, undefined);
    const bytes = der.sequence(
      der.integer(1),
      der.octetString(scalar),
      der.explicit(0, der.oid(curve.oid)),
      der.explicit(1, der.bitString(publicPoint(key.publicKey))),
    );
    return { bytes, curveOid: curve.oid };
  } finally {
    exported.fill(0);
  }
}

/** The point of an EC key: the bit string of its SubjectPublicKeyInfo. */
function publicPoint(key: PublicKey): Buffer {
  const info = new DerReader(key.publicBytes).sequence();
  info.sequence();
  return info.bitString();
}

function withPublicHalf(keyObject: KeyObject): PrivateKey {
  const spki = createPublicKey(keyObject).export({ type: 'spki', format: 'der' });
  return { publicKey: publicKeyFromSpki(spki), keyObject };
}

function importDer(key: Buffer, type: 'sec1' | 'pkcs1' | 'pkcs8'): KeyObject {
  try {
    return createPrivateKey({ key, format: 'der', type });
  } catch (cause) {
    throw damaged('its numbers make no key', cause);
  }
}
