// The engine client against engines on loopback that do what a real one does, and what none should.
import { mkdirSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TestAuthority } from '../../test/remote/authority.ts';
import {
  answer,
  authority,
  closeServers,
  httpServer,
  httpsServer,
  quickLimits,
  socketServer,
  tcpServer,
  temporaryDirectory,
  unusedPort,
} from '../../test/remote/local-servers.ts';
import {
  connectEngine,
  type Engine,
  type EngineSettings,
  findEngine,
  isEngineAbsent,
  type PushProgress,
} from './engine.ts';
import { parseReference } from './reference.ts';

const engines: Engine[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.close();
  closeServers();
});

const digest = `sha256:${'a'.repeat(64)}`;
const reference = { ...parseReference('registry.test/team/app:v1'), tag: 'v1' };
const login = { kind: 'password', username: 'erin', password: 'hunter22' } as const;
const verdict = `${JSON.stringify({ status: `v1: digest: ${digest} size: 418` })}\r\n`;

function engineAt(host: string, more: Partial<EngineSettings> = {}): Engine {
  const endpoint = findEngine(
    { hosts: [host] },
    { environment: {}, dockerDir: temporaryDirectory() },
  );
  const engine = connectEngine({ endpoint, userAgent: 'test', limits: quickLimits, ...more });
  engines.push(engine);
  return engine;
}

async function engineDoing(
  listener: RequestListener,
  more: Partial<EngineSettings> = {},
): Promise<Engine> {
  return engineAt(`unix://${await socketServer(listener)}`, more);
}

/** An engine that answers pings, and everything else by `listener`. */
function pinged(listener: RequestListener, version = '1.50'): RequestListener {
  return (request, response) => {
    if (request.url === '/_ping') answer(response, 200, '', { 'api-version': version });
    else listener(request, response);
  };
}

function push(engine: Engine, listener: (progress: PushProgress) => void = () => {}) {
  return engine.pushImage({ reference, login, listener });
}

describe('an image of the engine', () => {
  it('is inspected by its whole name, in the version that both speak', async () => {
    const asked: string[] = [];
    const engine = await engineDoing((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (request.url === '/_ping') answer(response, 200, '', { 'api-version': '1.41' });
      else answer(response, 200, `{"Id":"${digest}"}`);
    });
    expect(await engine.inspectImage(reference)).toBe(digest);
    expect(await engine.inspectImage(parseReference('alpine'))).toBe(digest);
    expect(asked).toEqual([
      'HEAD /_ping',
      'GET /v1.41/images/registry.test/team/app:v1/json',
      'GET /v1.41/images/docker.io/library/alpine:latest/json',
    ]);
  });

  it.each([
    ['1.99', {}, '/v1.50/'],
    ['1.9', {}, '/v1.9/'],
    ['nonsense', {}, '/v1.24/'],
    ['1.44', { apiVersion: '1.30' }, '/v1.30/'],
  ])(
    'is asked for from an engine of version %s, given %o, at %s',
    async (version, more, prefix) => {
      const paths: string[] = [];
      const engine = await engineDoing(
        pinged((request, response) => {
          paths.push(request.url ?? '');
          answer(response, 200, '{"Id":"x"}');
        }, version),
        more,
      );
      await engine.inspectImage(reference);
      expect(paths).toEqual([expect.stringMatching(`^${prefix}`)]);
    },
  );

  it('may be behind an engine that knows no HEAD', async () => {
    const engine = await engineDoing((request, response) => {
      if (request.method === 'HEAD') answer(response, 405);
      else if (request.url === '/_ping') answer(response, 200, 'OK', { 'api-version': '1.40' });
      else answer(response, request.url?.startsWith('/v1.40/') === true ? 200 : 500, '{"Id":"x"}');
    });
    expect(await engine.inspectImage(reference)).toBe('x');
  });

  it('that is not there is told in the words of the engine', async () => {
    const engine = await engineDoing(
      pinged((_request, response) =>
        answer(response, 404, '{"message":"No such image: registry.test/team/app:v1"}'),
      ),
    );
    await expect(engine.inspectImage(reference)).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      message: 'Error response from daemon: No such image: registry.test/team/app:v1',
    });
  });

  it.each([
    [
      403,
      '{"message":"authorization denied by plugin"}',
      'FORBIDDEN',
      'authorization denied by plugin',
    ],
    [401, '', 'UNAUTHORIZED', 'request returned 401'],
    [500, '<html>', 'SERVER_ERROR', 'request returned 500'],
    [400, '{"message":"a\\u001b[2Jb"}', 'SERVER_ERROR', 'a\\u{1b}[2Jb'],
    [200, '<html>', 'SERVER_ERROR', 'something that is no image'],
    [200, '{"Id":7}', 'SERVER_ERROR', 'something that is no image'],
    [204, '', 'SERVER_ERROR', 'request returned 204'],
  ])('answered with %i %j is a failure', async (status, body, code, words) => {
    const engine = await engineDoing(
      pinged((_request, response) => answer(response, status, body)),
    );
    const failure = engine.inspectImage(reference);
    await expect(failure).rejects.toMatchObject({ code });
    await expect(failure).rejects.toThrow(words);
  });
});

