// The certificates that wrap root keys (notary dialect §7, step 2). Certificates come from metadata that
// is not verified yet, so each one is judged before its key may count.
import { X509Certificate } from 'node:crypto';
import { DerReader } from '../encoding/der.ts';
import { decodePem, encodePem } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';
import { isX509Type, minRsaBits, type PublicKey } from './public-key.ts';

export interface CertificateChain {
  readonly leaf: X509Certificate;
  readonly intermediates: readonly X509Certificate[];
  readonly commonName: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** A certificate may be used this long before it is valid: clocks of publishers and consumers differ. */
const notBeforeLeewayMs = 24 * 60 * 60 * 1000;
/** Certificates in one chain; each costs a parse, and no honest chain has more than a few. */
const maxChainLength = 16;

/** Signature algorithms on certificates that count for nothing any more, with RSA, ECDSA and DSA. */
const brokenSignatures: ReadonlyMap<string, 'MD5' | 'SHA1'> = new Map([
  ['1.2.840.113549.1.1.4', 'MD5'],
  ['1.2.840.113549.1.1.5', 'SHA1'],
  ['1.3.14.3.2.29', 'SHA1'],
  ['1.2.840.10045.4.1', 'SHA1'],
  ['1.2.840.10040.4.3', 'SHA1'],
]);

/** Chains that were read; reading one costs more than a signature, and a root is judged several times. */
const known = new WeakMap<PublicKey, CertificateChain>();

/**
 * The chain of a root key: exactly one certificate that is no authority, and it comes first.
 * @throws Failure KEY_UNREADABLE when the key has no such chain
 */
export function readCertificateChain(key: PublicKey): CertificateChain {
  const chain = known.get(key) ?? parseCertificateChain(key);
  known.set(key, chain);
  return chain;
}

function parseCertificateChain(key: PublicKey): CertificateChain {
  if (!isX509Type(key.keyType)) throw unusable('the key has no certificate');
  const blocks = decodePem(key.publicBytes.toString('latin1'));
  if (blocks.length === 0 || blocks.length > maxChainLength) throw unusable('no usable chain');
  const certificates = blocks.map((block) => {
    if (block.label !== 'CERTIFICATE') throw unusable('the chain holds something else');
    return readCertificate(block.bytes);
  });
  const [leaf, ...intermediates] = certificates;
  if (leaf === undefined || leaf.ca || intermediates.some((certificate) => !certificate.ca)) {
    throw unusable('the chain must be one leaf, then authorities');
  }
  return {
    leaf,
    intermediates,
    commonName: commonNameOf(leaf),
    notBeforeMs: Date.parse(leaf.validFrom),
    notAfterMs: Date.parse(leaf.validTo),
  };
}

/** True when the common name is the GUN, or is a prefix of it that ends in `*`. */
export function isForGun(chain: CertificateChain, gun: string): boolean {
  const { commonName } = chain;
  if (commonName === gun) return true;
  return commonName.endsWith('*') && gun.startsWith(commonName.replace(/\*+$/, ''));
}

/** True when leaf and chain are sound apart from expiry, and written as Go would write them. */
export function isSound(chain: CertificateChain, key: PublicKey, expiryBeforeMs: number): boolean {
  const { leaf, notBeforeMs, notAfterMs } = chain;
  if (!(notBeforeMs <= notAfterMs) || isWeak(leaf)) return false;
  const kept = chain.intermediates.filter(
    (certificate) => !isWeak(certificate) && Date.parse(certificate.validTo) >= expiryBeforeMs,
  );
  // Go rebuilds the chain and computes the id anew: another wrapping is another key for every Go peer.
  const rebuilt = [leaf, ...kept]
    .map(({ raw }) => encodePem({ label: 'CERTIFICATE', headers: new Map(), bytes: raw }))
    .join('');
  return Buffer.from(rebuilt, 'latin1').equals(key.publicBytes);
}

/** True outside the validity of the leaf, with a day of leeway at its start. */
export function isOutOfDate(chain: CertificateChain, nowMs: number): boolean {
  return chain.notAfterMs < nowMs || chain.notBeforeMs - notBeforeLeewayMs > nowMs;
}

function readCertificate(der: Buffer): X509Certificate {
  try {
    const certificate = new X509Certificate(der);
    // OpenSSL reads a certificate without its key, and refuses a bad key only when it is asked for.
    if (certificate.publicKey.type === 'public') return certificate;
  } catch (cause) {
    throw unusable('a certificate could not be read', cause);
  }
  throw unusable('a certificate has no public key');
}

/** The broken hash that the signature on a certificate rests on, if it does. @throws Failure ENCODING_INVALID */
export function brokenHashOf(certificate: X509Certificate): 'MD5' | 'SHA1' | undefined {
  const outer = new DerReader(certificate.raw).sequence();
  outer.element();
  return brokenSignatures.get(outer.sequence().oid());
}

function isWeak(certificate: X509Certificate): boolean {
  if (brokenHashOf(certificate) !== undefined) return true;
  const bits = certificate.publicKey.asymmetricKeyDetails?.modulusLength;
  return bits !== undefined && bits < minRsaBits;
}

function commonNameOf(certificate: X509Certificate): string {
  const name: unknown = certificate.toLegacyObject().subject.CN;
  // Two common names would let a certificate be for one GUN here and for another elsewhere.
  if (typeof name !== 'string') throw unusable('the certificate does not have exactly one name');
  return name;
}

function unusable(problem: string, cause?: unknown): Failure {
  return new Failure('KEY_UNREADABLE', problem, { cause });
}
