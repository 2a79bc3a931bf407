// What sslmode means for a connection, as in Go's lib/pq: `require` encrypts and, with an authority given, checks
// that it issued the server's certificate; `verify-ca` checks that always; `verify-full` also checks the name.
// lib/pq passes over an authority file that is not there; here, what was asked for is there or the start stops.
import { resolve } from 'node:path';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { Failure } from '../../errors.ts';
import { loadCertificateAuthority, loadKeyPair, tlsPolicy } from '../tls.ts';
import type { PostgresTarget } from './postgres-url.ts';

/**
 * Options of TLS; false for no TLS.
 * @throws Failure CONFIG_INVALID: a file cannot be read, is not PEM of its kind, or is a key that others can read
 */
export async function postgresTls(target: PostgresTarget): Promise<ConnectionOptions | false> {
  const { sslMode, authorityFile, host } = target;
  if (sslMode === 'disable') return false;
  const ca = authorityFile && (await loadCertificateAuthority(resolve(authorityFile)));
  const isChecked = sslMode !== 'require' || ca !== undefined;
  return {
    ...tlsPolicy,
    ...(ca ? { ca } : {}),
    ...(await clientCertificate(target)),
    rejectUnauthorized: isChecked,
    checkServerIdentity: (_name, certificate) =>
      sslMode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
  };
}

async function clientCertificate({ certFile, keyFile }: PostgresTarget) {
  if (certFile === undefined || keyFile === undefined) return {};
  const { cert, key, keyExposure } = await loadKeyPair(resolve(certFile), resolve(keyFile));
  if (keyExposure !== 0) {
    throw new Failure('CONFIG_INVALID', `private key ${keyFile} can be read by others`, {
      remedy: 'Make its mode 0600, as lib/pq asks for too.',
    });
  }
  return { cert, key };
}