describe('no engine', () => {
  it('behind a socket that is not there is told as docker does', async () => {
    const host = 'unix:///nowhere/engine.sock';
    const failure = await engineAt(host)
      .inspectImage(reference)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'UNREACHABLE',
      message: `Cannot connect to the Docker daemon at ${host}. Is the docker daemon running?`,
    });
    expect(isEngineAbsent(failure)).toBe(true);
  });

  it('on a port is told so too', async () => {
    const port = await unusedPort();
    const failure = await engineAt(`tcp://127.0.0.1:${port}`)
      .inspectImage(reference)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: expect.stringContaining(`tcp://127.0.0.1:${port}. Is`),
    });
    expect(isEngineAbsent(failure)).toBe(true);
  });

  it('is something else than one that is silent, or breaks off', async () => {
    const silent = await tcpServer(() => undefined);
    const failure = await engineAt(`tcp://127.0.0.1:${silent}`)
      .inspectImage(reference)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining(`tcp://127.0.0.1:${silent}`),
    });
    expect(isEngineAbsent(failure)).toBe(false);
    const rude = await tcpServer((socket) => socket.destroy());
    const broken = await engineAt(`tcp://127.0.0.1:${rude}`)
      .inspectImage(reference)
      .catch((error: unknown) => error);
    expect(broken).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('error during connect: '),
    });
    expect(isEngineAbsent(broken)).toBe(false);
  });

  it('speaks here: another service answers', async () => {
    const port = await tcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    await expect(engineAt(`tcp://127.0.0.1:${port}`).inspectImage(reference)).rejects.toMatchObject(
      {
        code: 'SERVER_ERROR',
      },
    );
  });
});

