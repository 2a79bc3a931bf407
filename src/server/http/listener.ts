// The listening socket with every limit on connections, and its orderly end. Knows nothing of routes.
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { cannotListen } from '../../daemon/bind.ts';
import { tlsPolicy, trustClientCertificates } from '../../daemon/tls.ts';
import { Failure } from '../../errors.ts';
import { type Answer, unreadableRequest } from './answer.ts';
import { ConnectionGuard } from './connection-guard.ts';
import type { HttpLimits } from './limits.ts';

export interface TlsIdentity {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** PEM of the authorities of clients; a client without a certificate of theirs is turned away. */
  readonly clientAuthority?: Buffer;
}

export interface ListenOptions {
  /** Empty for all addresses of this machine. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly tls?: TlsIdentity;
  readonly limits: HttpLimits;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Takes no more connections, lets requests in flight finish for `stopMs`, then cuts what is left. */
  close(): Promise<void>;
}

/** @throws Failure CONFIG_INVALID when the address cannot be listened on */
export async function listen(
  options: ListenOptions,
  onRequest: RequestListener,
): Promise<Listener> {
  const { host, port, limits } = options;
  const server = createServer(options, onRequest);
  server.maxConnections = limits.connections;
  const guard = new ConnectionGuard(limits);
  server.on('connection', (socket: Socket) => guard.hold(socket));
  server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) =>
    guard.watch(socket),
  );
  server.on('clientError', answerUnreadable);
  await new Promise<void>((resolve, reject) => {
    const refuse = (cause: Error): void => {
      guard.stop();
      reject(cannotListen({ host, port }, 'server.http_addr', cause));
    };
    server.once('error', refuse);
    server.listen({ port, ...(host === '' ? {} : { host }) }, () => {
      server.off('error', refuse);
      resolve();
    });
  });
  const address = boundAddress(server);
  return { host: address.address, port: address.port, close: () => close(server, guard, limits) };
}

function createServer({ tls, limits }: ListenOptions, onRequest: RequestListener): Server {
  const timing = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: limits.sweepMs,
    maxHeaderSize: limits.headerBytes,
    noDelay: true,
  };
  if (tls === undefined) return createHttpServer(timing, onRequest);
  const { cert, key, clientAuthority } = tls;
  const isMutual = clientAuthority !== undefined;
  const server = createHttpsServer(
    {
      ...timing,
      ...tlsPolicy,
      cert,
      key,
      requestCert: isMutual,
      rejectUnauthorized: isMutual,
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: limits.handshakeMs,
    },
    onRequest,
  );
  if (isMutual) trustClientCertificates(server, { cert, key, ca: clientAuthority });
  return server;
}

function boundAddress(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Failure('INTERNAL', 'the listener has no address');
  }
  return address;
}

/** What Node could not read as a request, or waited for in vain. Without a handshake nothing can be said. */
function answerUnreadable(error: Error & { readonly code?: string }, socket: Duplex): void {
  const isHttp = error.code?.startsWith('HPE_') === true || error.code === requestTimeoutCode;
  if (!socket.writable || !isHttp) {
    socket.destroy();
    return;
  }
  socket.end(asText(unreadable(error.code)), () => socket.destroy());
}

const requestTimeoutCode = 'ERR_HTTP_REQUEST_TIMEOUT';

function unreadable(code: string | undefined): Answer {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return unreadableRequest(431, 'Request Header Fields Too Large');
  }
  if (code === requestTimeoutCode) return unreadableRequest(408, 'Request Timeout');
  return unreadableRequest(400, 'Bad Request');
}

function asText({ status, headers, body }: Answer): string {
  const lines = [`HTTP/1.1 ${body.toString()}`];
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n${status === 304 ? '' : body.toString()}`;
}

/** How often idle connections are looked for while requests in flight finish. */
const closePollMs = 50;

async function close(server: Server, guard: ConnectionGuard, limits: HttpLimits): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), closePollMs);
  const end = setTimeout(() => guard.cut(), limits.stopMs);
  server.closeIdleConnections();
  await closed;
  clearInterval(idle);
  clearTimeout(end);
  guard.stop();
}
