// gRPC with one message each way, on node:http2: what the signer needs of a gRPC server, at half the cost of a whole
// one. Calls are found by path; what they do is the handlers' own.
//
// Invariants:
// - Peers that must show a certificate and have none are gone before a call is read.
// - A call ends: its message is bounded, and it has a deadline, the caller's or ours, from its first byte to its answer.
// - What a handler throws never reaches the caller, only the status that it chose.
import {
  constants,
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { Failure } from '../../errors.ts';
import { tlsPolicy, trustClientCertificates } from '../tls.ts';
import {
  encodeDetails,
  frame,
  parseTimeoutMs,
  prefixBytes,
  type RpcStatus,
  rpcStatus,
  unframe,
} from './framing.ts';

/** Answers one call. What it throws is reported as INTERNAL, unless it is an RpcError. */
export type UnaryHandler = (message: Buffer) => Promise<Uint8Array>;

/** Thrown by a handler: the status with which the call ends. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly status: RpcStatus;
  constructor(status: RpcStatus) {
    super(status.details);
    this.status = status;
  }
}

export interface ListenerTls {
  /** PEM certificate (chain) and its private key. */
  readonly cert: Buffer;
  readonly key: Buffer;
  /** With it a client must show a certificate that these PEM certificates vouch for. */
  readonly clientCa: Buffer | undefined;
}

export interface UnaryServerOptions {
  readonly tls: ListenerTls;
  /** By path, such as `/proto.Signer/Sign`. */
  readonly handlers: ReadonlyMap<string, UnaryHandler>;
  readonly maxMessageBytes: number;
  /** Longest time for a call whose caller asks for no shorter one. */
  readonly maxCallMs?: number;
}

const defaultMaxCallMs = 30_000;
/** How long a peer may take for its TLS handshake. */
const handshakeTimeoutMs = 10_000;
/** A peer that vanished is noticed by TCP after about this long without traffic. */
const keepAliveDelayMs = 60_000;
/** A trust server has a few connections; anything near this is a flood. */
const maxConnections = 1000;
/** Calls that one connection may have open; further ones wait at the client. */
const maxConcurrentStreams = 1000;
/** Memory that one connection may hold, in megabytes: a few of the largest messages at a time. */
const maxSessionMegabytes = 64;

const responseHeaders = { ':status': 200, 'content-type': 'application/grpc' } as const;
const okTrailers = { 'grpc-status': String(rpcStatus.ok) } as const;

export class UnaryServer {
  private readonly options: UnaryServerOptions;
  private readonly server: Http2SecureServer;
  private readonly sessions = new Set<ServerHttp2Session>();

  constructor(options: UnaryServerOptions) {
    this.options = options;
    const { cert, key, clientCa } = options.tls;
    const isMutual = clientCa !== undefined;
    this.server = createSecureServer({
      ...tlsPolicy,
      cert,
      key,
      requestCert: isMutual,
      rejectUnauthorized: isMutual,
      handshakeTimeout: handshakeTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveDelayMs,
      noDelay: true,
      maxSessionMemory: maxSessionMegabytes,
      settings: { maxConcurrentStreams, enablePush: false },
    });
    if (isMutual) trustClientCertificates(this.server, { cert, key, ca: clientCa });
    this.server.maxConnections = maxConnections;
    this.server.on('session', (session) => this.keep(session));
    this.server.on('stream', (stream, headers) => this.receive(stream, headers));
    // A peer's broken handshake or frame ends its connection, nothing more.
    for (const event of ['tlsClientError', 'sessionError']) this.server.on(event, () => undefined);
  }

  /** @returns the port that was bound. Rejects with the system's error. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ host, port }, () => {
        this.server.off('error', reject);
        const address = this.server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** Takes no more calls, lets those that run end within `graceMs`, then ends every connection. */
  async close(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const session of this.sessions) session.close();
    const timer = setTimeout(() => {
      for (const session of this.sessions) session.destroy();
    }, graceMs);
    await closed;
    clearTimeout(timer);
  }

  private keep(session: ServerHttp2Session): void {
    this.sessions.add(session);
    session.on('error', () => undefined);
    session.once('close', () => this.sessions.delete(session));
  }

  private receive(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on('error', () => undefined);
    const handler = this.options.handlers.get(headers[':path'] ?? '');
    const refusal = refusalOf(headers, handler);
    if (refusal !== undefined || handler === undefined) {
      end(stream, refusal ?? unimplemented('unknown method'));
      return;
    }
    const maxCallMs = this.options.maxCallMs ?? defaultMaxCallMs;
    const timeoutMs = Math.min(
      parseTimeoutMs(headers['grpc-timeout']?.toString()) ?? maxCallMs,
      maxCallMs,
    );
    const timer = setTimeout(() => end(stream, deadlineExceeded), timeoutMs);
    stream.once('close', () => clearTimeout(timer));
    this.readMessage(stream, (body) => void answer(stream, handler, body));
  }

  private readMessage(stream: ServerHttp2Stream, done: (body: Buffer) => void): void {
    const { maxMessageBytes } = this.options;
    const chunks: Buffer[] = [];
    let length = 0;
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= prefixBytes + maxMessageBytes) chunks.push(chunk);
      else end(stream, tooLarge(maxMessageBytes));
    });
    stream.on('end', () => {
      const [first] = chunks;
      done(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks));
    });
  }
}

async function answer(
  stream: ServerHttp2Stream,
  handler: UnaryHandler,
  body: Buffer,
): Promise<void> {
  let response: Buffer;
  try {
    response = frame(await handler(unframe(body)));
  } catch (error) {
    end(stream, statusOf(error));
    return;
  }
  if (stream.headersSent || stream.destroyed) return;
  stream.respond(responseHeaders, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(okTrailers));
  stream.end(response);
}

/** Ends the call with a status and no message. Does nothing when it has been answered or is gone. */
function end(stream: ServerHttp2Stream, { code, details }: RpcStatus): void {
  if (stream.headersSent || stream.destroyed) return;
  const status = { 'grpc-status': String(code), 'grpc-message': encodeDetails(details) };
  stream.respond({ ...responseHeaders, ...status }, { endStream: true });
  // The rest of a message that nobody reads is not waited for.
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
}

function refusalOf(
  headers: IncomingHttpHeaders,
  handler: UnaryHandler | undefined,
): RpcStatus | undefined {
  const isGrpc =
    headers[':method'] === 'POST' &&
    headers['content-type']?.startsWith('application/grpc') === true;
  if (!isGrpc) return unimplemented('not a gRPC call');
  if (handler === undefined) return unimplemented(`unknown method ${headers[':path'] ?? ''}`);
  const encoding = headers['grpc-encoding'] ?? 'identity';
  return encoding === 'identity' ? undefined : unimplemented('messages must not be compressed');
}

function statusOf(error: unknown): RpcStatus {
  if (error instanceof RpcError) return error.status;
  const details =
    error instanceof Failure && error.code === 'ENCODING_INVALID'
      ? error.message
      : 'internal error';
  return { code: rpcStatus.internal, details };
}

const deadlineExceeded: RpcStatus = {
  code: rpcStatus.deadlineExceeded,
  details: 'the call was not answered within its deadline',
};

function tooLarge(maxBytes: number): RpcStatus {
  return {
    code: rpcStatus.resourceExhausted,
    details: `grpc: received message larger than max (${maxBytes} bytes)`,
  };
}

function unimplemented(details: string): RpcStatus {
  return { code: rpcStatus.unimplemented, details };
}