describe('a push', () => {
  it('sends the login in one header, of the push alone', async () => {
    const headers = new Map<string, unknown>();
    const engine = await engineDoing(
      pinged((request, response) => {
        headers.set(`${request.method} ${request.url}`, request.headers['x-registry-auth']);
        answer(response, 200, request.method === 'POST' ? verdict : '{"Id":"x"}');
      }),
    );
    await engine.inspectImage(reference);
    expect(await push(engine)).toEqual({ digest, size: 418 });
    const sent = headers.get('POST /v1.50/images/registry.test/team/app/push?tag=v1');
    expect(JSON.parse(Buffer.from(String(sent), 'base64url').toString())).toEqual({
      username: 'erin',
      password: 'hunter22',
      serveraddress: 'registry.test',
    });
    expect(headers.get('GET /v1.50/images/registry.test/team/app:v1/json')).toBeUndefined();
  });

  it.each([
    [{ kind: 'identity', token: 'refresh' } as const, { identitytoken: 'refresh' }],
    [{ kind: 'bearer', token: 'ready' } as const, { registrytoken: 'ready' }],
    [undefined, {}],
  ])('with %o sends %o', async (other, members) => {
    let sent = '';
    const engine = await engineDoing(
      pinged((request, response) => {
        sent = String(request.headers['x-registry-auth']);
        answer(response, 200, verdict);
      }),
    );
    const hub = { ...parseReference('team/app:v1'), tag: 'v1' };
    await engine.pushImage({ reference: hub, login: other, listener: () => undefined });
    expect(JSON.parse(Buffer.from(sent, 'base64url').toString())).toEqual({
      ...members,
      serveraddress: 'https://index.docker.io/v1/',
    });
  });

  it('tells its progress while it goes on', async () => {
    let finish: () => void = () => undefined;
    const engine = await engineDoing(
      pinged((_request, response) => {
        response.writeHead(200).write('{"status":"Preparing","id":"abc","progressDetail":{}}\n');
        finish = () => response.end(verdict);
      }),
    );
    const heard: string[] = [];
    const done = push(engine, ({ id, status }) => {
      heard.push(`${id} ${status}`);
      if (id === 'abc') finish();
    });
    expect(await done).toEqual({ digest, size: 418 });
    expect(heard[0]).toBe('abc Preparing');
  });

  it('that breaks off is no push, whatever was said before', async () => {
    const engine = await engineDoing(
      pinged((_request, response) => {
        response.writeHead(200);
        response.write(verdict, () => response.destroy());
      }),
    );
    await expect(push(engine)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  it('that stalls is given up', async () => {
    const engine = await engineDoing(
      pinged((_request, response) => {
        response.writeHead(200).write(verdict);
      }),
    );
    await expect(push(engine)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('that never ends its line is given up', async () => {
    const engine = await engineDoing(
      pinged((_request, response) => {
        const flood = (): void => {
          while (!response.destroyed && response.write(' '.repeat(64 * 1024)));
        };
        response.on('drain', flood).writeHead(200);
        flood();
      }),
    );
    await expect(push(engine)).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  });

  it('that is refused fails with the words of the engine, less the login', async () => {
    const engine = await engineDoing(
      pinged((_request, response) =>
        answer(response, 404, '{"message":"tag does not exist: erin hunter22"}'),
      ),
    );
    await expect(push(engine)).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      message: expect.not.stringContaining('hunter22'),
    });
  });

  it('that fails on its way fails with the words of the engine alone', async () => {
    const engine = await engineDoing(
      pinged((_request, response) => answer(response, 200, '{"error":"denied: no"}\n')),
    );
    await expect(push(engine)).rejects.toMatchObject({
      code: 'PUSH_FAILED',
      message: 'denied: no',
    });
  });

  it('is not repeated when the connection breaks', async () => {
    let calls = 0;
    const engine = await engineDoing(
      pinged((request) => {
        calls += 1;
        request.socket.destroy();
      }),
    );
    await expect(push(engine)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(calls).toBe(1);
  });
});

describe('an engine behind TLS', () => {
  function tlsEngine(origin: string, ca: string): Engine {
    const folder = temporaryDirectory();
    mkdirSync(join(folder, 'certificates'));
    writeFileSync(join(folder, 'certificates', 'ca.pem'), ca);
    const endpoint = findEngine(
      { hosts: [origin.replace('https', 'tcp')] },
      {
        environment: { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: join(folder, 'certificates') },
        dockerDir: folder,
      },
    );
    const engine = connectEngine({ endpoint, userAgent: 'test', limits: quickLimits });
    engines.push(engine);
    return engine;
  }

  it('is trusted by the authority of DOCKER_CERT_PATH', async () => {
    const origin = await httpsServer(
      pinged((_request, response) => answer(response, 200, '{"Id":"x"}')),
    );
    expect(await tlsEngine(origin, authority.pem).inspectImage(reference)).toBe('x');
  });

  it('is not trusted by another, and is sent nothing', async () => {
    let calls = 0;
    const origin = await httpsServer((_request, response) => {
      calls += 1;
      answer(response, 200);
    });
    const failure = await push(tlsEngine(origin, new TestAuthority().pem)).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({
      code: 'TLS_UNTRUSTED',
      remedy: expect.stringContaining('DOCKER_CERT_PATH'),
    });
    expect(isEngineAbsent(failure)).toBe(false);
    expect(calls).toBe(0);
  });

  it('is spoken to below the path of its address', async () => {
    const origin = await httpServer((request, response) =>
      answer(response, request.url?.startsWith('/engine/') === true ? 200 : 404, '{"Id":"x"}'),
    );
    const engine = engineAt(`${origin.replace('http', 'tcp')}/engine`);
    expect(await engine.inspectImage(reference)).toBe('x');
  });
});

it('an API version that is none is refused before anything is sent', () => {
  const endpoint = findEngine({}, { environment: {}, dockerDir: temporaryDirectory() });
  expect(() => connectEngine({ endpoint, userAgent: 'test', apiVersion: '1.x/..' })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  );
});
