import { afterEach, describe, expect, it } from 'vitest';
import { TestAuthority } from '../../test/remote/authority.ts';
import {
  answer,
  authority,
  certificateDirectory,
  closeServers,
  httpServer,
  httpsServer,
  quickLimits,
  tcpServer,
  testClient,
  unusedPort,
} from '../../test/remote/local-servers.ts';
import { createHttpClient, type HttpClient, type HttpRequest, type HttpResponse } from './http.ts';

afterEach(closeServers);

const get = (
  client: HttpClient,
  url: string,
  more: Partial<HttpRequest> = {},
): Promise<HttpResponse> =>
  client.send({ method: 'GET', url: new URL(url), maxBytes: 1000, ...more });

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
