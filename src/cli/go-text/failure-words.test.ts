import { describe, expect, it } from 'vitest';
import { type ErrorCode, Failure } from '../../errors.ts';
import { goWords } from './failure-words.ts';

const from = (code: ErrorCode, cause: object, message = 'ours'): Failure =>
  new Failure(code, message, { cause: new Failure('UNREACHABLE', 'in between', { cause }) });
const dial = (code: string, address = '127.0.0.1') =>
  Object.assign(new Error(code), { code, address, port: 9 });

describe('the words of Go', () => {
  // As docker 28.2.2 and notary 0.7.0 print them.
  it.each([
    [
      from('UNREACHABLE', dial('ECONNREFUSED')),
      'dial tcp 127.0.0.1:9: connect: connection refused',
    ],
    [
      from('UNREACHABLE', dial('ECONNREFUSED', '::1')),
      'dial tcp [::1]:9: connect: connection refused',
    ],
    [
      from(
        'UNREACHABLE',
        Object.assign(new AggregateError([dial('ECONNREFUSED', '::1'), dial('ECONNREFUSED')]), {
          code: 'ECONNREFUSED',
        }),
      ),
      'dial tcp [::1]:9: connect: connection refused',
    ],
    [
      from(
        'UNREACHABLE',
        Object.assign(new Error(), { code: 'ENOTFOUND', hostname: 'trust.invalid' }),
      ),
      'dial tcp: lookup trust.invalid: no such host',
    ],
    [
      from('TLS_UNTRUSTED', dial('UNABLE_TO_VERIFY_LEAF_SIGNATURE')),
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    ],
    [
      from('TLS_UNTRUSTED', dial('CERT_HAS_EXPIRED')),
      'tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
    ],
    [
      new Failure('UNAUTHORIZED', 'ours'),
      'you are not authorized to perform this operation: server returned 401.',
    ],
    [
      new Failure('FORBIDDEN', 'ours', { facts: { status: '401' } }),
      'you are not authorized to perform this operation: server returned 401.',
    ],
    [
      new Failure('FORBIDDEN', 'ours', { facts: { status: '403' } }),
      'unable to reach trust server at this time: 403.',
    ],
    [
      new Failure('UNAUTHORIZED', 'ours', {
        cause: Object.assign(new Error(), { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }),
      }),
      'remote error: tls: certificate required',
    ],
    [
      new Failure('SERVER_ERROR', 'ours', { facts: { status: '500' } }),
      'unable to reach trust server at this time: 500.',
    ],
    [
      new Failure('METADATA_MISSING', 'timestamp trust data unavailable'),
      'timestamp trust data unavailable.  Has a notary repository been initialized?',
    ],
    [
      new Failure('ROOT_CHANGED', 'the root of trust changed'),
      'could not rotate trust to a new trusted root: failed to validate data with current trusted certificates',
    ],
    [
      new Failure(
        'TAG_NOT_SIGNED',
        'No valid trust data for v1: registry.test/app:v1 is not signed',
      ),
      'No valid trust data for v1',
    ],
    [
      new Failure('KEY_NOT_FOUND', 'ours', { facts: { 'one of these': 'aa, bb' } }),
      'could not find necessary signing keys, at least one of these keys must be available: aa, bb',
    ],
    [
      new Failure('NO_TRUST_DATA', 'h:1 does not have trust data for r'),
      'h:1 does not have trust data for r',
    ],
  ])('%# are %s', (failure, words) => {
    expect(goWords(failure)).toBe(words);
  });

  it('are our own where Go says nothing that helps', () => {
    expect(goWords(from('UNREACHABLE', dial('ECONNRESET')))).toBe('ours');
    expect(goWords(new Failure('SERVER_ERROR', 'a web page'))).toBe('a web page');
    expect(goWords(new Failure('PASSPHRASE_WRONG', 'the passphrase'))).toBe('the passphrase');
  });
});
