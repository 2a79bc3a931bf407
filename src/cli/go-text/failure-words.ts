// The words of Go's libraries and of notary's client for what failed at a trust server: what scripts and people search
// for. A failure that has none keeps its own message, which for trust data is Go's anyway.
import { type ErrorCode, Failure } from '../../errors.ts';
import { errorCodeOf } from '../../remote/transport-failure.ts';

/** Statuses that notary's client tells in one way, whatever the server said. */
const statusCodes: ReadonlySet<ErrorCode> = new Set(['FORBIDDEN', 'RATE_LIMITED', 'SERVER_ERROR']);

const unknownAuthority = 'x509: certificate signed by unknown authority';

/** What Go says of a certificate, by OpenSSL's and Node's name of the fault. */
const certificateWords: ReadonlyMap<string, string> = new Map([
  ['CERT_HAS_EXPIRED', 'x509: certificate has expired or is not yet valid'],
  ['CERT_NOT_YET_VALID', 'x509: certificate has expired or is not yet valid'],
  ['HOSTNAME_MISMATCH', 'x509: certificate is not valid for the name that was asked for'],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'x509: certificate is not valid for the name that was asked for',
  ],
]);

const connectWords: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connect: connection refused'],
  ['EHOSTUNREACH', 'connect: no route to host'],
  ['ENETUNREACH', 'connect: network is unreachable'],
  ['EACCES', 'connect: permission denied'],
  ['EPERM', 'connect: operation not permitted'],
]);

const notAuthorized = 'you are not authorized to perform this operation: server returned 401.';

/** What Go says of the alerts by which a server ends TLS for want of a client certificate, by OpenSSL's names. */
const alerts: ReadonlyMap<string, string> = new Map([
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'certificate required'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'bad certificate'],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', 'bad certificate'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'unknown certificate authority'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'handshake failure'],
]);

/** On one line, without what stands before it in the programs of old. */
export function goWords(failure: Failure): string {
  const { code, facts, message } = failure;
  const cause = rootCause(failure);
  if (code === 'UNREACHABLE') return dialWords(cause) ?? message;
  if (code === 'TLS_UNTRUSTED') {
    const words = certificateWords.get(errorCodeOf(cause) ?? '') ?? unknownAuthority;
    return `tls: failed to verify certificate: ${words}`;
  }
  const { status, 'one of these': keyIds } = facts;
  if (code === 'UNAUTHORIZED' || (code === 'FORBIDDEN' && status === '401')) {
    return alertWords(cause) ?? notAuthorized;
  }
  if (code === 'KEY_NOT_FOUND' && keyIds !== undefined) {
    return `could not find necessary signing keys, at least one of these keys must be available: ${keyIds}`;
  }
  if (statusCodes.has(code) && status !== undefined) {
    return `unable to reach trust server at this time: ${status}.`;
  }
  if (code === 'METADATA_MISSING' && message.endsWith('trust data unavailable')) {
    return `${message}.  Has a notary repository been initialized?`;
  }
  if (code === 'ROOT_CHANGED') {
    return 'could not rotate trust to a new trusted root: failed to validate data with current trusted certificates';
  }
  // Ours go on with what it means.
  return /^(No valid trust data for [^\s:]+): /.exec(message)?.[1] ?? message;
}

function rootCause(error: unknown): unknown {
  return error instanceof Failure && error.cause !== undefined ? rootCause(error.cause) : error;
}

function alertWords(error: unknown): string | undefined {
  const words = alerts.get(errorCodeOf(error) ?? '');
  return words === undefined ? undefined : `remote error: tls: ${words}`;
}

/** As Go's dialler tells where it came to nothing; undefined when it is not about a connection being made. */
function dialWords(error: unknown): string | undefined {
  const code = errorCodeOf(error) ?? '';
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const host = textOf(first, 'hostname');
    const why = code === 'ENOTFOUND' ? 'no such host' : 'server misbehaving';
    return host === undefined ? undefined : `dial tcp: lookup ${host}: ${why}`;
  }
  const words = connectWords.get(code);
  const address = textOf(first, 'address');
  const port = textOf(first, 'port');
  if (words === undefined || address === undefined || port === undefined) return undefined;
  return `dial tcp ${address.includes(':') ? `[${address}]` : address}:${port}: ${words}`;
}

function textOf(error: unknown, name: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
