// What a request is allowed to ask for, and the failures of a request that was not allowed.
//
// They name who refused whom what: server, repository, scope, whether a login was sent and as whom, and the
// words of the other side. Invariant: no password or token is in any of them, not even when the other side repeats it.

import { Failure, isFailure } from '../errors.ts';
import type { Challenge } from './challenge.ts';
import { shown } from './foreign-text.ts';
import type { HttpRequest, HttpResponse } from './http.ts';
import { repeats, serverWords } from './server-words.ts';

export interface Access {
  /** What the reader knows it by: the GUN, or the name of the image. */
  readonly repository: string;
  /** Such as `repository:registry.example.com/team/app:pull`. */
  readonly scope: string;
  /** Hosts whose stored login is used: the first that has one. */
  readonly logins: readonly string[];
  /** Asked before a request with a body when nothing is known of the server. */
  readonly probe: URL;
}

/** What went along with a request. */
export interface Authorization {
  readonly header: string | undefined;
  readonly login: string;
  readonly hasLogin: boolean;
  readonly token?: { readonly key: string };
  /** What must appear in no message. */
  readonly secrets: readonly string[];
}

/** An answer, with the secrets that its server was sent: what it says of them is not for messages. */
export interface AuthorizedResponse extends HttpResponse {
  readonly secrets: readonly string[];
}

function facts(
  request: HttpRequest,
  access: Access,
  sent: Authorization | undefined,
  answer: AuthorizedResponse,
): Readonly<Record<string, string>> {
  return {
    server: shown(answer.url.origin),
    repository: shown(access.repository),
    scope: shown(access.scope),
    login: sent?.login ?? 'not sent where a redirect led',
    answer: serverWords(answer, answer.secrets) ?? `status ${answer.status} to ${request.method}`,
  };
}

export function refused(
  request: HttpRequest,
  access: Access,
  sent: Authorization,
  answer: AuthorizedResponse,
  challenge: Challenge | undefined,
): Failure {
  const isScope = challenge?.scheme === 'bearer' && challenge.error === 'insufficient_scope';
  return isScope && sent.hasLogin
    ? forbidden(request, access, sent, answer)
    : unauthorized(request, access, sent, answer);
}

export function unauthorized(
  request: HttpRequest,
  access: Access,
  sent: Authorization | undefined,
  answer: AuthorizedResponse,
): Failure {
  const hasLogin = sent?.hasLogin === true;
  const what = hasLogin ? 'does not accept the login' : 'asks for a login';
  return new Failure('UNAUTHORIZED', `${answer.url.host} ${what} for ${shown(access.repository)}`, {
    facts: facts(request, access, sent, answer),
    remedy: `Run docker login ${loginHost(access)}${hasLogin ? ' again' : ''}, or check its rights.`,
  });
}

export function forbidden(
  request: HttpRequest,
  access: Access,
  sent: Authorization,
  answer: AuthorizedResponse,
): Failure {
  return new Failure(
    'FORBIDDEN',
    `${answer.url.host} does not allow this for ${shown(access.repository)}`,
    {
      facts: { ...facts(request, access, sent, answer), status: String(answer.status) },
    },
  );
}

/** What the token service said, with what was wanted of it. */
export function withAccess(error: unknown, access: Access, login: string): unknown {
  if (!isFailure(error, 'UNAUTHORIZED')) return error;
  return error.with({
    message: `${error.message} for ${shown(access.repository)}`,
    facts: {
      ...error.facts,
      repository: shown(access.repository),
      scope: shown(access.scope),
      login,
    },
    remedy: `Run docker login ${loginHost(access)}.`,
  });
}

/** A failure of the exchange with `host`, whose message may hold words of its own: where it sends on to. */
export function withoutSecrets(error: unknown, { host }: URL, secrets: readonly string[]): unknown {
  if (!isFailure(error, 'SERVER_ERROR')) return error;
  // A name that we asked for is no echo, even if the password is a word of it.
  if (!repeats(error.message.replaceAll(host, ''), secrets)) return error;
  return new Failure(error.code, `${host} answered with words that repeat the login`);
}

function loginHost(access: Access): string {
  const [host = ''] = access.logins;
  return host === 'docker.io' ? '' : shown(host);
}
