import { afterEach, describe, expect, it } from 'vitest';
import {
  answer,
  bodyOf,
  closeServers,
  httpServer,
  httpsServer,
  testClient,
} from '../../test/remote/local-servers.ts';
import type { HttpClient, HttpRequest, HttpResponse } from './http.ts';

afterEach(closeServers);

const get = (
  client: HttpClient,
  url: string,
  more: Partial<HttpRequest> = {},
): Promise<HttpResponse> =>
  client.send({ method: 'GET', url: new URL(url), maxBytes: 1000, ...more });

describe('an answer', () => {
  it('is taken as it came, with status, headers and bytes', async () => {
    const origin = await httpsServer((_request, response) =>
      answer(response, 404, Buffer.from([0, 255, 10]), { 'x-thing': 'one' }),
    );
    const got = await get(testClient(), origin);
    expect(got.status).toBe(404);
    expect(got.body).toEqual(Buffer.from([0, 255, 10]));
    expect(got.headers['x-thing']).toBe('one');
  });

  it('comes over one kept connection when nothing is changed by the request', async () => {
    const ports: (number | undefined)[] = [];
    const origin = await httpsServer((request, response) => {
      ports.push(request.socket.remotePort);
      answer(response, 200, 'ok');
    });
    const client = testClient();
    for (let count = 0; count < 3; count += 1) await get(client, origin);
    expect(new Set(ports).size).toBe(1);
  });

  it('may be taken piece by piece, waiting for the one who takes it', async () => {
    const origin = await httpsServer((_request, response) =>
      answer(response, 200, Buffer.alloc(300_000, 1)),
    );
    let total = 0;
    const got = await get(testClient(), origin, {
      maxBytes: 300_000,
      receive: async (chunk) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        total += chunk.length;
      },
    });
    expect(total).toBe(300_000);
    expect(got.body).toHaveLength(0);
  });

  it('that was taken piece by piece and breaks off is not asked for again', async () => {
    let count = 0;
    const origin = await httpsServer((request, response) => {
      count += 1;
      response.writeHead(200, { 'content-length': '10' });
      response.write('12345', () => request.socket.destroy());
    });
    const pieces: string[] = [];
    const failure = get(testClient(), origin, {
      receive: (piece) => void pieces.push(String(piece)),
    });
    await expect(failure).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect([count, pieces.join('')]).toEqual([1, '12345']);
  });

  it('is not asked for in a compressed form, and refused when it comes so', async () => {
    let asked: unknown;
    const origin = await httpsServer((request, response) => {
      asked = request.headers['accept-encoding'];
      answer(response, 200, 'zipped', { 'content-encoding': 'gzip' });
    });
    await expect(get(testClient(), origin)).rejects.toMatchObject({ code: 'SERVER_ERROR' });
    expect(asked).toBe('identity');
  });
});

