import { afterEach, describe, expect, it } from 'vitest';
import { TestAuthority } from './fixtures/authority.ts';
import {
  answer,
  authority,
  bodyOf,
  certificateDirectory,
  closeServers,
  httpServer,
  httpsServer,
  quickLimits,
  tcpServer,
  testClient,
  unusedPort,
} from './fixtures/local-servers.ts';
import { createHttpClient, type HttpClient, type HttpRequest, type HttpResponse } from './http.ts';

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
    expect(bodies[1]).toEqual(Buffer.concat(body));
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

describe('a slow peer', () => {
  it('that accepts the connection and says nothing is given up', async () => {
    const port = await tcpServer(() => undefined);
    const failure = get(testClient(), `https://localhost:${port}`);
    await expect(failure).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect(failure).rejects.toThrow(`localhost:${port}`);
  });

  it('that finishes the handshake and never answers is given up', async () => {
    const origin = await httpsServer(() => undefined);
    await expect(get(testClient(), origin)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('that drips its headers is given up', async () => {
    const port = await tcpServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(drip));
    });
    const failure = get(testClient(), `http://127.0.0.1:${port}`, { plainHttp: true });
    await expect(failure).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('that drips its body is given up, however regular the drops', async () => {
    const origin = await httpsServer((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    });
    await expect(get(testClient(), origin)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('that stays just above the minimum rate still meets the total deadline', async () => {
    const origin = await httpsServer((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('x'.repeat(200)), 20);
      response.on('close', () => clearInterval(drip));
    });
    const started = performance.now();
    const failure = get(testClient(), origin, { maxBytes: 1e9, deadlineMs: 700 });
    await expect(failure).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(performance.now() - started).toBeLessThan(1500);
  });
});

describe('an oversized answer', () => {
  it('is refused by what it declares, before any of it is read', async () => {
    const origin = await httpsServer((_request, response) => {
      response.writeHead(200, { 'content-length': '5000000000' });
      response.flushHeaders();
    });
    await expect(get(testClient(), origin)).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  });

  it('is refused while it streams when nothing was declared and it has no end', async () => {
    let sent = 0;
    const origin = await httpsServer((_request, response) => {
      const pour = (): void => {
        if (response.destroyed) return;
        sent += 16_384;
        response.write(Buffer.alloc(16_384), () => setImmediate(pour));
      };
      pour();
    });
    const failure = get(testClient(), origin, { maxBytes: 100_000 });
    await expect(failure).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
    expect(sent).toBeLessThan(20_000_000);
  });

  it('with an error status is read in part, because the status matters more', async () => {
    const origin = await httpsServer((_request, response) => {
      response.writeHead(500);
      const pour = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(16_384, 97), () => setImmediate(pour));
      };
      pour();
    });
    const got = await get(testClient(), origin);
    expect(got.status).toBe(500);
    expect(got.body).toHaveLength(65_536);
  });

  it('in its header lines is refused', async () => {
    const port = await tcpServer((socket) => {
      socket.on('data', () => socket.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`));
    });
    const failure = get(testClient(), `http://127.0.0.1:${port}`, { plainHttp: true });
    await expect(failure).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  });
});

describe('a server that cannot be reached', () => {
  it('because nobody listens', async () => {
    const port = await unusedPort();
    const failure = get(testClient(), `https://localhost:${port}`);
    await expect(failure).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(failure).rejects.toThrow('the connection was refused');
  });

  it('because its name is not known', async () => {
    const failure = get(testClient(), 'https://no-such-host.invalid/v2/');
    await expect(failure).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(failure).rejects.toThrow('no-such-host.invalid');
  });

  it('because it speaks plain HTTP on that port', async () => {
    const origin = await httpServer((_request, response) => answer(response, 200));
    const failure = get(testClient(), origin.replace('http:', 'https:'));
    await expect(failure).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(failure).rejects.toThrow('does not speak TLS');
  });

  it('because what answers is not HTTP', async () => {
    const port = await tcpServer((socket) => socket.end('220 mail.example.com ESMTP\r\n'));
    const failure = get(testClient(), `http://127.0.0.1:${port}`, { plainHttp: true });
    await expect(failure).rejects.toMatchObject({ code: 'SERVER_ERROR' });
  });
});

describe('a certificate', () => {
  const ok = (_request: unknown, response: Parameters<typeof answer>[0]): void =>
    answer(response, 200, 'ok');

  it('of an unknown authority is refused, and the remedy names where to put the right one', async () => {
    const origin = await httpsServer(ok, new TestAuthority().issue());
    const failure = get(testClient(), origin);
    await expect(failure).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      remedy: expect.stringContaining(`/tls/${new URL(origin).host}/ca.crt`),
    });
  });

  it('for another name is refused', async () => {
    const origin = await httpsServer(ok, authority.issue({ names: ['trust.example.com'] }));
    const failure = get(testClient(), origin);
    await expect(failure).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
    await expect(failure).rejects.toThrow('for another name');
  });

  it('that has expired is refused, and the clock is named as a possible cause', async () => {
    const origin = await httpsServer(ok, authority.issue({ notAfterMs: Date.now() - 60_000 }));
    const failure = get(testClient(), origin);
    await expect(failure).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      meaning: expect.stringContaining('clock'),
    });
  });

  it('that is not valid yet is refused', async () => {
    const origin = await httpsServer(ok, authority.issue({ notBeforeMs: Date.now() + 3_600_000 }));
    await expect(get(testClient(), origin)).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
  });

  it('is accepted by the authority in the directory of its host and port', async () => {
    const origin = await httpsServer(ok);
    const host = new URL(origin).host;
    const directory = certificateDirectory(host, { 'ca.crt': authority.pem, 'notes.txt': 'x' });
    const client = createHttpClient({ certificates: { directory }, limits: quickLimits });
    expect((await get(client, origin)).status).toBe(200);
    client.close();
  });

  it('is not accepted by the authority of another port of the same host', async () => {
    const origin = await httpsServer(ok);
    const directory = certificateDirectory('localhost:1', { 'ca.crt': authority.pem });
    const client = createHttpClient({ certificates: { directory }, limits: quickLimits });
    await expect(get(client, origin)).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
    client.close();
  });

  it('is tried against the system too when the directory holds another authority', async () => {
    const origin = await httpsServer(ok);
    const directory = certificateDirectory(new URL(origin).host, {
      'ca.crt': new TestAuthority('another authority').pem,
    });
    const systemFile = certificateDirectory('system', { 'ca.pem': authority.pem });
    const client = createHttpClient({
      certificates: { directory, systemFile: `${systemFile}/system/ca.pem` },
      limits: quickLimits,
    });
    expect((await get(client, origin)).status).toBe(200);
    const sent = client.send({ method: 'POST', url: new URL(origin), body: [], maxBytes: 10 });
    expect((await sent).status).toBe(200);
    client.close();
  });
});

describe('plain HTTP', () => {
  it('is refused unless the caller allows it', async () => {
    const origin = await httpServer((_request, response) => answer(response, 200));
    await expect(get(testClient(), origin)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect((await get(testClient(), origin, { plainHttp: true })).status).toBe(200);
  });

  it.each(['ftp://localhost/', 'file:///etc/passwd'])('is all that is allowed: %s', async (url) => {
    const failure = get(testClient(), url, { plainHttp: true });
    await expect(failure).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('is refused with a login in the address, which is not repeated', async () => {
    const failure = get(testClient(), 'https://user:geheim@localhost/');
    await expect(failure).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(failure).rejects.not.toThrow('geheim');
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
