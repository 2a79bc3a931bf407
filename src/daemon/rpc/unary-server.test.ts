import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { connect as connectPlain } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tlsFixtures } from '../tls-fixtures.ts';
import { frame } from './framing.ts';
import { RpcError, type UnaryHandler, UnaryServer } from './unary-server.ts';

const maxMessageBytes = 1000;
const { authority, server: identity } = tlsFixtures;
const echo: UnaryHandler = async (message) => message;

let server: UnaryServer;
let session: ClientHttp2Session;
let port: number;
let release: () => void;
beforeEach(async () => {
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  server = new UnaryServer({
    tls: { cert: Buffer.from(identity.cert), key: Buffer.from(identity.key), clientCa: undefined },
    handlers: new Map<string, UnaryHandler>([
      ['/test/Echo', echo],
      ['/test/Held', async (message) => held.then(() => message)],
      ['/test/Refuse', async () => Promise.reject(new RpcError({ code: 5, details: 'nö 100%' }))],
      ['/test/Break', async () => Promise.reject(new Error('secret of the inside'))],
    ]),
    maxMessageBytes,
    maxCallMs: 300,
  });
  port = await server.listen('127.0.0.1', 0);
  session = connect(`https://localhost:${port}`, { ca: authority.cert });
  session.on('error', () => {});
});
afterEach(async () => {
  release();
  session.destroy();
  await server.close(0);
});

function open(path: string, headers: OutgoingHttpHeaders = {}) {
  return session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
}

/** What came back: status and message of gRPC from headers or trailers, and the body. */
async function result(stream: ReturnType<typeof open>) {
  const seen: IncomingHttpHeaders = {};
  stream.on('response', (headers) => Object.assign(seen, headers));
  stream.on('trailers', (trailers) => Object.assign(seen, trailers));
  stream.on('error', () => {});
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(stream, 'close');
  return {
    status: Number(seen['grpc-status']),
    details: decodeURIComponent(seen['grpc-message']?.toString() ?? ''),
    body: Buffer.concat(chunks),
  };
}

async function call(path: string, body: Uint8Array, headers: OutgoingHttpHeaders = {}) {
  const stream = open(path, headers);
  stream.end(body);
  return result(stream);
}

describe('a call', () => {
  it('is answered with one message and status 0', async () => {
    const body = frame(Buffer.from('hello'));
    expect(await call('/test/Echo', body)).toEqual({ status: 0, details: '', body });
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

  it.each([
    ['unknown', '/test/None', {}, /unknown method/],
    ['not gRPC', '/test/Echo', { 'content-type': 'text/html' }, /not a gRPC call/],
    ['a GET', '/test/Echo', { ':method': 'GET' }, /not a gRPC call/],
    ['compressed', '/test/Echo', { 'grpc-encoding': 'gzip' }, /compressed/],
  ])('that is %s is unimplemented', async (_, path, headers: OutgoingHttpHeaders, details) => {
    const stream = open(path, headers);
    if (headers[':method'] !== 'GET') stream.end(frame(Buffer.alloc(1)));
    const answered = await result(stream);
    expect(answered.status).toBe(12);
    expect(answered.details).toMatch(details);
  });

  it.each(['', '00', '000000000201', '0100000000'])('with the body %j is an error', async (hex) => {
    const body = Buffer.from(hex, 'hex');
    expect((await call('/test/Echo', body)).status).toBe(13);
  });
});

describe('a peer', () => {
  it('that sends without end is cut off at the limit', async () => {
    const stream = open('/test/Echo');
    const ended = result(stream);
    while (!stream.closed) {
      if (stream.writable) stream.write(Buffer.alloc(200));
      await delay(1);
    }
    expect((await ended).status).toBe(8);
    expect((await call('/test/Echo', frame(Buffer.alloc(1)))).status).toBe(0);
  });

  it('that never finishes its message meets the deadline', async () => {
    const stream = open('/test/Echo');
    stream.write(Buffer.from([0, 0]));
    expect((await result(stream)).status).toBe(4);
  });

  it('may ask for a shorter deadline, not for a longer one', async () => {
    const begunMs = performance.now();
    expect(
      (await call('/test/Held', frame(Buffer.alloc(1)), { 'grpc-timeout': '50m' })).status,
    ).toBe(4);
    expect(performance.now() - begunMs).toBeLessThan(250);
    expect(
      (await call('/test/Held', frame(Buffer.alloc(1)), { 'grpc-timeout': '99H' })).status,
    ).toBe(4);
  });

  it('that gives up harms nobody', async () => {
    const stream = open('/test/Held');
    stream.end(frame(Buffer.alloc(1)));
    await delay(20);
    stream.close();
    release();
    expect((await call('/test/Echo', frame(Buffer.alloc(1)))).status).toBe(0);
  });

  it('that speaks no TLS, or no HTTP/2, harms nobody', async () => {
    const plain = connectPlain(port, '127.0.0.1');
    plain.end('GET / HTTP/1.1\r\n\r\n');
    plain.on('error', () => {});
    plain.resume();
    await once(plain, 'close');
    expect((await call('/test/Echo', frame(Buffer.alloc(1)))).status).toBe(0);
  });
});

describe('closing', () => {
  it('lets calls that run end, and takes no more', async () => {
    const stream = open('/test/Held');
    stream.end(frame(Buffer.from('x')));
    const running = result(stream);
    await delay(20);
    const closing = server.close(5000);
    await delay(20);
    const late = connect(`https://localhost:${port}`, { ca: authority.cert });
    const [refused] = await once(late, 'error').catch((error: unknown) => [error]);
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
    release();
    expect((await running).status).toBe(0);
    await closing;
  });

  it('waits no longer than it is told', async () => {
    const stream = open('/test/Held');
    stream.end(frame(Buffer.from('x')));
    const running = result(stream);
    await delay(20);
    const begunMs = performance.now();
    await server.close(50);
    expect(performance.now() - begunMs).toBeLessThan(250);
    expect((await running).status).not.toBe(0);
  });
});

it('says why it cannot listen', async () => {
  const other = new UnaryServer({
    tls: { cert: Buffer.from(identity.cert), key: Buffer.from(identity.key), clientCa: undefined },
    handlers: new Map(),
    maxMessageBytes,
  });
  await expect(other.listen('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
