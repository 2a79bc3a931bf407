// Who made a call, for the log: the address of the connection, and what its certificate says, which an authority
// of the operator's signed. Nothing is decided by it.
import type { PeerCertificate } from 'node:tls';
import type { ServerUnaryCall } from '@grpc/grpc-js';

export interface Caller {
  /** `host:port` of the peer; `unknown` once it is gone. */
  readonly address: string;
  /** Common name in its certificate. */
  readonly name?: string;
  /** SHA-256 of its certificate, 64 hex digits. */
  readonly certificate?: string;
}

/** Reads the certificate anew each time: for calls that are rare. */
export function callerOf(call: ServerUnaryCall<unknown, unknown>): Caller {
  try {
    const address = call.getPeer();
    const certificate = call.getAuthContext().sslPeerCertificate;
    return certificate === undefined ? { address } : { address, ...namesIn(certificate) };
  } catch {
    // Node refuses to look at a connection that has ended meanwhile.
    return { address: 'unknown' };
  }
}

function namesIn({ subject, fingerprint256 }: PeerCertificate): Omit<Caller, 'address'> {
  return {
    name: String(subject.CN),
    certificate: fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}
