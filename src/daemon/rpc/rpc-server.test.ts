import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { connect as connectPlain } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { type handleUnaryCall, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tlsFixtures } from '../../../test/daemon/tls-fixtures.ts';
import { RpcServer, type Service } from './rpc-server.ts';
import { RpcError, unary } from './unary.ts';

const maxMessageBytes = 1000;
const { authority, server: identity } = tlsFixtures;
const tls = {
  cert: Buffer.from(identity.cert),
  key: Buffer.from(identity.key),
  clientCa: undefined,
};

/** A service `/test/NAME` of calls that take and give bytes. */
function service(calls: Readonly<Record<string, handleUnaryCall<Buffer, Buffer>>>): Service {
  const same = (bytes: Buffer): Buffer => bytes;
  const method = (name: string) => ({
    path: `/test/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  });
  const methods = Object.keys(calls).map((name) => [name, method(name)]);
  return [Object.fromEntries(methods), calls];
}

const refuse = (details: string) =>
  unary<Buffer, Buffer>(async () => {
    throw new RpcError({ code: status.NOT_FOUND, details });
  });

let server: RpcServer;
let session: ClientHttp2Session;
let port: number;
let release: () => void;
/** Resolves once a call is held. */
let isHeld: Promise<void>;
beforeEach(() => start(300));

async function start(maxCallMs: number): Promise<void> {
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let tellHeld: () => void;
  isHeld = new Promise<void>((resolve) => {
    tellHeld = resolve;
  });
  const test = service({
    Echo: unary(async (message) => message),
    Held: unary(async (message) => {
      tellHeld();
      await held;
      return message;
    }),
    Refuse: refuse('nö 100%'),
    Half: refuse('half a character: \ud83d'),
    Break: unary(async () => Promise.reject(new Error('secret of the inside'))),
  });
  server = new RpcServer({ tls, services: [test], maxMessageBytes, maxCallMs });
  port = await server.listen('127.0.0.1', 0);
  session = connect(`https://localhost:${port}`, { ca: authority.cert });
  session.on('error', () => {});
}

async function stop(): Promise<void> {
  release();
  session.destroy();
  await server.close(0);
}
afterEach(stop);

/** A server that would wait for a call longer than a test does. */
async function patientServer(): Promise<void> {
  await stop();
  await start(60_000);
}

/** `message` with the five bytes that stand before it. */
function frame(message: Uint8Array, isCompressed = false): Buffer {
  const prefix = Buffer.from([isCompressed ? 1 : 0, 0, 0, 0, 0]);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function open(path: string, headers: OutgoingHttpHeaders = {}) {
  return session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What came back: status and message of gRPC from headers or trailers, and the body. */
async function result(stream: ReturnType<typeof open>) {
  const seen: IncomingHttpHeaders = {};
  stream.on('response', (headers) => Object.assign(seen, headers));
  stream.on('trailers', (trailers) => Object.assign(seen, trailers));
  stream.on('error', () => {});
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await Promise.race([once(stream, 'end'), once(stream, 'close')]);
  return {
    status: Number(seen['grpc-status']),
    details: decoded(seen['grpc-message']?.toString() ?? ''),
    body: Buffer.concat(chunks),
  };
}

/** What the server allows, once it has said so. */
async function settings() {
  await call('/test/Echo', frame(Buffer.alloc(1)));
  return session.remoteSettings;
}

async function call(path: string, body: Uint8Array, headers: OutgoingHttpHeaders = {}) {
  const stream = open(path, headers);
  stream.end(body);
  return result(stream);
}

describe('a call', () => {
  it('is answered with one message and status 0', async () => {
    const body = frame(Buffer.from('hello'));
    expect(await call('/test/Echo', body)).toEqual({ status: 0, details: 'OK', body });
  });

  it('may come in many pieces', async () => {
    const body = frame(Buffer.from('hello'));
    const stream = open('/test/Echo');
    for (const byte of body) {
      stream.write(Buffer.from([byte]));
      await delay(1);
    }
    stream.end();
    expect((await result(stream)).body).toEqual(body);
  });

  it('may be as large as the limit and no larger', async () => {
    const most = frame(Buffer.alloc(maxMessageBytes));
    expect((await call('/test/Echo', most)).status).toBe(0);
    const more = frame(Buffer.alloc(maxMessageBytes + 1));
    expect((await call('/test/Echo', more)).status).toBe(8);
  });

  it('ends with the status that its handler chose', async () => {
    expect(await call('/test/Refuse', frame(Buffer.alloc(0)))).toMatchObject({
      status: 5,
      details: 'nö 100%',
    });
  });

  it('shows nothing of what its handler threw otherwise', async () => {
    expect(await call('/test/Break', frame(Buffer.alloc(0)))).toMatchObject({
      status: 13,
      details: 'internal error',
    });
  });

  it('ends with a status even when its text holds half a character', async () => {
    expect(await call('/test/Half', frame(Buffer.alloc(0)))).toMatchObject({
      status: 5,
      details: 'half a character: \ufffd',
    });
  });

  it.each(['/test/None', '/', '/test/Echo/', '/test/%', '/test/n\u00f6'])(
    'of a method %j is unimplemented',
    async (path) => {
      const answered = call(path, frame(Buffer.alloc(1)), { 'x-odd': 'n\u00f6' });
      expect((await answered).status).toBe(12);
    },
  );

  it.each([
    { 'content-type': 'text/html' },
    { ':method': 'GET', 'content-type': 'application/json' },
  ])('that is not gRPC is refused as such: %j', async (headers) => {
    const stream = open('/test/Echo', headers);
    const [answer] = await once(stream, 'response');
    expect(answer[':status']).toBe(415);
    stream.close();
  });

  it.each([
    ['', 12],
    ['00', 12],
    ['000000000201', 12],
    ['00ffffffff01', 8],
    ['0000000000'.repeat(2), 12],
  ])('with the body %j is an error', async (hex, code) => {
    expect((await call('/test/Echo', Buffer.from(hex, 'hex'))).status).toBe(code);
  });
});

describe('a compressed message', () => {
  const gzip = { 'grpc-encoding': 'gzip' };

  it('may decompress to the limit and no further', async () => {
    const most = frame(gzipSync(Buffer.alloc(maxMessageBytes)), true);
    expect((await call('/test/Echo', most, gzip)).body).toHaveLength(5 + maxMessageBytes);
    const bomb = frame(gzipSync(Buffer.alloc(500_000)), true);
    expect(bomb.length).toBeLessThan(maxMessageBytes);
    expect((await call('/test/Echo', bomb, gzip)).status).toBe(8);
  });

  it.each([
    ['gzip', 13],
    ['br', 12],
  ])('of encoding %s that is none is an error', async (encoding, code) => {
    const body = frame(Buffer.from('junk'), true);
    const answered = await call('/test/Echo', body, { 'grpc-encoding': encoding });
    expect(answered.status).toBe(code);
  });
});

describe('a peer', () => {
  it('that sends without end is answered at the limit, and what follows is dropped', async () => {
    const stream = open('/test/Echo');
    const ended = result(stream);
    // The last of it leaves when the server has read all before it.
    for (let sent = 0; sent < 5_000_000; sent += 100_000) {
      if (!stream.write(Buffer.alloc(100_000, 1))) await once(stream, 'drain');
    }
    expect((await ended).status).toBe(8);
    stream.close();
    expect((await call('/test/Echo', frame(Buffer.alloc(1)))).status).toBe(0);
  });

  it('that never finishes its message meets the deadline', async () => {
    const stream = open('/test/Echo');
    stream.write(Buffer.from([0, 0]));
    expect((await result(stream)).status).toBe(4);
  });

  it('may not ask for a longer deadline', async () => {
    const longest = { 'grpc-timeout': '99H' };
    expect((await call('/test/Held', frame(Buffer.alloc(1)), longest)).status).toBe(4);
  });

  it('may ask for a shorter deadline', async () => {
    await patientServer();
    const short = { 'grpc-timeout': '50m' };
    expect((await call('/test/Held', frame(Buffer.alloc(1)), short)).status).toBe(4);
  });

  it('that asks for a deadline that is none is told so', async () => {
    const answered = await call('/test/Held', frame(Buffer.alloc(1)), { 'grpc-timeout': 'soon' });
    expect(answered.status).toBe(13);
  });

  it('that gives up harms nobody', async () => {
    const stream = open('/test/Held');
    stream.end(frame(Buffer.alloc(1)));
    await isHeld;
    stream.close();
    release();
    expect((await call('/test/Echo', frame(Buffer.alloc(1)))).status).toBe(0);
  });

  it('that speaks no TLS, or no HTTP/2, harms nobody', async () => {
    const plain = connectPlain(port, '127.0.0.1');
    plain.end('GET / HTTP/1.1\r\n\r\n');
    const other = connectTls({ port, ca: authority.cert, servername: 'localhost' });
    other.end('GET / HTTP/1.1\r\n\r\n');
    for (const socket of [plain, other]) {
      socket.on('error', () => {});
      socket.resume();
      await once(socket, 'close');
    }
    expect((await call('/test/Echo', frame(Buffer.alloc(1)))).status).toBe(0);
  });

  it('may have so many calls open and no more', async () => {
    expect((await settings()).maxConcurrentStreams).toBe(1000);
  });
});

describe('closing', () => {
  it('lets calls that run end, and takes no more', async () => {
    const stream = open('/test/Held');
    stream.end(frame(Buffer.from('x')));
    const running = result(stream);
    await isHeld;
    const closing = server.close(60_000);
    const late = connect(`https://localhost:${port}`, { ca: authority.cert });
    const [refused] = await once(late, 'error').catch((error: unknown) => [error]);
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
    release();
    expect((await running).status).toBe(0);
    await closing;
  });

  it('waits no longer than it is told', async () => {
    await patientServer();
    const stream = open('/test/Held');
    stream.end(frame(Buffer.from('x')));
    const running = result(stream);
    await isHeld;
    await server.close(50);
    expect((await running).status).not.toBe(0);
  });
});

describe('a peer that never comes so far as a call', () => {
  it.each([
    ['its handshake', () => connectPlain(port, '127.0.0.1')],
    ['HTTP/2', () => connectTls({ port, ca: authority.cert, servername: 'localhost' })],
  ])('but hangs in %s does not hold up the end', async (_, hang) => {
    const socket = hang();
    socket.on('error', () => {});
    await once(socket, socket instanceof TLSSocket ? 'secureConnect' : 'connect');
    const begunMs = performance.now();
    await server.close(50);
    expect(performance.now() - begunMs).toBeLessThan(2000);
    socket.destroy();
  });
});

it('says why it cannot listen', async () => {
  const other = new RpcServer({ tls, services: [], maxMessageBytes });
  await expect(other.listen('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
