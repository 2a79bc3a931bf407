import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { TestAuthority } from '../../test/remote/authority.ts';
import {
  answer,
  authority,
  closeServers,
  httpsServer,
  tcpServer,
  testClient,
  unusedPort,
} from '../../test/remote/local-servers.ts';
import { isLoopback } from './loopback.ts';
import { type ProxyEnvironment, proxyFor } from './proxy.ts';

afterEach(closeServers);

const target = new URL('https://registry.example.com/v2/');
const withProxy = (NO_PROXY = ''): ProxyEnvironment => ({ HTTPS_PROXY: 'proxy:3128', NO_PROXY });

describe('the proxy of a host', () => {
  it('is taken from HTTPS_PROXY, else https_proxy, with http as the scheme that is implied', () => {
    expect(proxyFor(target, { HTTPS_PROXY: 'proxy:3128' })?.url.href).toBe('http://proxy:3128/');
    expect(proxyFor(target, { https_proxy: 'https://p/' })?.url.href).toBe('https://p/');
    expect(proxyFor(target, { HTTPS_PROXY: 'a', https_proxy: 'b' })?.url.hostname).toBe('a');
    expect(proxyFor(target, {})).toBeUndefined();
    expect(proxyFor(target, { HTTPS_PROXY: '' })).toBeUndefined();
  });

  it('gets the login of its address, decoded', () => {
    const proxy = proxyFor(target, { HTTPS_PROXY: 'http://us%40er:p%3Aw@proxy:1' });
    expect(proxy?.authorization).toBe(`Basic ${Buffer.from('us@er:p:w').toString('base64')}`);
  });

  it.each(['socks5://proxy:1080', 'http://'])(
    'is refused when it is not one: %s',
    (HTTPS_PROXY) => {
      expect(() => proxyFor(target, { HTTPS_PROXY })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    },
  );

  it('is refused without repeating its password', () => {
    expect(() => proxyFor(target, { HTTPS_PROXY: 'socks5://u:geheim@proxy' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('geheim') }),
    );
  });

  it.each([
    'http://registry.example.com/',
    'https://localhost/',
    'https://127.3.0.1:5/',
    'https://[::1]/',
  ])('is none for %s', (url) => {
    expect(proxyFor(new URL(url), withProxy())).toBeUndefined();
  });
});

describe('NO_PROXY', () => {
  it.each([
    '*',
    'example.com',
    '.example.com',
    '*.example.com',
    'registry.example.com',
    'REGISTRY.example.com:443',
    'other.example.com, registry.example.com',
  ])('"%s" exempts registry.example.com', (rule) => {
    expect(proxyFor(target, withProxy(rule))).toBeUndefined();
  });

  it.each([
    '',
    'ample.com',
    'registry.example.com:80',
    'com.example',
    '.registry.example.com',
    '10.0.0.0/8',
  ])('"%s" does not', (rule) => {
    expect(proxyFor(target, withProxy(rule))).toBeDefined();
  });

  it.each([
    ['10.1.2.3', '10.1.2.3', true],
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.0.0.0/99', '10.1.2.3', false],
    ['fd00::/8', '[fd12::1]', true],
    ['fd12::1', '[fd12::1]', true],
    ['2.3', '10.1.2.3', false],
  ])('"%s" for the address %s: %s', (rule, host, isExempt) => {
    expect(proxyFor(new URL(`https://${host}/`), withProxy(rule)) === undefined).toBe(isExempt);
  });
});

it.each([
  ['localhost', true],
  ['LOCALHOST', true],
  ['127.0.0.1', true],
  ['127.255.0.9', true],
  ['[::1]', true],
  ['[0:0:0:0:0:0:0:1]', true],
  ['127.0.0.1.example.com', false],
  ['localhost.example.com', false],
  // What such a name resolves to is the resolver's choice.
  ['registry.localhost', false],
  ['.localhost', false],
  ['128.0.0.1', false],
  ['[::2]', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

describe('through a proxy', () => {
  /** A CONNECT proxy that leads every tunnel to `port` on loopback; keeps what it was told. */
  const connectProxy = async (port: number, told: string[]): Promise<string> => {
    const at = await tcpServer((socket) => {
      socket.once('data', (head: Buffer) => {
        told.push(head.toString());
        const onward = connect(port, '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
          socket.pipe(onward).pipe(socket);
        });
        onward.on('error', () => socket.destroy());
      });
    });
    return `http://user:pw@127.0.0.1:${at}`;
  };
  const name = 'trust.example.com';
  const get = (HTTPS_PROXY: string): Promise<{ status: number }> =>
    testClient({ proxies: { HTTPS_PROXY } }).send({
      method: 'GET',
      url: new URL(`https://${name}/`),
      headers: { authorization: 'Bearer secret' },
      maxBytes: 100,
    });
  const origin = (identity: ReturnType<TestAuthority['issue']>): Promise<string> =>
    httpsServer((_request, response) => answer(response, 200, 'ok'), identity);

  it('the host is reached, its certificate checked, and the proxy learns its name alone', async () => {
    const server = new URL(await origin(authority.issue({ names: [name] })));
    const told: string[] = [];
    const answered = await get(await connectProxy(Number(server.port), told));
    expect(answered.status).toBe(200);
    expect(told[0]).toContain(`CONNECT ${name}:443 HTTP/1.1`);
    expect(told[0]?.toLowerCase()).toContain('proxy-authorization: basic dxnlcjpwdw==');
    expect(told[0]).not.toContain('secret');
  });

  it('a host with the wrong name is refused as on a direct connection', async () => {
    const server = new URL(await origin(authority.issue({ names: ['other.example.com'] })));
    const answered = get(await connectProxy(Number(server.port), []));
    await expect(answered).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
  });

  it('a host of an unknown authority is refused', async () => {
    const server = new URL(await origin(new TestAuthority().issue({ names: [name] })));
    const answered = get(await connectProxy(Number(server.port), []));
    await expect(answered).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
  });

  it('a host of an unknown authority is believed where certificates are not to be looked at', async () => {
    const server = new URL(await origin(new TestAuthority().issue({ names: [name] })));
    const HTTPS_PROXY = await connectProxy(Number(server.port), []);
    const client = testClient({
      proxies: { HTTPS_PROXY },
      certificates: { isUnverified: true },
    });
    const answered = client.send({ method: 'GET', url: new URL(`https://${name}/`), maxBytes: 9 });
    await expect(answered).resolves.toMatchObject({ status: 200 });
  });

  it.each([
    ['HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n', 'UNREACHABLE'],
    ['HTTP/1.1 502 Bad\u001b[2J Gateway\r\n\r\n', 'UNREACHABLE'],
    ['garbage\r\n\r\n', 'SERVER_ERROR'],
  ])('a proxy that answers %j is named as the cause', async (words, code) => {
    const port = await tcpServer((socket) => socket.once('data', () => socket.end(words)));
    const answered = get(`http://127.0.0.1:${port}`);
    await expect(answered).rejects.toMatchObject({ code });
    await expect(answered).rejects.toThrow(/proxy|HTTPS_PROXY/);
  });

  it('a proxy that is not there is named as the cause', async () => {
    const answered = get(`http://127.0.0.1:${await unusedPort()}`);
    await expect(answered).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(answered).rejects.toThrow('through HTTPS_PROXY');
  });

  it('a proxy that says nothing is given up', async () => {
    const port = await tcpServer(() => undefined);
    await expect(get(`http://127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('a host that says nothing in its tunnel is given up', async () => {
    const silent = await tcpServer(() => undefined);
    await expect(get(await connectProxy(silent, []))).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});
