// What can go wrong below HTTP, as coded failures. Each names the host and the cause, and says how to tell
// an attack from a mistake where both look alike. Nothing here decides; the exchange throws what it gets.

import { Failure, isFailure } from '../errors.ts';
import { shown, shownUrl } from './foreign-text.ts';

/** Certificate faults by OpenSSL's and Node's name, as a clause about the server. */
const certificateFaults: ReadonlyMap<string, string> = new Map([
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate is not signed by a trusted authority'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'its certificate is not signed by a trusted authority'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its certificate is not signed by a trusted authority'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its certificate is not signed by a trusted authority'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed and not trusted'],
  ['CERT_UNTRUSTED', 'its certificate is not trusted'],
  ['CERT_REJECTED', 'its certificate is rejected'],
  ['CERT_REVOKED', 'its certificate is revoked'],
  ['CERT_SIGNATURE_FAILURE', 'the signature on its certificate is wrong'],
  ['CERT_CHAIN_TOO_LONG', 'its certificate chain is too long'],
  ['PATH_LENGTH_EXCEEDED', 'its certificate chain is too long'],
  ['INVALID_CA', 'its certificate is signed by one that may not sign'],
  ['INVALID_PURPOSE', 'its certificate is not for a server'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet'],
  ['HOSTNAME_MISMATCH', 'its certificate is for another name'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another name'],
]);

const dateFaults: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

/** Faults of name lookup and connection: the server itself never spoke. */
const connectionFaults: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'the name is not known'],
  ['EAI_AGAIN', 'the name could not be looked up'],
  ['ECONNREFUSED', 'the connection was refused'],
  ['ECONNRESET', 'the connection was broken off'],
  ['EPIPE', 'the connection was broken off'],
  ['ECONNABORTED', 'the connection was broken off'],
  ['EHOSTUNREACH', 'there is no route to the host'],
  ['ENETUNREACH', 'there is no route to the network'],
  ['EADDRNOTAVAIL', 'the address cannot be used from here'],
  ['EACCES', 'connecting is not permitted here'],
  ['EPERM', 'connecting is not permitted here'],
]);

/** OpenSSL's alerts by which a server says that it wants a client certificate, or another one. */
const clientCertificateAlert =
  /ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)|HANDSHAKE_FAILURE/;

/** The `code` of whatever Node threw; of the first inner error when several addresses were tried. */
export function errorCodeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return errorCodeOf(error.errors[0]);
  return undefined;
}

/** True when the connection broke, so that repeating a request that changes nothing may help. */
export function isBrokenConnection(error: unknown): boolean {
  const cause = isFailure(error, 'UNREACHABLE') ? error.cause : error;
  const code = errorCodeOf(cause);
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED';
}

/** True when the peer answered a TLS greeting with something that is not TLS: it speaks plain HTTP. */
export function isNotTls(error: unknown): boolean {
  const code = errorCodeOf(isFailure(error) ? error.cause : error);
  return code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG';
}

/**
 * What Node threw while talking to `url`, as UNREACHABLE, TLS_UNTRUSTED, TIMEOUT, UNAUTHORIZED (a client
 * certificate is wanted), RESPONSE_TOO_LARGE (headers) or SERVER_ERROR (not HTTP). A Failure stays as it is.
 */
export function transportFailure(error: unknown, url: URL): Failure {
  if (isFailure(error)) return error;
  const code = errorCodeOf(error) ?? 'unknown';
  const facts = {
    url: shownUrl(url),
    cause: shown(error instanceof Error ? error.message || code : code),
  };
  const options = { cause: error, facts };
  const certificate = certificateFaults.get(code);
  if (certificate !== undefined) return untrusted(url, code, certificate, options);
  if (code === 'ETIMEDOUT')
    return new Failure('TIMEOUT', `${url.host} could not be connected to in time`, options);
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new Failure(
      'RESPONSE_TOO_LARGE',
      `${url.host} sent more header lines than allowed`,
      options,
    );
  }
  if (code.startsWith('HPE_')) {
    return new Failure('SERVER_ERROR', `${url.host} answered something that is not HTTP`, options);
  }
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO')
    return tlsProtocolFailure(url, code, error, options);
  const clause = connectionFaults.get(code) ?? 'the connection failed';
  return new Failure('UNREACHABLE', `could not reach ${url.host}: ${clause}`, options);
}

interface Detail {
  readonly cause: unknown;
  readonly facts: Readonly<Record<string, string>>;
}

function untrusted(url: URL, code: string, clause: string, detail: Detail): Failure {
  const message = `${url.host} is not to be trusted: ${clause}`;
  if (dateFaults.has(code)) {
    return new Failure('TLS_UNTRUSTED', message, {
      ...detail,
      meaning:
        'The operator forgot to renew the certificate, or the clock of this machine is wrong.',
      remedy:
        'Compare the clock of this machine with a good one; then ask the operator of the server.',
    });
  }
  return new Failure('TLS_UNTRUSTED', message, {
    ...detail,
    meaning:
      'The server uses an authority that this machine does not know, or someone else answers in its name.',
    remedy: `Put the CA certificate that its operator gave you in ~/.docker/tls/${url.host}/ca.crt.`,
  });
}

function tlsProtocolFailure(url: URL, code: string, error: unknown, detail: Detail): Failure {
  if (isNotTls(error)) {
    return new Failure('UNREACHABLE', `${url.host} does not speak TLS`, {
      ...detail,
      meaning: 'The port is that of a plain HTTP server, or of another service.',
      remedy: 'Check the port of the address.',
    });
  }
  if (clientCertificateAlert.test(code)) {
    return new Failure(
      'UNAUTHORIZED',
      `${url.host} broke off the TLS handshake: it wants a client certificate`,
      {
        ...detail,
        remedy: `Put the pair in ~/.docker/tls/${url.host}/client.cert and client.key, or ask the operator of the server.`,
      },
    );
  }
  return new Failure('UNREACHABLE', `could not agree on TLS with ${url.host}`, {
    ...detail,
    remedy: 'The server must speak TLS 1.2 or later; ask its operator.',
  });
}
