// Public keys (notary dialect §5): their two ids and what Node verifies with.
// A key read from metadata is attacker-controlled until the file that lists it is verified; making it a
// KeyObject is therefore put off until a signature names it.
import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { decodeBase64 } from '../encoding/base64.ts';
import { canonicalString } from '../encoding/canonical-json.ts';
import type { JsonView } from '../encoding/json-view.ts';
import type { JsonValue } from '../encoding/strict-json.ts';
import { Failure } from '../errors.ts';

export interface PublicKey {
  /** `ecdsa`, `rsa`, `ed25519`, `ecdsa-x509`, `rsa-x509`; an unknown type is carried along. */
  readonly keyType: string;
  /** SubjectPublicKeyInfo in DER, 32 raw bytes for ed25519, PEM text of certificates for `…-x509`. */
  readonly publicBytes: Buffer;
  /** The id under which metadata and signatures name the key: 64 hex digits. */
  readonly id: string;
  /** The id of the bare key, equal for every certificate of one key. Names private key files. */
  readonly canonicalId: string;
  /** What stood as `private`; Go keeps it, so it is written back. Always null in keys made here. */
  readonly privateText: string | null;
}

/** SubjectPublicKeyInfo of an Ed25519 key up to its 32 raw bytes. */
const ed25519SpkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
/** Curves that Go reads; others cost more than they are worth, and no Go peer would count them. */
const acceptedCurves: ReadonlySet<string> = new Set([
  'secp224r1',
  'prime256v1',
  'secp384r1',
  'secp521r1',
]);
/** Longest RSA key that is used: the cost of a verification grows with the square. */
const maxRsaBits = 8192;
/** Largest RSA exponent that Go reads. A peer's long exponent makes each verification a signature's work. */
const maxRsaExponent = 2n ** 31n - 1n;
/** Largest key in metadata, in bytes: a chain of certificates takes a few thousand. */
const maxKeyBytes = 64 * 1024;

/** RSA keys below this never verify. */
export const minRsaBits = 2048;

/** What Node calls the content of each key type. */
const nodeTypes: ReadonlyMap<string, string> = new Map([
  ['ecdsa', 'ec'],
  ['ecdsa-x509', 'ec'],
  ['rsa', 'rsa'],
  ['rsa-x509', 'rsa'],
]);

const keyObjects = new WeakMap<PublicKey, KeyObject>();
/** Keys of certificates, as they are found there, whether or not they may be used. */
const certifiedKeys = new WeakMap<PublicKey, KeyObject>();

/** The key of that type and content, with its ids. */
export function publicKey(
  keyType: string,
  publicBytes: Buffer,
  privateText: string | null = null,
): PublicKey {
  const id = keyIdOf(keyType, publicBytes.toString('base64'));
  let canonicalId: string | undefined;
  const key: PublicKey = {
    keyType,
    publicBytes,
    id,
    privateText,
    get canonicalId() {
      canonicalId ??= isX509Type(keyType) ? canonicalIdOf(key) : id;
      return canonicalId;
    },
  };
  return key;
}

/** The key with this DER SubjectPublicKeyInfo. @throws Failure ALGORITHM_UNSUPPORTED, KEY_UNREADABLE */
export function publicKeyFromSpki(spki: Buffer): PublicKey {
  const key = readSpki(spki);
  switch (key.asymmetricKeyType) {
    case 'ec':
      return publicKey('ecdsa', spki);
    case 'rsa':
      return publicKey('rsa', spki);
    case 'ed25519':
      return publicKey('ed25519', spki.subarray(-32));
    default:
      throw unsupported(String(key.asymmetricKeyType));
  }
}

/** The `…-x509` key of a certificate, or of a chain with the leaf first. @throws as publicKeyFromSpki */
export function publicKeyFromCertificate(pem: string): PublicKey {
  const type = readCertified(Buffer.from(pem)).asymmetricKeyType;
  if (type === 'ec') return publicKey('ecdsa-x509', Buffer.from(pem));
  if (type === 'rsa') return publicKey('rsa-x509', Buffer.from(pem));
  throw unsupported(String(type));
}

