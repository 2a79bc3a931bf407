// As much of a docker engine as signing needs, on a unix socket in the process of the test: it has images, and says that
// it pushed them. A test may have it say something else.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answer, socketServer } from '../remote/local-servers.ts';

export interface TestEngine {
  /** For DOCKER_HOST. */
  readonly host: string;
  /** Images by NAME:TAG, with the digest and size that a push of them tells. */
  readonly images: Map<string, { readonly digest: string; readonly size: number }>;
  /** `METHOD path` of what was asked, without the version. */
  readonly asked: string[];
  /** Lines that a push answers with, in place of the usual ones. */
  pushLines: ((tag: string) => readonly object[]) | undefined;
  /** What happens when an image was pushed. */
  onPush: (() => void) | undefined;
}

/** Closed by `closeServers`. */
export async function startEngine(): Promise<TestEngine> {
  const engine: Omit<TestEngine, 'host'> = {
    images: new Map(),
    asked: [],
    pushLines: undefined,
    onPush: undefined,
  };
  const socket = await socketServer((request, response) => {
    respond(engine, request, response);
  });
  return Object.assign(engine, { host: `unix://${socket}` });
}

function respond(
  engine: Omit<TestEngine, 'host'>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = new URL(request.url ?? '', 'http://engine');
  const path = url.pathname.replace(/^\/v[\d.]+/, '');
  engine.asked.push(`${request.method} ${path}${url.search}`);
  if (path === '/_ping') return answer(response, 200, '', { 'api-version': '1.47' });
  const [, name = '', verb] = /^\/images\/(.+)\/(json|push)$/.exec(path) ?? [];
  const tag = url.searchParams.get('tag');
  const image = engine.images.get(tag === null ? name : `${name}:${tag}`);
  if (image === undefined) {
    return answer(response, 404, JSON.stringify({ message: `No such image: ${name}` }));
  }
  if (verb === 'json') return answer(response, 200, JSON.stringify({ Id: image.digest }));
  engine.onPush?.();
  const lines = engine.pushLines?.(tag ?? '') ?? [
    { status: `The push refers to repository [${name}]` },
    { status: 'Pushed', id: '5f70bf18a086', progressDetail: {} },
    { status: `${tag}: digest: ${image.digest} size: ${image.size}` },
    { progressDetail: {}, aux: { Tag: tag, Digest: image.digest, Size: image.size } },
  ];
  return answer(response, 200, lines.map((line) => `${JSON.stringify(line)}\r\n`).join(''));
}
