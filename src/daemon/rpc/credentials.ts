// TLS of a gRPC listener under the daemons' own policy. grpc-js takes suites and versions from a variable of the
// process or from Node's defaults; here they are ours, and a peer that never finishes its handshake is dropped.
import { ServerCredentials } from '@grpc/grpc-js';
import { tlsPolicy } from '../tls.ts';

/** How long a peer may take for its TLS handshake. */
const handshakeTimeoutMs = 10_000;

export interface ListenerTls {
  /** PEM certificate (chain) and its private key. */
  readonly cert: Buffer;
  readonly key: Buffer;
  /** With it a client must show a certificate that these PEM certificates vouch for. */
  readonly clientCa: Buffer | undefined;
}

export class ListenerCredentials extends ServerCredentials {
  constructor(tls: ListenerTls) {
    const isMutual = tls.clientCa !== undefined;
    super(
      {
        minVersion: tlsPolicy.minVersion,
        requestCert: isMutual,
        rejectUnauthorized: isMutual,
        handshakeTimeout: handshakeTimeoutMs,
      },
      { ...tlsPolicy, cert: tls.cert, key: tls.key, ...(isMutual ? { ca: tls.clientCa } : {}) },
    );
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}
