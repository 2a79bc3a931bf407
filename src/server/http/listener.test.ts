import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { tlsFixtures } from '../../../test/daemon/tls-fixtures.ts';
import { closedByServer, serverSideOf } from '../../../test/server/server-side.ts';
import { plain } from './answer.ts';
import { type HttpLimits, httpLimits } from './limits.ts';
import { type Listener, listen } from './listener.ts';
import { Sender } from './send.ts';

const body = Buffer.alloc(32_000_000, 'x');
const identity = {
  cert: Buffer.from(tlsFixtures.server.cert),
  key: Buffer.from(tlsFixtures.server.key),
};

let listener: Listener;
afterEach(() => listener.close());

async function start(
  limits: Partial<HttpLimits> = {},
  clientAuthority?: Buffer,
): Promise<Listener> {
  const all = { ...httpLimits, ...limits, stopMs: 100 };
  const tls = clientAuthority === undefined ? identity : { ...identity, clientAuthority };
  const options = { host: '127.0.0.1', port: 0, limits: all, tls };
  const sender = new Sender(all);
  listener = await listen(options, (_request, response) => sender.send(response, plain(body)));
  return listener;
}

function dial(options: ConnectionOptions = {}): TLSSocket {
  const { port } = listener;
  const ca = tlsFixtures.authority.cert;
  return connect({ host: '127.0.0.1', port, servername: 'localhost', ca, ...options });
}

/** What comes until the connection ends. */
async function read(socket: TLSSocket): Promise<number> {
  let length = 0;
  socket.on('data', (chunk: Buffer) => (length += chunk.length));
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.on('close', resolve));
  return length;
}

const request = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

describe('a TLS listener', () => {
  it('serves whole answers', async () => {
    await start();
    const socket = dial();
    socket.write(request);
    expect(await read(socket)).toBeGreaterThan(body.length);
    expect(socket.authorized).toBe(true);
  });

  it('speaks nothing older than TLS 1.2', async () => {
    await start();
    const socket = dial({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
    const [error] = await once(socket, 'error');
    expect(error).toBeInstanceOf(Error);
  });

  it('drops a client that never begins the handshake', async () => {
    await start({ handshakeMs: 100 });
    const begun = performance.now();
    const socket = connectTcp(listener.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    const side = await serverSideOf(socket);
    await once(socket, 'close');
    expect(performance.now() - begun).toBeGreaterThan(90);
    expect(side.bytesWritten).toBe(0);
  });

  it('drops a reader that takes nothing', async () => {
    await start({ sweepMs: 50, sweepsWithoutProgress: 3 });
    const socket = dial();
    await once(socket, 'secureConnect');
    socket.pause();
    socket.write(request);
    await closedByServer(socket);
    const length = read(socket);
    socket.resume();
    expect(await length).toBeLessThan(body.length);
  });

  it('lets a reader take its time as long as it reads', async () => {
    await start({ sweepMs: 50, sweepsWithoutProgress: 3, sliceBytes: 16 * 1024 });
    const socket = dial();
    const length = read(socket);
    socket.write(request);
    const nap = setInterval(() => {
      socket.pause();
      setTimeout(() => socket.resume(), 60);
    }, 80);
    expect(await length).toBeGreaterThan(body.length);
    clearInterval(nap);
  });

  it('turns clients away that have no certificate of the configured authority', async () => {
    await start({}, Buffer.from(tlsFixtures.authority.cert));
    const stranger = dial({ cert: tlsFixtures.stranger.cert, key: tlsFixtures.stranger.key });
    stranger.write(request);
    expect(await read(stranger)).toBe(0);
    const nobody = dial();
    nobody.write(request);
    expect(await read(nobody)).toBe(0);
    const client = dial({ cert: tlsFixtures.client.cert, key: tlsFixtures.client.key });
    client.write(request);
    expect(await read(client)).toBeGreaterThan(body.length);
  });
});

describe('stopping', () => {
  it('cuts connections whose handshake is not done', async () => {
    await start();
    const socket = connectTcp(listener.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const side = await serverSideOf(socket);
    expect(side.destroyed).toBe(false);
    await listener.close();
    expect(side.destroyed).toBe(true);
    socket.destroy();
    await start();
  });
});

describe('an address', () => {
  it('that is taken is named', async () => {
    await start();
    const { port } = listener;
    const again = listen({ host: '127.0.0.1', port, limits: httpLimits }, () => undefined);
    await expect(again).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `127.0.0.1:${port} cannot be listened on`,
    });
  });
});
