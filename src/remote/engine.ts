// The engine as docker trust needs it: whether it has an image, and to push one and learn what was pushed. Its API over
// a unix socket, TCP, or TCP with TLS (docker trust §10).
//
// The engine is trusted with what it pushes, and with nothing else: what it sends is limited in size and time, and its
// words are escaped. Invariants: the login of a registry goes to the engine in one header of one request, over what the
// user chose as the way to it; requests are never repeated.
import { Agent, type Agent as PlainAgent } from 'node:http';
import { JsonView } from '../encoding/json-view.ts';
import { parseJson } from '../encoding/strict-json.ts';
import { Failure } from '../errors.ts';
import { Connections } from './connections.ts';
import type { Credentials } from './credentials.ts';
import type { EngineEndpoint } from './engine-endpoint.ts';
import { daemonFailure, engineFailure } from './engine-failure.ts';
import { registryAuth, secretsOf } from './engine-login.ts';
import { type PushedManifest, type PushListener, PushStream } from './engine-push.ts';
import { exchange, type HttpRequest, type HttpResponse } from './exchange.ts';
import { shown } from './foreign-text.ts';
import { Deadline, type TimeLimits } from './pace.ts';
import type { ProxyEnvironment } from './proxy.ts';
import type { ImageReference } from './reference.ts';

export {
  type EngineEndpoint,
  type EngineSurroundings,
  findEngine,
  isEngineNamed,
} from './engine-endpoint.ts';
export { isEngineAbsent, isSocketAbsent } from './engine-failure.ts';
export type { PushedManifest, PushListener, PushProgress } from './engine-push.ts';

/** @throws Failure from every call UNREACHABLE, TLS_UNTRUSTED, TIMEOUT, FORBIDDEN, SERVER_ERROR, RESPONSE_TOO_LARGE */
export interface Engine {
  /** Whether the engine has the image that `reference` names: its id. @throws Failure IMAGE_NOT_FOUND */
  inspectImage(reference: ImageReference): Promise<string>;
  /**
   * Pushes NAME:TAG to its registry.
   * @throws Failure IMAGE_NOT_FOUND, PUSH_FAILED with the engine's words, PUSH_UNCLEAR
   */
  pushImage(request: PushRequest): Promise<PushedManifest>;
  close(): void;
}

export interface PushRequest {
  readonly reference: ImageReference & { readonly tag: string };
  /** The login for the registry, if there is one. */
  readonly login: Credentials | undefined;
  readonly listener: PushListener;
}

export interface EngineSettings {
  readonly endpoint: EngineEndpoint;
  readonly userAgent: string;
  readonly proxies?: ProxyEnvironment;
  /** DOCKER_API_VERSION: spoken without asking what the engine can. */
  readonly apiVersion?: string | undefined;
  /** Where the system keeps its authorities, as SSL_CERT_FILE says. */
  readonly systemFile?: string | undefined;
  readonly limits?: Partial<TimeLimits>;
}

/** @throws Failure CONFIG_INVALID for an API version that is none */
export function connectEngine(settings: EngineSettings): Engine {
  return new RemoteEngine(settings);
}

/** The newest API whose answers are known here; an older engine is spoken to in its own. */
const newestVersion = '1.50';
/** What an engine speaks that does not say. */
const oldestVersion = '1.24';
const maxIdChars = 80;
/** Stands in URLs for an engine behind a socket, as in docker's own client. */
const socketHost = 'api.moby.localhost';

const maxAnswerBytes = 4 * 1024 * 1024;
/** Progress of layers comes several times a second, for as long as a push lasts. */
const maxStreamBytes = 512 * 1024 * 1024;

/** An image inspection reads a database; nothing else than a stall takes longer. */
const shortLimits: TimeLimits = {
  connectMs: 15_000,
  answerMs: 60_000,
  windowMs: 30_000,
  windowBytes: 1,
  deadlineMs: 120_000,
};
/** While the registry takes a large layer, the engine may be silent for long; a day is the end of any push. */
const pushLimits: TimeLimits = {
  connectMs: 15_000,
  answerMs: 300_000,
  windowMs: 900_000,
  windowBytes: 1,
  deadlineMs: 86_400_000,
};

class RemoteEngine implements Engine {
  readonly #settings: EngineSettings;
  readonly #base: URL;
  readonly #connections: Connections;
  readonly #agent: PlainAgent;
  #version: string | undefined;

