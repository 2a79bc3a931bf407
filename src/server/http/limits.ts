// Every limit on what a peer may cost this server: time, bytes, connections. One table, so that an operator
// and a reviewer can read them together. Go's server has none of these.

const second = 1000;
const mebibyte = 1024 * 1024;

export interface HttpLimits {
  /** From connecting (or from the end of the last answer) to the end of the request's headers. */
  readonly headersMs: number;
  /** From connecting to the end of the TLS handshake. */
  readonly handshakeMs: number;
  /** From the first byte of a request to its last, the upload included. */
  readonly requestMs: number;
  /** How long a connection may stay open between two requests. */
  readonly idleMs: number;
  /** How often the deadlines above and slow readers are looked at. */
  readonly sweepMs: number;
  /** Sweeps in a row in which a reader with a pending answer took nothing, until it is dropped. */
  readonly sweepsWithoutProgress: number;
  /** A large answer is handed to the connection in slices of this size: progress is seen in slices. */
  readonly sliceBytes: number;
  /** An upload is judged by what came in each window of this length. */
  readonly uploadWindowMs: number;
  /** Lowest rate of an upload in each window. */
  readonly uploadBytesPerSecond: number;
  /** Least part of what has come so far that each window must add: memory is not held by dripping. */
  readonly uploadGrowth: number;
  /** Largest upload, all parts and their headers together. */
  readonly uploadBytes: number;
  /** Largest file of a targets role in an upload: it lists tags without bound. */
  readonly fileBytes: number;
  /** Largest root or snapshot: they list keys and roles, and no honest one comes near this. */
  readonly smallFileBytes: number;
  /** Most files in one upload: more roles than any repository has. */
  readonly uploadFiles: number;
  /** Bytes of uploads that may be in memory at one time over all connections. */
  readonly inFlightBytes: number;
  /** Bytes of large answers on their way, each file counted once however many read it. */
  readonly answerBytes: number;
  readonly headerBytes: number;
  readonly connections: number;
  /** How much of the body of a request that was refused is read on before the connection is cut. */
  readonly refusedBodyBytes: number;
  readonly refusedBodyMs: number;
  /** How long requests in flight may take to finish when the server stops. */
  readonly stopMs: number;
}

export const httpLimits: HttpLimits = {
  headersMs: 15 * second,
  handshakeMs: 10 * second,
  requestMs: 600 * second,
  idleMs: 65 * second,
  sweepMs: 5 * second,
  sweepsWithoutProgress: 3,
  sliceBytes: 128 * 1024,
  uploadWindowMs: 10 * second,
  uploadBytesPerSecond: 8 * 1024,
  uploadGrowth: 1 / 30,
  uploadBytes: 64 * mebibyte,
  fileBytes: 48 * mebibyte,
  smallFileBytes: 4 * mebibyte,
  uploadFiles: 1000,
  inFlightBytes: 192 * mebibyte,
  answerBytes: 256 * mebibyte,
  headerBytes: 32 * 1024,
  connections: 4096,
  refusedBodyBytes: 256 * 1024,
  refusedBodyMs: 2 * second,
  stopMs: 15 * second,
};
