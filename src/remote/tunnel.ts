// An agent whose connections to one origin go through a proxy: CONNECT, then TLS with the origin inside.
//
// The proxy is no part of the trust: the certificate of the origin is checked as on a direct connection.
// Invariants: only the origin's host and port and the proxy's own login are told to the proxy; each failure
// before the tunnel stands names the proxy, not the origin.

import { request as plainRequest } from 'node:http';
import { Agent, type AgentOptions, type RequestOptions, request as tlsRequest } from 'node:https';
import { Duplex } from 'node:stream';
import { connect, type SecureContext } from 'node:tls';
import { Failure } from '../errors.ts';
import { shown } from './foreign-text.ts';
import type { Proxy } from './proxy.ts';
import { transportFailure } from './transport-failure.ts';

type Connected = (error: Error | null, stream: Duplex) => void;

export class TunnelAgent extends Agent {
  readonly #origin: URL;
  readonly #proxy: Proxy;
  readonly #secureContext: SecureContext;
  readonly #connectMs: number;
  readonly #isVerified: boolean;

  constructor(
    origin: URL,
    proxy: Proxy,
    secureContext: SecureContext,
    connectMs: number,
    options: AgentOptions,
  ) {
    super(options);
    this.#origin = origin;
    this.#proxy = proxy;
    this.#secureContext = secureContext;
    this.#connectMs = connectMs;
    this.#isVerified = options.rejectUnauthorized !== false;
  }

  override createConnection(_options: RequestOptions, connected?: Connected): undefined {
    void this.#connect().then(
      (stream) => connected?.(null, stream),
      // Node reads only the error then; its type wants a stream all the same.
      (error: unknown) => connected?.(transportFailure(error, this.#origin), new Duplex()),
    );
  }

  async #connect(): Promise<Duplex> {
    const tunnel = await this.#tunnel();
    return new Promise((resolve, reject) => {
      const servername = this.#origin.hostname.startsWith('[') ? undefined : this.#origin.hostname;
      const stream = connect({
        socket: tunnel,
        secureContext: this.#secureContext,
        host: this.#origin.hostname,
        rejectUnauthorized: this.#isVerified,
        ...(servername === undefined ? {} : { servername }),
      });
      stream.setTimeout(this.#connectMs, () =>
        stream.destroy(new Failure('TIMEOUT', `${this.#origin.host} did not finish the handshake`)),
      );
      stream.once('secureConnect', () => {
        stream.setTimeout(0);
        stream.off('error', reject);
        resolve(stream);
      });
      stream.once('error', reject);
    });
  }

  /** The raw connection to the origin that the proxy opened; UNREACHABLE when it did not. */
  #tunnel(): Promise<Duplex> {
    const { url, authorization } = this.#proxy;
    const port = this.#origin.port === '' ? '443' : this.#origin.port;
    const authority = `${this.#origin.hostname}:${port}`;
    return new Promise((resolve, reject) => {
      const options: RequestOptions = {
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port === '' ? undefined : url.port,
        method: 'CONNECT',
        path: authority,
        agent: false,
        headers: {
          host: authority,
          ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
        },
      };
      const message =
        url.protocol === 'https:'
          ? tlsRequest({ ...options, rejectUnauthorized: true })
          : plainRequest(options);
      message.setTimeout(this.#connectMs, () =>
        message.destroy(new Failure('TIMEOUT', `the proxy ${url.host} did not answer in time`)),
      );
      message.once('error', (error) => reject(viaProxy(error, url)));
      message.once('response', (answer) => {
        message.destroy();
        reject(refused(url, authority, answer.statusCode ?? 0, answer.statusMessage ?? ''));
      });
      message.once('connect', (answer, socket) => {
        socket.setTimeout(0);
        if (answer.statusCode === 200) return resolve(socket);
        socket.destroy();
        return reject(refused(url, authority, answer.statusCode ?? 0, answer.statusMessage ?? ''));
      });
      message.end();
    });
  }
}

function viaProxy(error: unknown, proxy: URL): Failure {
  const failure = transportFailure(error, new URL(proxy.origin));
  return new Failure(failure.code, `through HTTPS_PROXY: ${failure.message}`, {
    cause: error,
    facts: failure.facts,
    remedy: 'Check HTTPS_PROXY, or list the host in NO_PROXY.',
  });
}

function refused(proxy: URL, authority: string, status: number, words: string): Failure {
  return new Failure('UNREACHABLE', `the proxy ${proxy.host} refused to connect to ${authority}`, {
    facts: { answer: shown(`${status} ${words}`) },
    remedy:
      status === 407
        ? 'The proxy wants a login: write HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT.'
        : 'Check HTTPS_PROXY, or list the host in NO_PROXY.',
  });
}
