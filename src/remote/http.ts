// The HTTPS client of everything that goes out: redirects, retries and the total deadline over single
// exchanges. Built on node:https alone, because every other client costs a short command 80 ms more.
//
// Invariants: https is never left for http; http is spoken only where the caller allows it; after a redirect
// to another origin only `accept` and `user-agent` go along; only requests that change nothing are repeated.
// Safe for concurrent requests; `close` ends the kept connections.

import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '../errors.ts';
import type { CertificateSettings } from './certificates.ts';
import { Connections } from './connections.ts';
import { exchange, type HttpRequest, type HttpResponse } from './exchange.ts';
import { shown, shownUrl } from './foreign-text.ts';
import { Deadline, defaultTimeLimits, type TimeLimits } from './pace.ts';
import type { ProxyEnvironment } from './proxy.ts';
import { isBrokenConnection } from './transport-failure.ts';

export type { HttpRequest, HttpResponse } from './exchange.ts';

export interface HttpSettings {
  readonly certificates?: CertificateSettings;
  readonly proxies?: ProxyEnvironment;
  readonly limits?: Partial<TimeLimits>;
  readonly userAgent?: string;
}

export interface HttpClient {
  /**
   * Any status is an answer.
   * @throws Failure as `exchange`, and SERVER_ERROR for a redirect that leads nowhere good
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  close(): void;
}

/** A registry sends a blob's reader on at most twice; more is a loop. */
const maxRedirects = 5;
/** How often a request that changes nothing is sent again. */
const maxRetries = 2;
/** Pause before the first repetition when the server names none; doubled for the next. */
const firstPauseMs = 200;
/** A server that wants a longer pause than this gets its answer passed on instead. */
const maxPauseMs = 30_000;

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const busyStatuses: ReadonlySet<number> = new Set([429, 503]);

export function createHttpClient(settings: HttpSettings = {}): HttpClient {
  return new Client(settings);
}

class Client implements HttpClient {
  readonly #limits: TimeLimits;
  readonly #userAgent: string;
  readonly #connections: Connections;

  constructor(settings: HttpSettings) {
    this.#limits = { ...defaultTimeLimits, ...settings.limits };
    this.#userAgent = settings.userAgent ?? 'paraph';
    this.#connections = new Connections({ ...settings, connectMs: this.#limits.connectMs });
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const deadline = new Deadline(request.deadlineMs ?? this.#limits.deadlineMs);
    let current: HttpRequest = {
      ...request,
      headers: { 'user-agent': this.#userAgent, ...request.headers },
    };
    for (let followed = 0; ; followed += 1) {
      refuseScheme(current);
      const answer = await this.#persist(current, deadline);
      if (!redirectStatuses.has(answer.status)) return answer;
      if (followed === maxRedirects)
        throw leadsNowhere(request.url, `more than ${maxRedirects} redirects`);
      current = redirected(current, answer);
    }
  }

  close(): void {
    this.#connections.close();
  }

  /** Repeats what may be repeated, within the deadline. */
  async #persist(request: HttpRequest, deadline: Deadline): Promise<HttpResponse> {
    // Pieces that were handed out cannot be taken back.
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const repeatable = isRead && request.receive === undefined;
    for (let retry = 0; ; retry += 1) {
      const mayRepeat = repeatable && retry < maxRetries;
      const patienceMs = Math.min(deadline.remainingMs / 2, maxPauseMs);
      try {
        const answer = await this.#once(request, deadline, repeatable);
        const pauseMs = busyStatuses.has(answer.status) ? retryAfterMs(answer) : undefined;
        if (pauseMs === undefined || !mayRepeat || pauseMs > patienceMs) return answer;
        await pause(pauseMs);
      } catch (error) {
        const pauseMs = firstPauseMs * 2 ** retry;
        if (!mayRepeat || pauseMs > patienceMs || !isBrokenConnection(error)) throw error;
        await pause(pauseMs);
      }
    }
  }

  async #once(
    request: HttpRequest,
    deadline: Deadline,
    repeatable: boolean,
  ): Promise<HttpResponse> {
    const { url, namedBy } = request;
    const attempt = (): Promise<HttpResponse> => {
      const agent = this.#connections.agent(url, repeatable, namedBy);
      return exchange(request, agent, this.#limits, deadline);
    };
    try {
      return await attempt();
    } catch (error) {
      // A certificate is judged before anything is sent, so this repeats nothing.
      const isUntrusted = error instanceof Failure && error.code === 'TLS_UNTRUSTED';
      if (!isUntrusted || !this.#connections.widen(url, namedBy)) throw error;
      return attempt();
    }
  }
}

function refuseScheme(request: HttpRequest): void {
  const { protocol, username } = request.url;
  if (username !== '') {
    throw new Failure('CONFIG_INVALID', `the address of ${request.url.host} contains a user name`, {
      remedy: 'Leave the login out of the address; use docker login.',
    });
  }
  if (protocol === 'https:' || (protocol === 'http:' && request.plainHttp === true)) return;
  throw new Failure('CONFIG_INVALID', `${shownUrl(request.url)} is not an https address`, {
    remedy: 'Write an address that begins with https://.',
  });
}

/** The request that a redirect asks for. The peer chose the address: it may point anywhere. */
function redirected(request: HttpRequest, answer: HttpResponse): HttpRequest {
  const location = answer.headers.location ?? '';
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw leadsNowhere(request.url, `${request.method} was sent on to ${shown(location)}`);
  }
  if (location === '' || !URL.canParse(location, request.url.href)) {
    throw leadsNowhere(request.url, `a redirect without a usable address: ${shown(location)}`);
  }
  const url = new URL(location, request.url);
  if (url.username !== '' || (url.protocol !== 'https:' && url.protocol !== request.url.protocol)) {
    throw leadsNowhere(request.url, `a redirect to ${shownUrl(url)}, which is not https`);
  }
  if (url.origin === request.url.origin) return { ...request, url };
  const { namedBy: _, ...rest } = request;
  return { ...rest, url, headers: harmless(request.headers ?? {}) };
}

function harmless(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name === 'accept' || name === 'user-agent'),
  );
}

function leadsNowhere(url: URL, what: string): Failure {
  return new Failure('SERVER_ERROR', `${url.host} answered ${what}`, {
    facts: { url: shownUrl(url) },
    remedy: 'Check the address: it may have moved, or be that of another service.',
  });
}

/** Seconds or a date, the date against the server's own clock; undefined when there is none. */
function retryAfterMs(answer: HttpResponse): number | undefined {
  const value = answer.headers['retry-after'];
  if (value === undefined) return undefined;
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000;
  const wait = Date.parse(value) - Date.parse(answer.headers.date ?? '');
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}
