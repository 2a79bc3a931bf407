// Sends requests with the login that their server wants, learned from its challenge.
//
// The scheme of a server is learned from its first 401 and remembered; a request with a body asks first, so
// that a large upload is not sent twice. Scopes are ours and the least that will do. Invariants: a login goes
// only to the origin that was asked for (never where a redirect led), or to the token service it names; one
// request is repeated at most once; no secret is in a failure, but who refused whom what is.

import {
  type Access,
  type Authorization,
  type AuthorizedResponse,
  forbidden,
  refused,
  unauthorized,
  withAccess,
  withoutSecrets,
} from './access.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { shown } from './foreign-text.ts';
import type { HttpClient, HttpRequest, HttpResponse } from './http.ts';
import { basicAuthorization, fetchToken, type Token } from './token-service.ts';

/** Tokens are few (one per repository and kind of access); beyond this the oldest is forgotten. */
const maxTokens = 256;
const probeBytes = 64 * 1024;

export class Authenticator {
  readonly #http: HttpClient;
  readonly #source: CredentialSource;
  readonly #challenges = new Map<string, Challenge | undefined>();
  readonly #tokens = new Map<string, Promise<Token>>();

  constructor(http: HttpClient, source: CredentialSource) {
    this.#http = http;
    this.#source = source;
  }

  /**
   * Sends `request` with what `access` allows.
   * @throws Failure UNAUTHORIZED or FORBIDDEN when the server or its token service refuses, and as the HTTP
   *   client; every other status is an answer
   */
  async send(request: HttpRequest, access: Access): Promise<AuthorizedResponse> {
    const { origin } = request.url;
    if (request.body !== undefined && !this.#challenges.has(origin))
      await this.#probe(request, access);
    const first = await this.#authorize(this.#challenges.get(origin), access);
    const answer = await this.#sendWith(request, first);
    if (answer.status === 403) throw forbidden(request, access, first, answer);
    if (answer.status !== 401) return answer;
    if (answer.url.origin !== origin) throw unauthorized(request, access, undefined, answer);
    const challenge = this.#learn(answer);
    if (challenge === undefined || !mayHelp(challenge, first)) {
      throw refused(request, access, first, answer, challenge);
    }
    if (first.token !== undefined) this.#tokens.delete(first.token.key);
    const renewed = await this.#authorize(challenge, access);
    const second = { ...renewed, secrets: [...first.secrets, ...renewed.secrets] };
    if (second.header === undefined) throw unauthorized(request, access, second, answer);
    const again = await this.#sendWith(request, second);
    if (again.status === 403) throw forbidden(request, access, second, again);
    if (again.status === 401) throw refused(request, access, second, again, this.#learn(again));
    return again;
  }

  /** Learns the scheme of a server from an answer to a request without authorization. */
  learn(answer: HttpResponse): void {
    this.#learn(answer);
  }

  async #sendWith(
    request: HttpRequest,
    { header, secrets }: Authorization,
  ): Promise<AuthorizedResponse> {
    const authorization = header === undefined ? {} : { authorization: header };
    const headers = { ...request.headers, ...authorization };
    try {
      return { ...(await this.#http.send({ ...request, headers })), secrets };
    } catch (error) {
      throw withoutSecrets(error, request.url, secrets);
    }
  }

  async #probe(request: HttpRequest, access: Access): Promise<void> {
    const { plainHttp } = request;
    this.#learn(
      await this.#http.send({
        method: 'GET',
        url: access.probe,
        maxBytes: probeBytes,
        ...(plainHttp === undefined ? {} : { plainHttp }),
      }),
    );
  }

  #learn(answer: HttpResponse): Challenge | undefined {
    const header = answer.status === 401 ? (answer.headers['www-authenticate'] ?? '') : '';
    const [challenge] = parseChallenges(header, answer.url);
    this.#challenges.set(answer.url.origin, challenge);
    return challenge;
  }

  async #authorize(challenge: Challenge | undefined, access: Access): Promise<Authorization> {
    if (challenge === undefined) {
      return { header: undefined, login: 'not asked for', hasLogin: false, secrets: [] };
    }
    const { host, login } = await this.#login(access.logins);
    const common = {
      login:
        login === undefined
          ? `none stored for ${access.logins.join(' or ')}`
          : described(login, host),
      hasLogin: login !== undefined,
    };
    if (login?.kind === 'bearer') return withHeader(common, `Bearer ${login.token}`, [login.token]);
    if (challenge.scheme === 'basic') {
      if (login?.kind !== 'password') return { ...common, header: undefined, secrets: [] };
      return withHeader(common, basicAuthorization(login), [login.password]);
    }
    const key = JSON.stringify([challenge.realm.href, challenge.service, access.scope, host]);
    try {
      const { text } = await this.#token(key, challenge, access, login);
      return { ...withHeader(common, `Bearer ${text}`, [text]), token: { key } };
    } catch (error) {
      throw withAccess(error, access, common.login);
    }
  }

  async #login(
    hosts: readonly string[],
  ): Promise<{ host?: string; login: Credentials | undefined }> {
    for (const host of hosts) {
      const login = await this.#source.credentials(host);
      if (login !== undefined) return { host, login };
    }
    return { login: undefined };
  }

  /** One request for a token serves all who want it at the same time. */
  async #token(
    key: string,
    challenge: Challenge & { scheme: 'bearer' },
    { scope, probe: namedBy }: Access,
    login: Credentials | undefined,
  ): Promise<Token> {
    for (;;) {
      const known = this.#tokens.get(key);
      if (known === undefined) break;
      const token = await known;
      if (token.staleAtMs > performance.now()) return token;
      if (this.#tokens.get(key) === known) this.#tokens.delete(key);
    }
    const { realm, service } = challenge;
    const fetched = fetchToken(this.#http, { realm, namedBy, service, scope, login });
    this.#tokens.set(key, fetched);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > maxTokens && oldest !== undefined) this.#tokens.delete(oldest);
    try {
      return await fetched;
    } catch (error) {
      this.#tokens.delete(key);
      throw error;
    }
  }
}

/** Whether another try can end better: nothing was sent, or what was sent may have grown old. */
function mayHelp(challenge: Challenge, sent: Authorization): boolean {
  if (challenge.scheme === 'basic') return sent.header === undefined;
  return sent.header === undefined || challenge.error !== 'insufficient_scope';
}

function withHeader(
  about: { readonly login: string; readonly hasLogin: boolean },
  header: string,
  secrets: readonly string[],
): Authorization {
  return { ...about, header, secrets: [...secrets, header.slice(header.indexOf(' ') + 1)] };
}

function described(login: Credentials, host: string | undefined): string {
  const whose = host === undefined ? '' : ` of ${host}`;
  if (login.kind === 'password') return `sent, as ${shown(login.username, 60)}${whose}`;
  return `sent, a stored token${whose}`;
}
