// Which public key a token may be verified with: one that leads to the configured bundle (HTTP API §8).
// A token's header is its sender's to write, so every way of naming a key ends at a certificate of
// the bundle or one that a certificate of the bundle issued.
import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { JWK } from 'jose';
import { decodePem, encodePem } from '../../encoding/pem.ts';
import { Failure } from '../../errors.ts';

/** Certificates in one header; no honest chain has more than a few. */
const maxChainLength = 8;

/** The parts of a token's header that may name its key, in the order in which they are tried. */
export interface KeyClaims {
  readonly x5c?: unknown;
  readonly jwk?: JWK | undefined;
  readonly kid?: unknown;
}

export class TokenKeys {
  readonly #authorities: readonly X509Certificate[];
  readonly #byFingerprint: ReadonlyMap<string, KeyObject>;

  /** @param bundle PEM certificates. @throws Failure CONFIG_INVALID when there is none */
  constructor(bundle: Buffer) {
    const certified = readBundle(bundle);
    this.#authorities = certified.map(({ certificate }) => certificate);
    this.#byFingerprint = new Map(certified.map(({ key }) => [fingerprint(key), key]));
  }

  /** @throws Failure UNAUTHORIZED when the header names no key that the bundle vouches for */
  keyFor(header: KeyClaims, nowMs: number): KeyObject {
    if (header.x5c !== undefined) return this.#fromChain(header.x5c, nowMs);
    if (header.jwk !== undefined) return this.#fromJwk(header.jwk, nowMs);
    const key = typeof header.kid === 'string' ? this.#byFingerprint.get(header.kid) : undefined;
    return key ?? refuse('the token names no key of the bundle');
  }

  /** The leaf comes first; each certificate must be issued by the next or by one of the bundle. */
  #fromChain(x5c: unknown, nowMs: number): KeyObject {
    if (!Array.isArray(x5c) || x5c.length === 0 || x5c.length > maxChainLength) {
      return refuse('the certificate chain of the token is not a short list');
    }
    const chain = x5c.map(readCertificate);
    const [leaf] = chain;
    if (leaf === undefined) return refuse('the token has no certificate');
    for (const [at, certificate] of chain.entries()) {
      if (!isValidAt(certificate, nowMs)) break;
      if (this.#isVouchedFor(certificate, nowMs)) return leaf.publicKey;
      const issuer = chain[at + 1];
      if (issuer === undefined || !isIssuedBy(certificate, issuer)) break;
    }
    return refuse('the certificate chain of the token does not lead to the bundle');
  }

  /** The key itself, when its own chain or the bundle vouches for it. */
  #fromJwk(jwk: JWK, nowMs: number): KeyObject {
    const key = readJwk(jwk);
    if (jwk.x5c !== undefined) {
      const certified = this.#fromChain(jwk.x5c, nowMs);
      return certified.equals(key) ? certified : refuse('the key is not that of its certificate');
    }
    return this.#byFingerprint.get(fingerprint(key)) ?? refuse('the key is not of the bundle');
  }

  #isVouchedFor(certificate: X509Certificate, nowMs: number): boolean {
    return this.#authorities.some(
      (authority) =>
        isValidAt(authority, nowMs) &&
        (authority.raw.equals(certificate.raw) || isIssuedBy(certificate, authority)),
    );
  }
}

/** libtrust's name of a key: base32 of 240 bits of the SHA-256 of its SPKI, in twelve groups. */
export function fingerprint(key: KeyObject): string {
  const spki = key.export({ type: 'spki', format: 'der' });
  const digest = createHash('sha256').update(spki).digest().subarray(0, 30);
  return (base32(digest).match(/.{4}/g) ?? []).join(':');
}

function base32(bytes: Buffer): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{5}/g) ?? [])
    .map((five) => alphabet.charAt(Number.parseInt(five, 2)))
    .join('');
}

interface Certified {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

function readBundle(bundle: Buffer): readonly Certified[] {
  try {
    const blocks = decodePem(bundle.toString('latin1')).filter(
      ({ label }) => label === 'CERTIFICATE',
    );
    if (blocks.length === 0) throw new Error('no certificate');
    return blocks.map((block) => {
      const certificate = new X509Certificate(encodePem(block));
      // Throws for a key that cannot be read.
      return { certificate, key: certificate.publicKey };
    });
  } catch (cause) {
    throw new Failure(
      'CONFIG_INVALID',
      'auth.options.rootcertbundle holds no usable certificates',
      {
        cause,
      },
    );
  }
}

function readCertificate(entry: unknown): X509Certificate {
  if (typeof entry !== 'string') return refuse('a certificate of the token is not text');
  try {
    return new X509Certificate(Buffer.from(entry, 'base64'));
  } catch {
    return refuse('a certificate of the token could not be read');
  }
}

function readJwk(jwk: JWK): KeyObject {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    return refuse('the key of the token could not be read');
  }
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function isValidAt(certificate: X509Certificate, nowMs: number): boolean {
  return Date.parse(certificate.validFrom) <= nowMs && nowMs <= Date.parse(certificate.validTo);
}

function refuse(why: string): never {
  throw new Failure('UNAUTHORIZED', why);
}
