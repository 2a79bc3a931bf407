// A gRPC server on a TLS listener of our own. The listener has what grpc-js offers no option for: the daemons' TLS
// policy instead of a variable of the environment, client certificates trusted as Go trusts them, bounds on
// connections and handshakes. What comes through is handed to grpc-js; what calls do is the services' own.
//
// Invariants:
// - Peers that must show a certificate and have none are gone before a call is read.
// - A call ends: its message is bounded, and it has a deadline, the caller's or ours, from its first byte to its answer.

import type { Socket } from 'node:net';
import { createServer, type Server as TlsServer } from 'node:tls';
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { tlsPolicy, trustClientCertificates } from '../tls.ts';
import { callDeadline } from './call-deadline.ts';

export interface ListenerTls {
  /** PEM certificate (chain) and its private key. */
  readonly cert: Buffer;
  readonly key: Buffer;
  /** With it a client must show a certificate that these PEM certificates vouch for. */
  readonly clientCa: Buffer | undefined;
}

/** A generated service and what answers its calls. */
export type Service = readonly [ServiceDefinition, UntypedServiceImplementation];

export interface RpcServerOptions {
  readonly tls: ListenerTls;
  readonly services: readonly Service[];
  readonly maxMessageBytes: number;
  /** Longest time for a call whose caller asks for no shorter one. */
  readonly maxCallMs?: number;
}

const defaultMaxCallMs = 30_000;
/** How long a peer may take for its TLS handshake. */
const handshakeTimeoutMs = 10_000;
/** A peer that vanished is noticed within the sum of these. */
const keepaliveTimeMs = 60_000;
const keepaliveTimeoutMs = 20_000;
/** A trust server has a few connections; anything near this is a flood. */
const maxConnections = 1000;
/** Calls that one connection may have open; further ones wait at the client. */
const maxConcurrentStreams = 1000;
/** Memory that one connection may hold, in megabytes: a few of the largest messages at a time. */
const maxSessionMegabytes = 64;

export class RpcServer {
  readonly #listener: TlsServer;
  readonly #grpc: GrpcServer;
  readonly #sockets = new Set<Socket>();
  /** Those whose peers have shown who they are, so that grpc-js reads calls from them. */
  readonly #handedOver = new Set<Socket>();
  #isClosing = false;

  constructor(options: RpcServerOptions) {
    this.#grpc = createGrpc(options);
    this.#listener = createListener(options.tls);
    this.#listener.on('connection', (socket: Socket) => this.#keep(socket));
    // TLS is the listener's: what is handed over needs no more of it.
    const injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.#listener.on('secureConnection', (socket) => {
      socket.on('error', () => undefined);
      if (this.#isClosing) {
        socket.destroy();
        return;
      }
      this.#handedOver.add(socket);
      socket.once('close', () => this.#handedOver.delete(socket));
      injector.injectConnection(socket);
    });
  }

  /** @returns the port that was bound. Rejects with the system's error. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#listener.once('error', reject);
      this.#listener.listen({ host, port }, () => {
        this.#listener.off('error', reject);
        const address = this.#listener.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** Takes no more calls, lets those that run end within `graceMs`, then ends every connection. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    const unbound = new Promise<void>((resolve) => this.#listener.close(() => resolve()));
    let timer: NodeJS.Timeout | undefined;
    const ended = new Promise<void>((resolve) => this.#grpc.tryShutdown(() => resolve()));
    const isOverdue = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    // On Node 24 grpc-js takes a session that is closing for one that is closed, while its calls still run.
    const drained = Promise.all([...this.#handedOver].map(closed));
    await Promise.race([Promise.all([ended, drained]), isOverdue]);
    clearTimeout(timer);
    this.#grpc.forceShutdown();
    // Those left never came so far as a call.
    for (const socket of this.#sockets) socket.destroy();
    await unbound;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

function createGrpc({ services, maxMessageBytes, maxCallMs }: RpcServerOptions): GrpcServer {
  const grpc = new GrpcServer({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': maxConcurrentStreams,
    'grpc-node.max_session_memory': maxSessionMegabytes,
    'grpc.keepalive_time_ms': keepaliveTimeMs,
    'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
    'grpc.enable_channelz': 0,
    interceptors: [callDeadline(maxCallMs ?? defaultMaxCallMs)],
  });
  for (const [definition, implementation] of services) grpc.addService(definition, implementation);
  return grpc;
}

function createListener({ cert, key, clientCa }: ListenerTls): TlsServer {
  const isMutual = clientCa !== undefined;
  const listener = createServer({
    ...tlsPolicy,
    cert,
    key,
    requestCert: isMutual,
    rejectUnauthorized: isMutual,
    handshakeTimeout: handshakeTimeoutMs,
    ALPNProtocols: ['h2'],
    noDelay: true,
  });
  if (isMutual) trustClientCertificates(listener, { cert, key, ca: clientCa });
  listener.maxConnections = maxConnections;
  // A peer's broken handshake ends its connection, nothing more.
  listener.on('tlsClientError', () => undefined);
  return listener;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}
