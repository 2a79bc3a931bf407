// The gRPC connection to the signer. Loaded only when a signer is configured: gRPC is the slowest thing here to
// load. Knows transport, deadlines and status codes; what is asked is remote-signing.ts.
//
// Every call has a deadline. The connection is made at the first call and made again by gRPC when it breaks; it
// is thrown away when an answer is overdue, because a peer that vanished without a word would hold every call.
import { createSecureContext } from 'node:tls';
import {
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { maxMessageBytes } from '../../daemon/rpc/protocol.ts';
import { tlsPolicy } from '../../daemon/tls.ts';
import { type ErrorCode, Failure } from '../../errors.ts';

export interface SignerAddress {
  readonly host: string;
  readonly port: number;
  /** PEM of the authorities that must have issued the signer's certificate; the system's when absent. */
  readonly authority?: Buffer;
  /** Certificate and key with which this server shows who it is. */
  readonly identity?: { readonly cert: Buffer; readonly key: Buffer };
}

/** One call of a generated service definition. */
export interface UnaryMethod<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (value: Request) => Buffer;
  readonly responseDeserialize: (value: Buffer) => Response;
}

const channelOptions = {
  'grpc.max_receive_message_length': maxMessageBytes,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  // The proxy variables of the environment are meant for the internet, not for the signer's network.
  'grpc.enable_http_proxy': 0,
} as const;

/** Text of a peer that is handed on in a message. */
const maxDetailLength = 300;

export class SignerConnection {
  readonly #target: string;
  readonly #credentials: ChannelCredentials;
  #client: Client | undefined;
  #closed = false;

  constructor(address: SignerAddress) {
    const host = address.host.includes(':') ? `[${address.host}]` : address.host;
    this.#target = `dns:///${host}:${address.port}`;
    this.#credentials = credentials.createFromSecureContext(
      createSecureContext({
        ...tlsPolicy,
        ...(address.authority === undefined ? {} : { ca: address.authority }),
        ...address.identity,
      }),
    );
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
    if (this.#closed) throw new Failure('SIGNER_UNAVAILABLE', 'this server is stopping');
    const client = this.#connected();
    try {
      return await unary(client, method, request, deadlineMs);
    } catch (error) {
      if (statusOf(error) === status.DEADLINE_EXCEEDED) this.#drop(client);
      throw signerFailure(error);
    }
  }

  close(): void {
    this.#closed = true;
    this.#client?.close();
  }

  #connected(): Client {
    this.#client ??= new Client(this.#target, this.#credentials, channelOptions);
    return this.#client;
  }

  #drop(client: Client): void {
    if (this.#client === client) this.#client = undefined;
    client.close();
  }
}

function unary<Request, Response>(
  client: Client,
  { path, requestSerialize, responseDeserialize }: UnaryMethod<Request, Response>,
  request: Request,
  deadlineMs: number,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      new Metadata(),
      { deadline: Date.now() + deadlineMs },
      (error: ServiceError | null, response?: Response) => {
        if (error !== null) reject(error);
        else if (response === undefined) reject(new Error('an answer without a message'));
        else resolve(response);
      },
    );
  });
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}

/**
 * The message goes on to clients, in Go's form. Where the signer could not be reached it is fixed: gRPC's own
 * text names addresses of the private network.
 */
function signerFailure(cause: unknown): Failure {
  const code = statusOf(cause);
  const details = cause instanceof Error && 'details' in cause ? String(cause.details) : '';
  const isAnswer = code !== undefined && !unreachable.has(code) && details !== '';
  const words = isAnswer ? details.slice(0, maxDetailLength) : 'the signing service did not answer';
  return new Failure(codeFor(code), `rpc error: code = ${goName(code)} desc = ${words}`, { cause });
}

const unreachable: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
]);

function codeFor(code: number | undefined): ErrorCode {
  if (code === status.NOT_FOUND) return 'SIGNING_KEY_NOT_FOUND';
  if (code === status.FAILED_PRECONDITION) return 'SIGNING_KEY_LOCKED';
  return code === undefined || unreachable.has(code) ? 'SIGNER_UNAVAILABLE' : 'SIGNING_FAILED';
}

/** `NOT_FOUND` is `NotFound` in Go. */
function goName(code: number | undefined): string {
  const name = Object.entries(status).find(([, value]) => value === code)?.[0] ?? 'UNKNOWN';
  return name
    .toLowerCase()
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