  constructor(settings: EngineSettings) {
    this.#settings = settings;
    const { address, tls } = settings.endpoint;
    this.#base = address.kind === 'tcp' ? address.url : new URL(`http://${socketHost}`);
    const { caFile, certFile, keyFile } = tls ?? {};
    this.#connections = new Connections({
      connectMs: shortLimits.connectMs,
      ...(settings.proxies === undefined ? {} : { proxies: settings.proxies }),
      certificates: {
        ...(caFile === undefined ? {} : { caFile, exclusive: true }),
        ...(certFile === undefined ? {} : { clientCertFile: certFile }),
        ...(keyFile === undefined ? {} : { clientKeyFile: keyFile }),
        ...(settings.systemFile === undefined ? {} : { systemFile: settings.systemFile }),
      },
    });
    this.#agent =
      address.kind === 'unix'
        ? socketAgent(address.path)
        : this.#connections.agent(address.url, false);
    this.#version = givenVersion(settings.apiVersion);
  }

  async inspectImage({ name, tag = 'latest', digest }: ImageReference): Promise<string> {
    const path = `images/${digest === undefined ? `${name}:${tag}` : `${name}@${digest}`}/json`;
    const answer = await this.#ask({ method: 'GET', path });
    if (answer.status !== 200) throw daemonFailure(answer, this.#settings.endpoint, []);
    return imageId(answer);
  }

  async pushImage({ reference, login, listener }: PushRequest): Promise<PushedManifest> {
    const { name, tag } = reference;
    const secrets = secretsOf(login, reference.domain);
    const stream = new PushStream(tag, listener, secrets);
    const answer = await this.#ask({
      method: 'POST',
      path: `images/${name}/push?tag=${encodeURIComponent(tag)}`,
      headers: { 'x-registry-auth': registryAuth(login, reference.domain) },
      receive: (chunk) => stream.take(chunk),
    });
    if (answer.status !== 200) throw daemonFailure(answer, this.#settings.endpoint, secrets);
    return stream.result();
  }

  close(): void {
    this.#agent.destroy();
    this.#connections.close();
  }

  async #ask(call: Call): Promise<HttpResponse> {
    this.#version ??= await this.#negotiate();
    return this.#send({ ...call, path: `v${this.#version}/${call.path}` });
  }

  /** The newest version that both speak. */
  async #negotiate(): Promise<string> {
    let answer = await this.#send({ method: 'HEAD', path: '_ping' });
    // Engines before 19.03, and some proxies, know no HEAD.
    if (answer.status === 404 || answer.status === 405) {
      answer = await this.#send({ method: 'GET', path: '_ping' });
    }
    const said = answer.headers['api-version'];
    const version = typeof said === 'string' && isVersion(said) ? said : oldestVersion;
    return isOlder(version, newestVersion) ? version : newestVersion;
  }

  async #send({ method, path, headers, receive }: Call): Promise<HttpResponse> {
    const { endpoint, limits, userAgent } = this.#settings;
    const usual = receive === undefined ? shortLimits : pushLimits;
    const times = { ...usual, ...limits };
    const root = this.#base.pathname.endsWith('/') ? this.#base.href : `${this.#base.href}/`;
    const request: HttpRequest = {
      method,
      url: new URL(`${root}${path}`),
      headers: { 'user-agent': userAgent, ...headers },
      maxBytes: receive === undefined ? maxAnswerBytes : maxStreamBytes,
      ...(method === 'POST' ? { body: [] } : {}),
      ...(receive === undefined ? {} : { receive }),
    };
    try {
      return await exchange(request, this.#agent, times, new Deadline(times.deadlineMs));
    } catch (error) {
      throw engineFailure(error, endpoint, this.#base.host);
    }
  }
}

interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** Below the root of the API, already encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly receive?: (chunk: Buffer) => void;
}

/** Node takes a socket in the options of an agent; its types do not say so. */
function socketAgent(socketPath: string): PlainAgent {
  const options = { keepAlive: false, socketPath };
  return new Agent(options);
}

function isVersion(text: string): boolean {
  return /^\d{1,3}\.\d{1,3}$/.test(text);
}

function isOlder(a: string, b: string): boolean {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA === majorB ? minorA < minorB : majorA < majorB;
}

function givenVersion(text: string | undefined): string | undefined {
  const version = text?.replace(/^v/, '') ?? '';
  if (version === '') return undefined;
  if (isVersion(version)) return version;
  throw new Failure(
    'CONFIG_INVALID',
    `DOCKER_API_VERSION is not a version such as ${newestVersion}`,
    {
      remedy: 'Unset DOCKER_API_VERSION: the version is agreed on with the engine.',
    },
  );
}

function imageId({ body }: HttpResponse): string {
  try {
    const view = new JsonView(parseJson(body, { maxBytes: maxAnswerBytes }), 'image');
    return shown(view.member('Id').string(), maxIdChars);
  } catch (cause) {
    throw new Failure('SERVER_ERROR', 'the engine answered something that is no image', {
      cause,
      remedy: 'Check that DOCKER_HOST or the context names a docker engine.',
    });
  }
}
