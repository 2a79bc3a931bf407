// A connection that speaks as little HTTP as the trust API needs, so that making load costs less than
// serving it: requests are bytes made beforehand, one at a time, and answers carry Content-Length.
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';

export interface Endpoint {
  readonly port: number;
  /** PEM of the authority when the endpoint speaks TLS; plain HTTP when undefined. */
  readonly ca: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

export interface Head {
  readonly status: number;
  /** Bytes of the whole answer, head and body. */
  readonly total: number;
  readonly bodyAt: number;
}

const host = 'localhost';
const headEnd = '\r\n\r\n';
const boundary = 'e3b0c44298fc1c149afbf4c8996fb924';

export function getRequest(path: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
}

/** An upload of `files`, by role. */
export function uploadRequest(path: string, files: ReadonlyMap<string, Buffer>): Buffer {
  const parts = [...files].flatMap(([role, bytes]) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${role}"\r\n` +
        'Content-Type: application/octet-stream\r\n\r\n',
    ),
    bytes,
    Buffer.from('\r\n'),
  ]);
  const body = Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
  const head =
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\n` +
    `Content-Type: multipart/form-data; boundary=${boundary}\r\nContent-Length: ${body.length}${headEnd}`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** The head of an answer; undefined while it has not arrived. */
export function readHead(bytes: Buffer): Head | undefined {
  const end = bytes.indexOf(headEnd);
  if (end < 0) return undefined;
  const text = bytes.toString('latin1', 0, end);
  const [, length] = /^content-length:[ \t]*(\d+)/im.exec(text) ?? [];
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(text) ?? [];
  if (length === undefined || status === undefined) {
    throw new Error(`an answer that the load generator cannot read:\n${text}`);
  }
  const bodyAt = end + headEnd.length;
  return { status: Number(status), total: bodyAt + Number(length), bodyAt };
}

/** What makes sockets to `endpoint`, the authority read once. */
export function dialler({ port, ca }: Endpoint): (onReady: () => void) => Socket {
  if (ca === undefined) return (onReady) => connectPlain(port, '127.0.0.1', onReady);
  const secureContext: SecureContext = createSecureContext({ ca });
  return (onReady) =>
    connectTls({ port, host: '127.0.0.1', servername: host, secureContext }, onReady);
}

export class HttpConnection {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #arrived = 0;
  #head: Head | undefined;
  #resolve: ((answer: Answer) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#reject?.(error));
    socket.on('close', () => this.#reject?.(new Error('the server closed the connection')));
  }

  static open(endpoint: Endpoint): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const socket = dialler(endpoint)(() => {
        socket.off('error', reject);
        resolve(new HttpConnection(socket));
      });
      socket.once('error', reject);
    });
  }

  /** Sends one request and waits for its answer. Never call it again before that. */
  exchange(request: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#socket.write(request);
    });
  }

  /** As `exchange`, for a request that must succeed; the body. */
  async must(what: string, request: Buffer): Promise<Buffer> {
    const { status, body } = await this.exchange(request);
    if (status !== 200) throw new Error(`${what}: status ${status}: ${body.toString()}`);
    return body;
  }

  close(): void {
    this.#reject = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#arrived += chunk.length;
    this.#head ??= readHead(Buffer.concat(this.#chunks));
    if (this.#head === undefined || this.#arrived < this.#head.total) return;
    const { status, bodyAt, total } = this.#head;
    const body = Buffer.concat(this.#chunks).subarray(bodyAt, total);
    const resolve = this.#resolve;
    this.#chunks = [];
    this.#arrived = 0;
    this.#head = undefined;
    this.#resolve = undefined;
    this.#reject = undefined;
    resolve?.({ status, body });
  }
}