describe('a request body', () => {
  it('goes up in several buffers with its length declared, on a connection of its own', async () => {
    const ports: (number | undefined)[] = [];
    const bodies: Buffer[] = [];
    const lengths: unknown[] = [];
    const origin = await httpsServer((request, response) => {
      ports.push(request.socket.remotePort);
      lengths.push(request.headers['content-length']);
      void (async () => {
        bodies.push(await bodyOf(request));
        answer(response, 200);
      })();
    });
    const client = testClient();
    await get(client, origin);
    const body = [Buffer.alloc(200_000, 1), Buffer.from('end')];
    await client.send({ method: 'POST', url: new URL(origin), body, maxBytes: 0 });
    expect(bodies[1]?.equals(Buffer.concat(body))).toBe(true);
    expect(lengths).toEqual([undefined, '200003']);
    expect(new Set(ports).size).toBe(2);
  });

  it('is left when the server answers before it has everything', async () => {
    const origin = await httpsServer((_request, response) => answer(response, 413, 'too much'));
    const got = await testClient().send({
      method: 'POST',
      url: new URL(origin),
      body: [Buffer.alloc(50_000_000)],
      maxBytes: 100,
    });
    expect(got.status).toBe(413);
    expect(got.body.toString()).toBe('too much');
  });

  it('is given up when the server does not take it', async () => {
    const origin = await httpsServer((request) => request.pause());
    const sending = testClient().send({
      method: 'POST',
      url: new URL(origin),
      body: [Buffer.alloc(80_000_000)],
      maxBytes: 100,
    });
    await expect(sending).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});

describe('a redirect', () => {
  it('within the origin is followed with its headers', async () => {
    const seen: unknown[] = [];
    const origin = await httpsServer((request, response) => {
      seen.push(request.headers.authorization);
      if (request.url === '/a') return answer(response, 301, '', { location: '/b' });
      return answer(response, 200, 'there');
    });
    const got = await get(testClient(), `${origin}/a`, { headers: { authorization: 'Bearer t' } });
    expect(got.url.pathname).toBe('/b');
    expect(seen).toEqual(['Bearer t', 'Bearer t']);
  });

  it('to another origin gets no secret', async () => {
    const seen: Record<string, unknown>[] = [];
    const other = await httpsServer((request, response) => {
      seen.push({ ...request.headers });
      answer(response, 200, 'there');
    });
    const origin = await httpsServer((_request, response) =>
      answer(response, 307, '', { location: `${other}/blob` }),
    );
    const headers = { authorization: 'Bearer t', cookie: 'c=1', 'x-token': 't', accept: 'a/b' };
    const got = await get(testClient(), origin, { headers });
    expect(got.url.origin).toBe(other);
    expect(seen[0]).toMatchObject({ accept: 'a/b' });
    for (const name of ['authorization', 'cookie', 'x-token'])
      expect(seen[0]).not.toHaveProperty(name);
  });

  it('that leaves https is refused', async () => {
    const plain = await httpServer((_request, response) => answer(response, 200, 'leak'));
    const origin = await httpsServer((_request, response) =>
      answer(response, 302, '', { location: plain }),
    );
    const failure = get(testClient(), origin, { plainHttp: true });
    await expect(failure).rejects.toMatchObject({ code: 'SERVER_ERROR' });
  });

  it('in a circle ends', async () => {
    let count = 0;
    const origin = await httpsServer((_request, response) => {
      count += 1;
      answer(response, 302, '', { location: '/again' });
    });
    await expect(get(testClient(), origin)).rejects.toMatchObject({ code: 'SERVER_ERROR' });
    expect(count).toBe(6);
  });

  it('of a request that changes something is refused', async () => {
    const origin = await httpsServer((_request, response) =>
      answer(response, 307, '', { location: 'https://elsewhere.example.com/' }),
    );
    const sending = testClient().send({
      method: 'POST',
      url: new URL(origin),
      body: [],
      maxBytes: 10,
    });
    await expect(sending).rejects.toMatchObject({ code: 'SERVER_ERROR' });
  });

  it.each(['', 'http://[', 'https://user:pw@localhost/', 'data:text/plain,x'])(
    'to an unusable address is refused: "%s"',
    async (location) => {
      const origin = await httpsServer((_request, response) =>
        answer(response, 302, '', { location }),
      );
      await expect(get(testClient(), origin)).rejects.toMatchObject({ code: 'SERVER_ERROR' });
    },
  );
});

describe('a request that changes nothing', () => {
  it('is repeated when the connection breaks', async () => {
    let count = 0;
    const origin = await httpsServer((request, response) => {
      count += 1;
      if (count < 3) request.socket.destroy();
      else answer(response, 200, 'third');
    });
    expect((await get(testClient(), origin)).body.toString()).toBe('third');
  });

  it('is repeated when the answer breaks off', async () => {
    let count = 0;
    const origin = await httpsServer((request, response) => {
      count += 1;
      response.writeHead(200, { 'content-length': '10' });
      response.write('12345', () => (count < 2 ? request.socket.destroy() : response.end('67890')));
    });
    expect((await get(testClient(), origin)).body.toString()).toBe('1234567890');
  });

  it('is repeated twice at most', async () => {
    let count = 0;
    const origin = await httpsServer((request) => {
      count += 1;
      request.socket.destroy();
    });
    await expect(get(testClient(), origin)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(count).toBe(3);
  });

  it.each([429, 503])('waits as long as the server asks after %i', async (status) => {
    let count = 0;
    const origin = await httpsServer((_request, response) => {
      count += 1;
      if (count === 1) answer(response, status, '', { 'retry-after': '1' });
      else answer(response, 200, 'ok');
    });
    const started = performance.now();
    expect((await get(testClient(), origin)).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(900);
  });

  it('understands a date to wait for by the clock of the server', async () => {
    let count = 0;
    const origin = await httpsServer((_request, response) => {
      count += 1;
      const headers = {
        date: 'Mon, 01 Jan 2001 00:00:00 GMT',
        'retry-after': 'Mon, 01 Jan 2001 00:00:01 GMT',
      };
      answer(response, count === 1 ? 503 : 200, '', headers);
    });
    expect((await get(testClient(), origin)).status).toBe(200);
  });

  it.each([undefined, '3600', 'soon'])('is not repeated when the wait is %s', async (wait) => {
    let count = 0;
    const origin = await httpsServer((_request, response) => {
      count += 1;
      answer(response, 503, 'busy', wait === undefined ? {} : { 'retry-after': wait });
    });
    expect((await get(testClient(), origin)).status).toBe(503);
    expect(count).toBe(1);
  });
});

describe('a request that changes something', () => {
  it('is never repeated', async () => {
    let count = 0;
    const origin = await httpsServer((request) => {
      count += 1;
      request.socket.destroy();
    });
    const sending = testClient().send({
      method: 'POST',
      url: new URL(origin),
      body: [],
      maxBytes: 10,
    });
    await expect(sending).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(count).toBe(1);
  });
});

it('leaves no timer behind that would keep the process alive', async () => {
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const origin = await httpsServer((_request, response) => answer(response, 200, 'ok'));
  const client = testClient({});
  const before = timers();
  await get(client, origin);
  await expect(get(client, origin, { maxBytes: 1 })).rejects.toMatchObject({
    code: 'RESPONSE_TOO_LARGE',
  });
  expect(timers()).toBe(before);
});
