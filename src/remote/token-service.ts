// Tokens for one scope at a time from the service that a Bearer challenge names.
//
// Two requests, as docker makes them: GET with the login as Basic authorization (or without one, for what
// anyone may do), or POST of a refresh token. Invariants: the scope asked for is ours, never the
// challenge's; no secret is in a URL or in a failure; a token that does not fit in a header is refused.

import { Failure } from '../errors.ts';
import type { Credentials } from './credentials.ts';
import { shownUrl } from './foreign-text.ts';
import type { HttpClient, HttpRequest, HttpResponse } from './http.ts';
import { jsonObject, serverWords } from './server-words.ts';

export interface TokenRequest {
  readonly realm: URL;
  /** The server whose challenge named the realm: docker trusts the realm by that server's authorities too. */
  readonly namedBy: URL;
  readonly service: string | undefined;
  /** Such as `repository:registry.example.com/team/app:pull`. */
  readonly scope: string;
  readonly login: Credentials | undefined;
}

export interface Token {
  readonly text: string;
  /** Moment of monotonic time (`performance.now`) after which the token is not sent any more. */
  readonly staleAtMs: number;
}

const maxAnswerBytes = 64 * 1024;
const maxTokenChars = 16 * 1024;
/** Services may name less, or nothing; docker never takes a token for less than this. */
const minLifetimeSeconds = 60;
/** A token is left this long before its end, so that it does not run out on its way. */
const marginMs = 5_000;
const deadlineMs = 30_000;

/**
 * @throws Failure UNAUTHORIZED when the service refuses the login, SERVER_ERROR (or RATE_LIMITED) when it gives no
 *   token
 */
export async function fetchToken(http: HttpClient, request: TokenRequest): Promise<Token> {
  const answer = await http.send(tokenRequest(request));
  if (answer.status === 400 || answer.status === 401 || answer.status === 403) {
    throw refused(request, answer);
  }
  const body = answer.status === 200 ? jsonObject(answer) : undefined;
  const text = body?.get('token') ?? body?.get('access_token');
  if (typeof text !== 'string' || !/^[\x21-\x7e]+$/.test(text) || text.length > maxTokenChars) {
    const code = answer.status === 429 ? 'RATE_LIMITED' : 'SERVER_ERROR';
    throw new Failure(code, `the token service ${request.realm.host} gave no token`, {
      facts: {
        url: shownUrl(request.realm),
        answer: serverWords(answer, secretsOf(request)) ?? `status ${answer.status}`,
      },
    });
  }
  const lifetime = body?.get('expires_in');
  const seconds = typeof lifetime === 'number' && Number.isFinite(lifetime) ? lifetime : 0;
  const lifetimeMs = Math.max(minLifetimeSeconds, Math.min(seconds, 86_400)) * 1000;
  return { text, staleAtMs: performance.now() + lifetimeMs - marginMs };
}

function tokenRequest(request: TokenRequest): HttpRequest {
  const { realm, namedBy, service, scope, login } = request;
  const common = { maxBytes: maxAnswerBytes, deadlineMs, plainHttp: true, namedBy };
  if (login?.kind === 'identity') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: login.token,
      client_id: 'docker',
      scope,
      ...(service === undefined ? {} : { service }),
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url: realm, headers, body: [Buffer.from(form.toString())], ...common };
  }
  const url = new URL(realm);
  if (login?.kind === 'password') url.searchParams.append('account', login.username);
  url.searchParams.append('scope', scope);
  if (service !== undefined) url.searchParams.append('service', service);
  const headers = login?.kind === 'password' ? { authorization: basicAuthorization(login) } : {};
  return { method: 'GET', url, headers, ...common };
}

export function basicAuthorization(login: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
}

function secretsOf({ login }: TokenRequest): readonly string[] {
  if (login === undefined) return [];
  return login.kind === 'password'
    ? [login.password, basicAuthorization(login).slice('Basic '.length)]
    : [login.token];
}

function refused(request: TokenRequest, answer: HttpResponse): Failure {
  return new Failure('UNAUTHORIZED', `the token service ${request.realm.host} refused the login`, {
    facts: {
      url: shownUrl(request.realm),
      answer: serverWords(answer, secretsOf(request)) ?? `status ${answer.status}`,
    },
  });
}
