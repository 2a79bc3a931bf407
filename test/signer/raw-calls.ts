// Calls to a signer of which every byte can be wrong: HTTP/2 and the frames of gRPC are written here, because its
// library would not send them so.
import { once } from 'node:events';
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2';

export interface RawCall {
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body: Uint8Array;
}

export interface RawAnswer {
  /** HTTP's status; undefined when the stream was reset before one came. */
  readonly httpStatus: number | undefined;
  /** gRPC's status; undefined when none came. */
  readonly status: number | undefined;
  readonly details: string;
  readonly body: Buffer;
}

export class RawSigner {
  readonly #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  static async open(port: number, ca: string | Buffer): Promise<RawSigner> {
    const session = connect(`https://localhost:${port}`, { ca, ALPNProtocols: ['h2'] });
    await once(session, 'connect');
    session.on('error', () => undefined);
    return new RawSigner(session);
  }

  get isClosed(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  /** Opens a stream and leaves it so. */
  open({ path, headers }: Omit<RawCall, 'body'>) {
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    stream.on('error', () => undefined);
    return stream;
  }

  async call({ body, ...call }: RawCall): Promise<RawAnswer> {
    const stream = this.open(call);
    const seen: Record<string, unknown> = {};
    const chunks: Buffer[] = [];
    stream.on('response', (headers) => Object.assign(seen, headers));
    stream.on('trailers', (headers) => Object.assign(seen, headers));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.end(body);
    await new Promise((resolve) => stream.on('close', resolve));
    const status = seen['grpc-status'];
    return {
      httpStatus: typeof seen[':status'] === 'number' ? seen[':status'] : undefined,
      status: status === undefined ? undefined : Number(status),
      details: typeof seen['grpc-message'] === 'string' ? seen['grpc-message'] : '',
      body: Buffer.concat(chunks),
    };
  }

  close(): void {
    this.#session.destroy();
  }
}

/** `message` with the five bytes that stand before it: whether it is compressed, and its length. */
export function frame(message: Uint8Array, flag = 0, length = message.length): Buffer {
  const prefix = Buffer.from([flag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}
