// As much of a docker engine as the CLI needs to sign and to pull: it is asked which digest it has for a name, and
// believes that it pushed or pulled. Listens on a unix socket, in the process of the test.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { beforeAll } from 'vitest';
import type { Scratch } from './scratch.ts';

export interface FakeEngine {
  /** Value for DOCKER_HOST. */
  readonly host: string;
  /** From now on `image` (NAME:TAG) is here; its manifest is `content`. */
  hold(image: string, content: string): void;
}

interface Manifest {
  readonly digest: string;
  readonly size: number;
}

/** Call at the top of a test file, after `useScratch`. */
export function useFakeEngine(scratch: Scratch): FakeEngine {
  const socket = join(scratch.path, 'e.sock');
  const images = new Map<string, Manifest>();
  const server = createServer((request, response) => answer(images, request, response));
  beforeAll(() => new Promise<void>((resolve) => void server.listen(socket, resolve)));
  scratch.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    host: `unix://${socket}`,
    hold(image, content) {
      const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
      images.set(image, { digest, size: Buffer.byteLength(content) });
    },
  };
}

function answer(
  images: ReadonlyMap<string, Manifest>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  request.resume();
  const url = new URL(request.url ?? '', 'http://engine');
  const path = decodeURIComponent(url.pathname).replace(/^\/v[\d.]+/, '');
  const [, name = '', verb] = /^\/images\/(.+)\/(json|push|tag)$/.exec(path) ?? [];
  if (path === '/_ping') return ping(response);
  if (verb === 'json') return inspected(response, name, images.get(name));
  if (verb === 'push') {
    const tag = url.searchParams.get('tag') ?? 'latest';
    return pushed(response, tag, images.get(`${name}:${tag}`));
  }
  if (path === '/images/create') return send(response, 200, { status: 'Pulled' });
  if (verb === 'tag') return send(response, 201, {});
  send(response, 404, { message: `not implemented: ${request.method} ${path}` });
}

function ping(response: ServerResponse): void {
  response.writeHead(200, { 'api-version': '1.50', ostype: 'linux', 'builder-version': '1' });
  response.end('OK');
}

function inspected(response: ServerResponse, name: string, manifest: Manifest | undefined): void {
  if (manifest === undefined) send(response, 404, { message: `No such image: ${name}` });
  else send(response, 200, { Id: manifest.digest });
}

function pushed(response: ServerResponse, tag: string, manifest: Manifest | undefined): void {
  if (manifest === undefined) {
    const message = `tag does not exist: ${tag}`;
    return send(response, 200, { errorDetail: { message }, error: message });
  }
  const aux = { Tag: tag, Digest: manifest.digest, Size: manifest.size };
  send(response, 200, { progressDetail: {}, aux });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\r\n`);
}
