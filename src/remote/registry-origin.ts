// Where the registry of an image is: its host, and whether it is spoken to by https or plain http.
//
// https is tried first for every registry. Plain http is for loopback registries, as docker has it, and for
// those that the caller names, and there only when the other side does not speak TLS at all: a certificate
// that is not trusted is a refusal, everywhere.

import { isFailure } from '../errors.ts';
import type { HttpClient, HttpResponse } from './http.ts';
import { isLoopback } from './loopback.ts';
import { isNotTls } from './transport-failure.ts';

export interface RegistryOrigin {
  readonly base: URL;
  readonly plainHttp: boolean;
}

/** Docker Hub's registry does not have the name of its images. */
const hubRegistry = 'registry-1.docker.io';

const maxPingBytes = 64 * 1024;
const pingDeadlineMs = 10_000;

export class RegistryOrigins {
  readonly #http: HttpClient;
  readonly #plainHosts: ReadonlySet<string>;
  readonly #learn: (answer: HttpResponse) => void;
  readonly #known = new Map<string, Promise<RegistryOrigin>>();

  /** `learn` sees the first answer of a registry, which may name the login it wants. */
  constructor(
    http: HttpClient,
    plainHosts: readonly string[],
    learn: (answer: HttpResponse) => void,
  ) {
    this.#http = http;
    this.#plainHosts = new Set(plainHosts);
    this.#learn = learn;
  }

  /** The origin for images of `domain`; asked once. @throws Failure as the HTTP client */
  of(domain: string): Promise<RegistryOrigin> {
    const known = this.#known.get(domain) ?? this.#find(domain);
    this.#known.set(domain, known);
    known.catch(() => this.#known.delete(domain));
    return known;
  }

  async #find(domain: string): Promise<RegistryOrigin> {
    const secure = new URL(`https://${domain === 'docker.io' ? hubRegistry : domain}/v2/`);
    if (!isLoopback(secure.hostname) && !this.#plainHosts.has(domain)) {
      return { base: secure, plainHttp: false };
    }
    try {
      await this.#ping(secure, false);
      return { base: secure, plainHttp: false };
    } catch (error) {
      const isRefused = isFailure(error, 'UNREACHABLE') && secure.port === '';
      if (!isNotTls(error) && !isRefused) throw error;
    }
    const plain = new URL(`http://${domain}/v2/`);
    await this.#ping(plain, true);
    return { base: plain, plainHttp: true };
  }

  async #ping(url: URL, plainHttp: boolean): Promise<void> {
    const common = { maxBytes: maxPingBytes, deadlineMs: pingDeadlineMs };
    this.#learn(await this.#http.send({ method: 'GET', url, plainHttp, ...common }));
  }
}