/** Reads `{"keytype":…,"keyval":{"private":…,"public":…}}`. Its id is computed, never taken. */
export function parsePublicKey(view: JsonView): PublicKey {
  const value = view.member('keyval');
  const secret = value.member('private');
  const privateText = secret.exists && !secret.isNull ? secret.string() : null;
  const text = value.member('public').string();
  return publicKey(view.member('keytype').string(), decodeBase64(text), privateText);
}

/** The form in which metadata lists the key. */
export function publicKeyJson(key: PublicKey): JsonValue {
  return new Map<string, JsonValue>([
    ['keytype', key.keyType],
    [
      'keyval',
      new Map<string, JsonValue>([
        ['private', key.privateText],
        ['public', key.publicBytes.toString('base64')],
      ]),
    ],
  ]);
}

/**
 * What Node verifies with; kept per key, because importing costs more than verifying.
 * @throws Failure KEY_UNREADABLE, ALGORITHM_UNSUPPORTED (also for keys too weak, or too dear to verify with)
 */
export function keyObjectOf(key: PublicKey): KeyObject {
  const known = keyObjects.get(key);
  if (known !== undefined) return known;
  if (key.publicBytes.length > maxKeyBytes) throw unsupported(`${key.keyType}, and so large`);
  const object = importKey(key);
  refuseCostly(object);
  keyObjects.set(key, object);
  return object;
}

/** True for key types whose content is a certificate. */
export function isX509Type(keyType: string): boolean {
  return keyType === 'ecdsa-x509' || keyType === 'rsa-x509';
}

/** Keys are chosen by whoever wrote the file: one may be made to be dear to verify with. */
function refuseCostly(object: KeyObject): void {
  const { modulusLength, publicExponent, namedCurve } = object.asymmetricKeyDetails ?? {};
  if (object.asymmetricKeyType === 'ec' && !acceptedCurves.has(namedCurve ?? '')) {
    throw unsupported(`ec on ${namedCurve ?? 'a curve of its own'}`);
  }
  if (modulusLength === undefined) return;
  if (modulusLength < minRsaBits || modulusLength > maxRsaBits) {
    throw unsupported(`rsa with ${modulusLength} bits`);
  }
  if (publicExponent === undefined || publicExponent > maxRsaExponent) {
    throw unsupported('rsa with an exponent of its own');
  }
}

function importKey(key: PublicKey): KeyObject {
  if (key.keyType === 'ed25519' && key.publicBytes.length === 32) {
    return readSpki(Buffer.concat([ed25519SpkiPrefix, key.publicBytes]));
  }
  const content = nodeTypes.get(key.keyType);
  if (content === undefined) throw unsupported(key.keyType);
  const object = isX509Type(key.keyType) ? certifiedKeyOf(key) : readSpki(key.publicBytes);
  // A key listed under a type that its content does not have would verify here and nowhere else.
  if (object.asymmetricKeyType !== content) throw unsupported(`${key.keyType} with other content`);
  return object;
}

function keyIdOf(keyType: string, publicBase64: string): string {
  const preimage = `{"keytype":${canonicalString(keyType)},"keyval":{"private":null,"public":"${publicBase64}"}}`;
  return createHash('sha256').update(preimage).digest('hex');
}

function canonicalIdOf(key: PublicKey): string {
  const spki = certifiedKeyOf(key).export({ type: 'spki', format: 'der' });
  return keyIdOf(key.keyType.slice(0, -'-x509'.length), spki.toString('base64'));
}

function certifiedKeyOf(key: PublicKey): KeyObject {
  const object = certifiedKeys.get(key) ?? readCertified(key.publicBytes);
  certifiedKeys.set(key, object);
  return object;
}

function readCertified(pem: Buffer): KeyObject {
  try {
    // OpenSSL reads a certificate without its key; the key is looked at, and may be refused, only here.
    return new X509Certificate(pem).publicKey;
  } catch (cause) {
    throw new Failure('KEY_UNREADABLE', 'a certificate could not be read', { cause });
  }
}

function readSpki(der: Buffer): KeyObject {
  try {
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch (cause) {
    throw new Failure('KEY_UNREADABLE', 'a public key could not be read', { cause });
  }
}

function unsupported(what: string): Failure {
  return new Failure(
    'ALGORITHM_UNSUPPORTED',
    `keys of type ${JSON.stringify(what)} are not supported`,
  );
}
