// Failures in the words of docker trust (docker trust §8), spelled as docker 28 does. The code and what it means stay
// with the failure that is the cause.
//
// A failure for which docker has words ends up with an empty remedy: scripts read what docker printed, and nothing else.
import { type ErrorCode, Failure } from '../../errors.ts';
import { goWords } from '../go-text/failure-words.ts';

interface Wording {
  /** Before Go's words about what failed. */
  readonly before: (gun: string) => string;
}

const mismatch: Wording = {
  before: (gun) =>
    `Warning: potential malicious behavior - trust data mismatch for remote repository ${gun}: `,
};
const notContacted: Wording = { before: () => 'Error: error contacting notary server: ' };

const wordings: Partial<Readonly<Record<ErrorCode, Wording>>> = {
  NO_TRUST_DATA: { before: (gun) => `Error: remote trust data does not exist for ${gun}: ` },
  UNREACHABLE: notContacted,
  TLS_UNTRUSTED: notContacted,
  TIMEOUT: notContacted,
  METADATA_EXPIRED: { before: (gun) => `Error: remote repository ${gun} out-of-date: ` },
  ROLLBACK: {
    before: (gun) =>
      `Warning: potential malicious behavior - trust data version is lower than expected for remote repository ${gun}: `,
  },
  THRESHOLD_UNMET: {
    before: (gun) =>
      `Warning: potential malicious behavior - trust data has insufficient signatures for remote repository ${gun}: `,
  },
  METADATA_MISSING: {
    before: (gun) =>
      `Error: trust data missing for remote repository ${gun} or remote repository not found: `,
  },
  ROOT_CHANGED: mismatch,
  ROOT_INVALID: mismatch,
};

/** What docker prints for a failure at the trust server. */
export function notaryError(failure: Failure, gun: string): Failure {
  if (failure.code === 'NOT_A_TRUST_SERVER') {
    const message = `Error: no trust data available for remote repository ${gun}. Try running notary server and setting DOCKER_CONTENT_TRUST_SERVER to its HTTPS address?`;
    return inWords(failure, message);
  }
  const wording = wordings[failure.code];
  if (wording === undefined) return plainError(failure);
  return inWords(failure, `${wording.before(gun)}${goWords(failure)}`);
}

/** The failure in Go's words alone, as most commands print it after words of their own. */
export function plainError(failure: Failure): Failure {
  const { key, passphrase } = failure.facts;
  // docker does not say which key it was.
  if (failure.code === 'PASSPHRASE_WRONG' && key !== undefined && passphrase !== undefined) {
    return failure.with({ remedy: `${passphrase} does not open ${key}` });
  }
  const message = goWords(failure);
  return message === failure.message ? failure : inWords(failure, message);
}

/** docker's own words, and nothing beside them: facts and meaning stay with the cause. */
export function inWords(failure: Failure, message: string): Failure {
  return new Failure(failure.code, message, { cause: failure, remedy: '' });
}

/** `failure` after `prefix`, all else as it was. */
export function prefixed(prefix: string, failure: Failure): Failure {
  return failure.with({ message: `${prefix}${failure.message}` });
}
