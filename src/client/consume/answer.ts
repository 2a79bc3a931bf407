// What a server said to a question that may go unanswered: so that two questions can be asked at once and
// judged one after the other.
import { asFailure, exitStatus, Failure, isFailure } from '../../errors.ts';

export type Answer =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** 404. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** Waits for a fetch without throwing. */
export async function answerOf(fetch: Promise<Buffer | undefined>): Promise<Answer> {
  try {
    const bytes = await fetch;
    return bytes === undefined ? { kind: 'absent' } : { kind: 'bytes', bytes };
  } catch (error) {
    return { kind: 'failed', failure: asFailure(error) };
  }
}

/**
 * True when the server could not be reached or is in trouble itself. A refusal (login, rights, certificate) and
 * an answer that is not a trust server's are definite: hiding those behind the cache would help nobody.
 */
export function isOutage(failure: Failure): boolean {
  return isFailure(failure, 'UNREACHABLE', 'TIMEOUT', 'SERVER_ERROR', 'RATE_LIMITED');
}

/** True for a failure that says something about trust data, not about the network or this machine. */
export function isRefusal(failure: Failure): boolean {
  const { refused, unsigned, expired } = exitStatus;
  return failure.exit === refused || failure.exit === unsigned || failure.exit === expired;
}

/** The server could not be asked, and the cached timestamp does not serve either: both are said. */
export function cacheUnusable(problem: Failure, cacheFault: Failure): Failure {
  return problem.with({
    message: `${problem.message}, and the cache cannot stand in`,
    facts: { ...problem.facts, cache: cacheFault.message },
  });
}

/** Go's words for a repository that the server does not have. */
export function noTrustData(gun: string, serverUrl: string): Failure {
  const host = URL.canParse(serverUrl) ? new URL(serverUrl).host : serverUrl;
  return new Failure('NO_TRUST_DATA', `${host} does not have trust data for ${gun}`, {
    facts: { server: serverUrl, repository: gun },
  });
}

export function timestampMissing(gun: string, serverUrl: string): Failure {
  return new Failure('METADATA_MISSING', 'timestamp trust data unavailable', {
    facts: { server: serverUrl, repository: gun },
    meaning: 'The server has a root for the repository but no timestamp: data was lost there.',
  });
}

export function pinRequired(gun: string): Failure {
  return new Failure('PIN_REQUIRED', `${gun} is not trusted yet and no pin is set for it`);
}
