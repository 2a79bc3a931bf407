// Certificates and keys of the daemons' listeners and connections: reading them, judging their state, and the
// one policy for versions and suites. Opening sockets is the caller's.
//
// Invariants:
// - TLS 1.2 or newer, with an ephemeral key exchange (ECDHE) only, as in the Go programs.
// - A key that does not belong to its certificate is found at the start, not by the first peer.
// - A certificate in a CA file is a trust anchor even when it is not itself a CA, as in Go: notary's
//   documentation has operators name the peer's own certificate there.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls';
import { readNamedFile } from '../config/named-file.ts';
import { decodePem } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';

/** Spread into the options of every TLS context that a daemon makes. */
export const tlsPolicy = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
  honorCipherOrder: true,
  allowPartialTrustChain: true,
} as const;

/** Certificates, bundles and keys are small; a mistaken path is not read whole. */
const maxFileBytes = 1024 * 1024;
/** Without one, OpenSSL refuses every client with a certificate that resumes its session. */
const sessionIdContext = 'paraph';
const dayMs = 24 * 60 * 60 * 1000;
/** A certificate that ends sooner than this is worth a warning at the start. */
const expirySoonDays = 30;

export interface KeyPair {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Permission bits with which others can read the key file; 0 when none. */
  readonly keyExposure: number;
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * Reads a certificate (chain) and its private key, both PEM.
 * @throws Failure CONFIG_INVALID: a file cannot be read, is not PEM of its kind, or the two do not match.
 */
export async function loadKeyPair(certFile: string, keyFile: string): Promise<KeyPair> {
  const [{ bytes: cert }, { bytes: key, mode }] = await Promise.all([
    readNamedFile(certFile, 'certificate file', maxFileBytes),
    readNamedFile(keyFile, 'private key file', maxFileBytes),
  ]);
  const [certificate] = parseCertificates(cert, certFile);
  const privateKey = parseKey(key, keyFile);
  if (certificate?.checkPrivateKey(privateKey) !== true) {
    throw new Failure(
      'CONFIG_INVALID',
      `the private key ${keyFile} does not belong to ${certFile}`,
    );
  }
  checkUsable(certFile, { cert, key });
  return {
    cert,
    key,
    notBeforeMs: Date.parse(certificate.validFrom),
    notAfterMs: Date.parse(certificate.validTo),
    keyExposure: mode & 0o077,
    certFile,
    keyFile,
  };
}

/**
 * Reads the PEM certificates that peers are checked against.
 * @throws Failure CONFIG_INVALID: the file cannot be read or holds no certificate.
 */
export async function loadCertificateAuthority(file: string): Promise<Buffer> {
  const { bytes } = await readNamedFile(file, 'certificate file', maxFileBytes);
  parseCertificates(bytes, file);
  checkUsable(file, { ca: bytes });
  return bytes;
}

/**
 * Makes every certificate in `ca` a trust anchor of `server` for its clients, not only self-signed ones.
 *
 * Node 20 has the option (allowPartialTrustChain) for contexts, but its servers drop it when they make theirs; so the
 * context is made here and put in its place. A release of Node without that field honours the option itself or trusts
 * less, never more; a test shows which.
 */
export function trustClientCertificates(
  server: Server,
  { cert, key, ca }: { readonly cert: Buffer; readonly key: Buffer; readonly ca: Buffer },
): void {
  const field = '_sharedCreds';
  if (!(field in server)) return;
  const context = createSecureContext({ ...tlsPolicy, cert, key, ca, sessionIdContext });
  Reflect.set(server, field, context);
}

/** Whole days until the certificate ends; negative once it has. */
export function daysToExpiry(pair: KeyPair, nowMs: number): number {
  return Math.floor((pair.notAfterMs - nowMs) / dayMs);
}

/** What an operator should hear about a key pair at the start: one clause each. */
export function keyPairWarnings(pair: KeyPair, nowMs: number): readonly string[] {
  const warnings: string[] = [];
  const days = daysToExpiry(pair, nowMs);
  if (nowMs >= pair.notAfterMs) warnings.push(`certificate ${pair.certFile} has expired`);
  else if (days < expirySoonDays)
    warnings.push(`certificate ${pair.certFile} expires in ${days} days`);
  if (nowMs < pair.notBeforeMs) warnings.push(`certificate ${pair.certFile} is not valid yet`);
  if (pair.keyExposure !== 0) {
    warnings.push(`private key ${pair.keyFile} can be read by others; its mode should be 0600`);
  }
  return warnings;
}

/**
 * All of the certificates in a file. What reads them later takes the first alone, or none of those that follow a broken
 * one, without a word: peers of an issuer that was meant would be turned away, or a chain be incomplete.
 */
function parseCertificates(bytes: Buffer, file: string): readonly X509Certificate[] {
  let certificates: readonly X509Certificate[];
  try {
    certificates = decodePem(bytes.toString('latin1'))
      .filter(({ label }) => label === 'CERTIFICATE')
      .map((block) => new X509Certificate(block.bytes));
  } catch (cause) {
    throw new Failure('CONFIG_INVALID', `${file} holds a PEM certificate that is broken`, {
      cause,
    });
  }
  if (certificates.length > 0) return certificates;
  throw new Failure('CONFIG_INVALID', `${file} holds no PEM certificate`);
}

/** What OpenSSL itself refuses, such as a key that is too short, is said now instead of by the listener. */
function checkUsable(file: string, options: SecureContextOptions): void {
  try {
    createSecureContext({ ...tlsPolicy, ...options });
  } catch (cause) {
    throw new Failure('CONFIG_INVALID', `${file} cannot be used for TLS`, { cause });
  }
}

function parseKey(bytes: Buffer, file: string): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(bytes);
  } catch (cause) {
    throw new Failure('CONFIG_INVALID', `${file} holds no unencrypted PEM private key`, { cause });
  }
}
