// The connection to the signer: gRPC with one message each way, on node:http2 and mutual TLS. Knows transport,
// deadlines and status codes; what is asked is remote-signing.ts.
//
// Every call has a deadline. The connection is made at the first call and made again when it was lost; it is thrown
// away when an answer is overdue, because a peer that vanished without a word would hold every later call too.
// Certificates are read anew for each connection: they may be renewed while the server runs.
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { createSecureContext } from 'node:tls';
import { frame, prefixBytes, unframe } from '../../daemon/rpc/framing.ts';
import { maxMessageBytes } from '../../daemon/rpc/protocol.ts';
import { tlsPolicy } from '../../daemon/tls.ts';
import { asFailure, type ErrorCode, Failure } from '../../errors.ts';

export interface SignerAddress {
  readonly host: string;
  readonly port: number;
  readonly credentials: () => Promise<SignerCredentials>;
}

export interface SignerCredentials {
  /** PEM of the authorities that must have issued the signer's certificate; the system's when absent. */
  readonly authority?: Buffer | undefined;
  /** Certificate and key with which this server shows who it is. */
  readonly identity?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
}

/** One call: its path, and the generated codecs of its messages. */
export interface UnaryMethod<Request, Response> {
  readonly path: string;
  readonly request: { encode(message: Request): { finish(): Uint8Array } };
  readonly response: { decode(bytes: Uint8Array): Response };
}

/** gRPC's status codes by number, as Go writes them. */
const codeNames =
  'OK Canceled Unknown InvalidArgument DeadlineExceeded NotFound AlreadyExists PermissionDenied ResourceExhausted FailedPrecondition Aborted OutOfRange Unimplemented Internal Unavailable DataLoss Unauthenticated'.split(
    ' ',
  );

/** Text of a peer that is handed on in a message. */
const maxDetailLength = 300;

export class SignerConnection {
  readonly #origin: string;
  readonly #credentials: () => Promise<SignerCredentials>;
  #session: Promise<ClientHttp2Session> | undefined;
  #isClosed = false;

  constructor({ host, port, credentials }: SignerAddress) {
    this.#origin = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
    this.#credentials = credentials;
  }

  /**
   * One answer within `deadlineMs`.
   * @throws Failure SIGNER_UNAVAILABLE, SIGNING_KEY_NOT_FOUND, SIGNING_KEY_LOCKED, SIGNING_FAILED, with the words
   *   in which Go would hand on the status
   */
  async call<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    deadlineMs: number,
  ): Promise<Response> {
    const message = frame(method.request.encode(request).finish());
    const body = await this.#exchange(method.path, message, deadlineMs);
    try {
      return method.response.decode(unframe(body));
    } catch (cause) {
      throw new Failure('SIGNING_FAILED', 'the signing service answered with something else', {
        cause,
      });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const session = await this.#session?.catch(() => undefined);
    session?.destroy();
  }

  async #exchange(path: string, message: Buffer, deadlineMs: number): Promise<Buffer> {
    if (this.#isClosed) throw new Failure('SIGNER_UNAVAILABLE', 'this server is stopping');
    const session = await this.#connected();
    return new Promise((resolve, reject) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        'grpc-timeout': `${deadlineMs}m`,
      });
      const overdue = setTimeout(() => {
        this.#session = undefined;
        session.destroy();
        reject(unreachable('DeadlineExceeded'));
      }, deadlineMs);
      stream.on('close', () => clearTimeout(overdue));
      readAnswer(stream, resolve, reject);
      stream.end(message);
    });
  }

  #connected(): Promise<ClientHttp2Session> {
    if (this.#session !== undefined) return this.#session;
    const connecting = this.#connect(() => {
      if (this.#session === connecting) this.#session = undefined;
    });
    this.#session = connecting;
    return connecting;
  }

  /** `onLost` is called when the connection cannot be made or is no longer of use. */
  async #connect(onLost: () => void): Promise<ClientHttp2Session> {
    try {
      const { authority, identity } = await this.#credentials();
      const ca = authority === undefined ? {} : { ca: authority };
      const secureContext = createSecureContext({ ...tlsPolicy, ...ca, ...identity });
      const session = connect(this.#origin, { secureContext });
      // Why it broke is told by the calls that were open.
      return session.on('error', onLost).on('close', onLost).on('goaway', onLost);
    } catch (cause) {
      onLost();
      throw unreachable('Unavailable', cause);
    }
  }
}

/** Settles with the body of a call that ended well, else with its failure. */
function readAnswer(
  stream: ClientHttp2Stream,
  resolve: (body: Buffer) => void,
  reject: (failure: Failure) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  let status: string | undefined;
  let details = '';
  const note = (headers: Readonly<Record<string, unknown>>): void => {
    if (typeof headers['grpc-status'] === 'string') status = headers['grpc-status'];
    if (typeof headers['grpc-message'] === 'string') details = headers['grpc-message'];
  };
  stream.on('response', note).on('trailers', note);
  stream.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= prefixBytes + maxMessageBytes) chunks.push(chunk);
    else stream.close(constants.NGHTTP2_CANCEL);
  });
  stream.on('error', (cause) => reject(unreachable('Unavailable', cause)));
  stream.on('close', () => {
    if (status === '0') resolve(Buffer.concat(chunks));
    else if (status === undefined) reject(unreachable('Unavailable'));
    else reject(refused(Number(status), details));
  });
}

/** The text is fixed: what the system says names addresses of the private network. */
function unreachable(code: 'Unavailable' | 'DeadlineExceeded', cause?: unknown): Failure {
  const message = `rpc error: code = ${code} desc = the signing service did not answer`;
  return new Failure('SIGNER_UNAVAILABLE', message, { cause: cause && asFailure(cause) });
}

/** What the signer itself said, in Go's form; it may go on to clients. */
function refused(status: number, details: string): Failure {
  const name = codeNames[status] ?? 'Unknown';
  if (name === 'Unavailable' || name === 'DeadlineExceeded') return unreachable(name);
  const words = decodeDetails(details).slice(0, maxDetailLength);
  return new Failure(failureCode(name), `rpc error: code = ${name} desc = ${words}`);
}

function failureCode(name: string): ErrorCode {
  if (name === 'NotFound') return 'SIGNING_KEY_NOT_FOUND';
  return name === 'FailedPrecondition' ? 'SIGNING_KEY_LOCKED' : 'SIGNING_FAILED';
}

function decodeDetails(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
