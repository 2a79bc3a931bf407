import { describe, expect, it } from 'vitest';
import { type ErrorCode, Failure } from '../../errors.ts';
import { notaryError, plainError, prefixed } from './words.ts';

const refused = Object.assign(new Error(), { code: 'ECONNREFUSED', address: '127.0.0.1', port: 9 });

describe('a failure at the trust server', () => {
  // docker trust §8; spelled as docker 28 does.
  it.each([
    [
      new Failure('NO_TRUST_DATA', 'h:1 does not have trust data for r'),
      'Error: remote trust data does not exist for r: h:1 does not have trust data for r',
    ],
    [
      new Failure('UNREACHABLE', 'ours', { cause: refused }),
      'Error: error contacting notary server: dial tcp 127.0.0.1:9: connect: connection refused',
    ],
    [
      new Failure('METADATA_EXPIRED', 'timestamp expired at Sat Nov 21 2026'),
      'Error: remote repository r out-of-date: timestamp expired at Sat Nov 21 2026',
    ],
    [
      new Failure('ROLLBACK', 'timestamp version 1 is lower than current version 2'),
      'Warning: potential malicious behavior - trust data version is lower than expected for remote repository r: timestamp version 1 is lower than current version 2',
    ],
    [
      new Failure('THRESHOLD_UNMET', 'valid signatures did not meet threshold for timestamp'),
      'Warning: potential malicious behavior - trust data has insufficient signatures for remote repository r: valid signatures did not meet threshold for timestamp',
    ],
    [
      new Failure('METADATA_MISSING', 'timestamp trust data unavailable'),
      'Error: trust data missing for remote repository r or remote repository not found: timestamp trust data unavailable.  Has a notary repository been initialized?',
    ],
    [
      new Failure('ROOT_CHANGED', 'the root of trust changed'),
      'Warning: potential malicious behavior - trust data mismatch for remote repository r: could not rotate trust to a new trusted root: failed to validate data with current trusted certificates',
    ],
    [
      new Failure('NOT_A_TRUST_SERVER', 'a web page'),
      'Error: no trust data available for remote repository r. Try running notary server and setting DOCKER_CONTENT_TRUST_SERVER to its HTTPS address?',
    ],
    [
      new Failure('UNAUTHORIZED', 'ours'),
      'you are not authorized to perform this operation: server returned 401.',
    ],
  ])('%# is %s', (failure, message) => {
    const told = notaryError(failure, 'r');
    expect(told).toMatchObject({ code: failure.code, message, cause: failure, remedy: '' });
  });

  it('that docker has no words for keeps ours, and what to do', () => {
    const failure = new Failure('PIN_MISMATCH', 'not the root that was pinned');
    expect(notaryError(failure, 'r')).toBe(failure);
  });

  it('names the key that a passphrase does not open', () => {
    const facts = { key: 'the targets key 7a3d54e of r', passphrase: 'the passphrase in X' };
    const failure = new Failure('PASSPHRASE_WRONG', 'password invalid', { facts });
    expect(plainError(failure).remedy).toBe(
      'the passphrase in X does not open the targets key 7a3d54e of r',
    );
  });

  it('keeps its code behind what a command says first', () => {
    const codes: readonly ErrorCode[] = ['ROLLBACK', 'DISK'];
    for (const code of codes) {
      const cause = new Failure(code, 'why', { facts: { a: 'b' }, meaning: 'm', remedy: 'r' });
      expect(prefixed('failed: ', cause)).toMatchObject({
        code,
        message: 'failed: why',
        facts: { a: 'b' },
        meaning: 'm',
        remedy: 'r',
        cause,
      });
    }
  });
});
