// The bytes of gRPC around a message: the five bytes before it, the text of a status, the deadline of a call.
// No sockets, no clock.
import { Failure } from '../../errors.ts';

/** One byte for the compression flag, four for the length. */
export const prefixBytes = 5;

/** What a call ended with; the numbers are gRPC's. */
export const rpcStatus = {
  ok: 0,
  unknown: 2,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
} as const;

export interface RpcStatus {
  readonly code: number;
  /** For the caller; becomes a header. */
  readonly details: string;
}

/** `message` with its prefix, not compressed. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(prefixBytes + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, prefixBytes);
  return framed;
}

/** The one message of `body`. @throws Failure ENCODING_INVALID: none, more than one, cut short, or compressed */
export function unframe(body: Buffer): Buffer {
  const isWhole = body.length >= prefixBytes && body.length - prefixBytes === body.readUInt32BE(1);
  if (!isWhole) throw new Failure('ENCODING_INVALID', 'a call does not carry exactly one message');
  if (body[0] !== 0) throw new Failure('ENCODING_INVALID', 'a message is compressed');
  return body.subarray(prefixBytes);
}

/** The form of `text` in the header grpc-message: printable ASCII but `%`, everything else as %XX of its UTF-8. */
export function encodeDetails(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

const timeoutText = /^(\d{1,8})([HMSmun])$/;
const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/** The header grpc-timeout in milliseconds; undefined when it is missing or not one. */
export function parseTimeoutMs(header: string | undefined): number | undefined {
  const [, digits, unit] = timeoutText.exec(header ?? '') ?? [];
  const factor = unit === undefined ? undefined : unitMs[unit];
  return factor === undefined ? undefined : Number(digits) * factor;
}
