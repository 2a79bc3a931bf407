// A whole paraph-server in this process on a free port, with the memory store and local signing, and a publisher
// from the simulator who speaks to it in HTTP, byte for byte as given.
import { type IncomingHttpHeaders, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { type Log, silentLog } from '../../src/daemon/log.ts';
import { JsonView } from '../../src/encoding/json-view.ts';
import { parseJson } from '../../src/encoding/strict-json.ts';
import type { ServerConfig } from '../../src/server/config.ts';
import { type HttpLimits, httpLimits } from '../../src/server/http/limits.ts';
import { type RunningServer, startServer } from '../../src/server/server.ts';
import { parsePublicKey } from '../../src/tuf/public-key.ts';
import type { RoleName } from '../../src/tuf/role.ts';
import { RepositorySimulator } from '../simulator/repository.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

export const boundary = 'paraphboundary';
export const formHeaders = { 'content-type': `multipart/form-data; boundary=${boundary}` };

const memoryConfig: ServerConfig = {
  listen: { host: '127.0.0.1', port: 0 },
  trust: { type: 'local' },
  storage: { backend: 'memory' },
  gunPrefixes: [],
  cacheSeconds: { current: 300, consistent: 2_592_000 },
};

/** A publisher who speaks to a server on a port of this machine. */
export class HttpPublisher {
  readonly port: number;
  readonly sim: RepositorySimulator;
  readonly #authority: string | undefined;

  /** @param authority PEM of whoever vouches for the server: the connection is TLS. */
  constructor(port: number, sim: RepositorySimulator, authority?: string) {
    this.port = port;
    this.sim = sim;
    this.#authority = authority;
  }

  get gun(): string {
    return this.sim.gun;
  }

  tuf(name: string): string {
    return `/v2/${this.gun}/_trust/tuf/${name}`;
  }

  ask(path: string, options: HttpRequest = {}): Promise<HttpAnswer> {
    const { method = 'GET', headers = {}, body } = options;
    return new Promise((resolve, reject) => {
      const ca = this.#authority;
      const sent = (ca === undefined ? request : requestTls)(
        { host: '127.0.0.1', port: this.port, path, method, headers, agent: false, ca },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const whole = Buffer.concat(chunks);
            const { statusCode: status = 0, headers: received } = response;
            resolve({ status, headers: received, body: whole, text: whole.toString() });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Puts the keys that the server offers into the simulator's root, and signs it. */
  async useServerKeys(...roles: readonly ('snapshot' | 'timestamp')[]): Promise<void> {
    for (const role of roles) {
      const answer = await this.ask(this.tuf(`${role}.key`));
      const key = parsePublicKey(new JsonView(parseJson(answer.body), 'key'));
      this.sim.root.keys = new Map(this.sim.root.keys).set(key.id, key);
      const keys = { keyIds: [key.id], threshold: 1 };
      this.sim.root.roles = new Map(this.sim.root.roles).set(role, keys);
    }
    this.sim.signRoot();
  }

  upload(...roles: readonly RoleName[]): Promise<HttpAnswer> {
    return this.uploadParts(roles.map((role) => [role, this.sim.bytes(role)] as const));
  }

  uploadParts(parts: readonly (readonly [string, Buffer | string])[]): Promise<HttpAnswer> {
    const body = form(parts);
    return this.ask(this.tuf(''), { method: 'POST', headers: formHeaders, body });
  }
}

export class HttpScene extends HttpPublisher {
  readonly server: RunningServer;

  private constructor(server: RunningServer, sim: RepositorySimulator) {
    super(Number(new URL(server.url).port), sim);
    this.server = server;
  }

  static async start(
    config: Partial<ServerConfig> = {},
    limits: Partial<HttpLimits> = {},
    log: Log = silentLog(),
  ): Promise<HttpScene> {
    const sim = new RepositorySimulator();
    const deps = {
      log,
      nowMs: () => sim.nowMs,
      limits: { ...httpLimits, ...limits },
    };
    return new HttpScene(await startServer({ ...memoryConfig, ...config }, deps), sim);
  }

  /** A repository whose snapshot and timestamp the server signs: root 1, targets 1. */
  static async published(config: Partial<ServerConfig> = {}): Promise<HttpScene> {
    const scene = await HttpScene.start(config);
    await scene.useServerKeys('snapshot', 'timestamp');
    const answer = await scene.upload('root', 'targets');
    if (answer.status !== 200) throw new Error(answer.text);
    return scene;
  }

  close(): Promise<void> {
    return this.server.close();
  }
}

/** An upload as Go's client writes it. */
export function form(parts: readonly (readonly [string, Buffer | string])[]): Buffer {
  const pieces: Buffer[] = [];
  for (const [filename, content] of parts) {
    pieces.push(
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${filename}"\r\n` +
          'Content-Type: application/octet-stream\r\n\r\n',
      ),
      Buffer.from(content),
      Buffer.from('\r\n'),
    );
  }
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

/** The error body of the API. */
export function errorBody(code: string, message: string, detail?: unknown): string {
  return `${JSON.stringify({ errors: [{ code, message, detail }] })}\n`;
}
