// The public key that a collaborator sends: a PEM file with a PUBLIC KEY, or with a certificate, which is kept as
// such. The file is foreign and may be hostile. Messages are those that notary and docker have (notary CLI §2,
// docker trust §6), since both grammars show them.
//
// Invariants: as in Go, the first block decides and what follows is not looked at, so that a chain gives its leaf; a
// key that no client would ever count is refused here, where somebody can still ask for another; a private key is
// refused and never shown.
import { X509Certificate } from 'node:crypto';
import { decodePem, encodePem, type PemBlock } from '../encoding/pem.ts';
import { Failure, isFailure } from '../errors.ts';
import { brokenHashOf } from '../tuf/certificate-chain.ts';
import {
  keyObjectOf,
  minRsaBits,
  type PublicKey,
  publicKeyFromCertificate,
  publicKeyFromSpki,
} from '../tuf/public-key.ts';

/** Characters of such a file: a chain of certificates takes a few thousand. */
const maxLength = 64 * 1024;
/** Characters of a certificate's name that are shown. */
const maxNameLength = 300;
/** A certificate may be used this long before it is valid: clocks differ. */
const notBeforeLeewayMs = 24 * 60 * 60 * 1000;

/**
 * The public key of a PEM text: of type `…-x509` for a certificate.
 * @param nowMs when a certificate must be valid, milliseconds since 1970
 * @throws Failure KEY_UNREADABLE, KEY_LIMITS, ALGORITHM_UNSUPPORTED, CERTIFICATE_EXPIRED
 */
export function readPublicKeys(pem: string, nowMs: number): PublicKey {
  if (pem.length > maxLength) {
    throw new Failure('KEY_LIMITS', 'the file is larger than a public key may be (64 KiB)');
  }
  const [block] = blocksOf(pem);
  if (block === undefined) throw unreadable('no valid public key found');
  switch (block.label) {
    case 'CERTIFICATE':
      return fromCertificate(block, nowMs);
    case 'PUBLIC KEY':
      return fromSpki(block);
    default:
      throw unsupportedBlock(block.label);
  }
}

/** The key as PEM text of its bare public half, with these headers, as Go writes it. */
export function publicKeyPem(key: PublicKey, headers: ReadonlyMap<string, string>): string {
  const bytes = keyObjectOf(key).export({ type: 'spki', format: 'der' });
  return encodePem({ label: 'PUBLIC KEY', headers, bytes });
}

function blocksOf(pem: string): readonly PemBlock[] {
  try {
    return decodePem(pem);
  } catch (cause) {
    throw unreadable('no valid public key found', cause);
  }
}

function fromSpki({ bytes }: PemBlock): PublicKey {
  try {
    const key = publicKeyFromSpki(bytes);
    requireUsable(key);
    return key;
  } catch (cause) {
    if (!isFailure(cause, 'KEY_UNREADABLE')) throw cause;
    throw unreadable('unable to parse pem encoded public key: it is damaged', cause);
  }
}

function fromCertificate({ bytes, label }: PemBlock, nowMs: number): PublicKey {
  const certificate = parseCertificate(bytes);
  const name = `certificate with CN ${commonNameOf(certificate)}`;
  const notBeforeMs = Date.parse(certificate.validFrom);
  const notAfterMs = Date.parse(certificate.validTo);
  // Not `>`: a time that cannot be read compares with nothing.
  if (!(notBeforeMs <= notAfterMs)) throw unfit('certificate validity window is invalid');
  const hash = brokenHash(certificate);
  if (hash !== undefined) throw unfit(`${name} uses invalid ${hash} signature algorithm`);
  const bits = certificate.publicKey.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < minRsaBits) throw unfit('RSA bit length is too short');
  if (notBeforeMs - notBeforeLeewayMs > nowMs || notAfterMs < nowMs) {
    throw new Failure('CERTIFICATE_EXPIRED', `invalid certificate: ${name} is expired`, {
      facts: { 'valid from': certificate.validFrom, 'valid to': certificate.validTo },
      remedy: 'Ask for a certificate that is valid now, or compare the clock of this machine.',
    });
  }
  const key = publicKeyFromCertificate(encodePem({ label, headers: new Map(), bytes }));
  requireUsable(key);
  return key;
}

function parseCertificate(bytes: Buffer): X509Certificate {
  try {
    const certificate = new X509Certificate(bytes);
    // OpenSSL reads the first certificate of the bytes and Go refuses what follows: one file, one reading. A bad
    // key in it is found out only when it is asked for.
    if (certificate.raw.equals(bytes) && certificate.publicKey.type === 'public') {
      return certificate;
    }
  } catch (cause) {
    throw unreadable('could not parse provided certificate: it is malformed', cause);
  }
  throw unreadable('could not parse provided certificate: there are bytes after it');
}

function brokenHash(certificate: X509Certificate): 'MD5' | 'SHA1' | undefined {
  try {
    return brokenHashOf(certificate);
  } catch (cause) {
    throw unreadable('could not parse provided certificate: it is malformed', cause);
  }
}

/** Whoever made the certificate chose it, line breaks included: it must not end our sentence and begin one of its own. */
function commonNameOf(certificate: X509Certificate): string {
  const name: unknown = certificate.toLegacyObject().subject.CN;
  return typeof name === 'string' ? JSON.stringify(name.slice(0, maxNameLength)).slice(1, -1) : '';
}

/** @throws Failure KEY_UNREADABLE, ALGORITHM_UNSUPPORTED for keys that are too weak, or too dear to verify with */
function requireUsable(key: PublicKey): void {
  keyObjectOf(key);
}

function unsupportedBlock(label: string): Failure {
  const isPrivate = label.includes('PRIVATE KEY');
  return new Failure(
    'KEY_UNREADABLE',
    `unsupported PEM block type ${JSON.stringify(label)}, expected CERTIFICATE or PUBLIC KEY`,
    isPrivate
      ? {
          meaning: 'This is a private key. Whoever has it can sign in the name of its owner.',
          remedy:
            'Give the public half: openssl pkey -in FILE -pubout. Never send the private one.',
        }
      : {},
  );
}

function unfit(problem: string): Failure {
  return new Failure('ALGORITHM_UNSUPPORTED', `invalid certificate: ${problem}`, {
    remedy:
      'Ask its owner for another certificate: SHA-256, and ECDSA P-256 or RSA with 2048 bits.',
  });
}

function unreadable(problem: string, cause?: unknown): Failure {
  return new Failure('KEY_UNREADABLE', problem, {
    cause,
    remedy: 'Ask its owner for the file again: PEM, with a PUBLIC KEY or a CERTIFICATE.',
  });
}
