import { describe, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import {
  errorCodeOf,
  isBrokenConnection,
  isNotTls,
  transportFailure,
} from './transport-failure.ts';

const url = new URL('https://trust.example.com:4443/v2/?token=geheim');
const nodeError = (code: string, message = `${code} happened`): Error =>
  Object.assign(new Error(message), { code });

describe('an error of the transport', () => {
  it.each([
    ['ENOTFOUND', 'UNREACHABLE', 'the name is not known'],
    ['EAI_AGAIN', 'UNREACHABLE', 'could not be looked up'],
    ['ECONNREFUSED', 'UNREACHABLE', 'refused'],
    ['ECONNRESET', 'UNREACHABLE', 'broken off'],
    ['EHOSTUNREACH', 'UNREACHABLE', 'no route'],
    ['ENETUNREACH', 'UNREACHABLE', 'no route'],
    ['ETIMEDOUT', 'TIMEOUT', 'in time'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS_UNTRUSTED', 'trusted authority'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'TLS_UNTRUSTED', 'trusted authority'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS_UNTRUSTED', 'self-signed'],
    ['CERT_HAS_EXPIRED', 'TLS_UNTRUSTED', 'expired'],
    ['CERT_NOT_YET_VALID', 'TLS_UNTRUSTED', 'not valid yet'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS_UNTRUSTED', 'another name'],
    ['INVALID_PURPOSE', 'TLS_UNTRUSTED', 'not for a server'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'UNREACHABLE', 'does not speak TLS'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'UNREACHABLE', 'could not agree on TLS'],
    ['EPROTO', 'UNREACHABLE', 'could not agree on TLS'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'UNAUTHORIZED', 'client certificate'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'UNAUTHORIZED', 'client certificate'],
    ['HPE_HEADER_OVERFLOW', 'RESPONSE_TOO_LARGE', 'header'],
    ['HPE_INVALID_CONSTANT', 'SERVER_ERROR', 'not HTTP'],
    ['ESOMETHINGNEW', 'UNREACHABLE', 'the connection failed'],
  ])('%s is %s, with host and cause', (code, expected, words) => {
    const failure = transportFailure(nodeError(code), url);
    expect(failure).toMatchObject({ code: expected, facts: { cause: `${code} happened` } });
    expect(failure.message).toContain('trust.example.com:4443');
    expect(failure.message).toContain(words);
    expect(JSON.stringify(failure)).not.toContain('geheim');
  });

  it('of several addresses at once is named after the first', () => {
    const several = new AggregateError([nodeError('ECONNREFUSED'), nodeError('ENETUNREACH')]);
    expect(transportFailure(several, url).message).toContain('refused');
  });

  it('that is a failure of ours stays as it is', () => {
    const failure = new Failure('TIMEOUT', 'x');
    expect(transportFailure(failure, url)).toBe(failure);
  });

  it.each([undefined, null, 'text', 7, {}, { code: 7 }, new AggregateError([])])(
    'that is no error at all (%j) is one all the same',
    (thrown) => {
      expect(errorCodeOf(thrown)).toBeUndefined();
      expect(transportFailure(thrown, url)).toMatchObject({ code: 'UNREACHABLE' });
    },
  );

  it('shows no control character of the cause', () => {
    const failure = transportFailure(nodeError('ECONNRESET', 'a\u001b[2J'), url);
    expect(failure.facts.cause).toBe('a\\u{1b}[2J');
  });
});

it('a broken connection and a peer without TLS are told apart from the rest', () => {
  const broken = transportFailure(nodeError('ECONNRESET'), url);
  const refused = transportFailure(nodeError('ECONNREFUSED'), url);
  const plain = transportFailure(nodeError('ERR_SSL_WRONG_VERSION_NUMBER'), url);
  expect([broken, refused, plain].map((failure) => isBrokenConnection(failure))).toEqual([
    true,
    false,
    false,
  ]);
  expect([broken, refused, plain].map((failure) => isNotTls(failure))).toEqual([
    false,
    false,
    true,
  ]);
});
