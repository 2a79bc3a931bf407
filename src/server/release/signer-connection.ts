// The gRPC connection to the signer. Knows transport, deadlines and status codes; what is asked is
// remote-signing.ts.
//
// Every call has a deadline. A connection that fails, or whose answer is overdue, is thrown away and made anew at
// the next call: a peer that vanished without a word would hold every later call too, and certificates are read
// anew for each connection, so that they can be renewed while the server runs. While a signer that has answered is
// away for a moment, as at its restart, calls wait for it; once it has been away for longer they fail at once.
import { setTimeout as delay } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { maxMessageBytes } from '../../daemon/rpc/protocol.ts';
import { tlsPolicy } from '../../daemon/tls.ts';
import { type ErrorCode, Failure } from '../../errors.ts';

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

/** One call of a generated service definition. */
export interface UnaryMethod<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (value: Request) => Buffer;
  readonly responseDeserialize: (value: Buffer) => Response;
}

const channelOptions = {
  'grpc.max_receive_message_length': maxMessageBytes,
  'grpc.max_send_message_length': maxMessageBytes,
  // The proxy variables of the environment are meant for the internet, not for the signer's network.
  'grpc.enable_http_proxy': 0,
  // Nor does a text record in the DNS say how calls are made.
  'grpc.service_config_disable_resolution': 1,
  // What is thrown away is gone: no later connection shares its socket.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_channelz': 0,
} as const;

/** Of every call: nothing beside the message. grpc-js copies it. */
const noMetadata = new Metadata();

/** How long calls wait for a signer that was there: a restart, not an outage. */
const restartMs = 3000;
/** Between two tries to reach it. */
const retryPauseMs = 100;

/** Text of a peer that is handed on in a message. */
const maxDetailLength = 300;

export class SignerConnection {
  readonly #address: SignerAddress;
  #client: Promise<Client> | undefined;
  #isClosed = false;
  /** When the signer went away, of the clock that only goes forward; undefined while it answers. */
  #awaySinceMs: number | undefined = Number.NEGATIVE_INFINITY;

  constructor(address: SignerAddress) {
    this.#address = address;
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
    const endMs = performance.now() + deadlineMs;
    for (;;) {
      if (this.#isClosed) throw new Failure('SIGNER_UNAVAILABLE', 'this server is stopping');
      const leftMs = Math.max(0, endMs - performance.now());
      try {
        const answer = await this.#try(method, request, leftMs);
        this.#awaySinceMs = undefined;
        return answer;
      } catch (error) {
        const failure = signerFailure(error);
        if (failure.code !== 'SIGNER_UNAVAILABLE') {
          this.#awaySinceMs = undefined;
          throw failure;
        }
        if (!this.#isRestarting(endMs)) throw failure;
        await delay(retryPauseMs);
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const client = await this.#client?.catch(() => undefined);
    client?.close();
  }

  async #connect(): Promise<Client> {
    const { host, port, credentials: read } = this.#address;
    const { authority, identity } = await read();
    const ca = authority === undefined ? {} : { ca: authority };
    const context = createSecureContext({ ...tlsPolicy, ...ca, ...identity });
    const target = `dns:///${host.includes(':') ? `[${host}]` : host}:${port}`;
    const verified = credentials.createFromSecureContext(context, { rejectUnauthorized: true });
    return new Client(target, verified, channelOptions);
  }

  async #try<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    deadlineMs: number,
  ): Promise<Response> {
    this.#client ??= this.#connect();
    const connected = this.#client;
    try {
      return await unary(await connected, method, request, deadlineMs);
    } catch (error) {
      if (unreachable.has(statusOf(error))) this.#drop(connected);
      throw error;
    }
  }

  /** Whether the signer went away just now, and the call that ends at `endMs` has time for another try. */
  #isRestarting(endMs: number): boolean {
    const nowMs = performance.now();
    this.#awaySinceMs ??= nowMs;
    return nowMs - this.#awaySinceMs < restartMs && nowMs + retryPauseMs < endMs;
  }

  #drop(connected: Promise<Client>): void {
    if (this.#client !== connected) return;
    this.#client = undefined;
    // Other calls that are open on it end by their own deadlines at the latest.
    connected.then(
      (client) => client.close(),
      () => undefined,
    );
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
      noMetadata,
      { deadline: Date.now() + deadlineMs },
      (error: ServiceError | null, response?: Response) => {
        if (error !== null) reject(error);
        else if (response === undefined) reject(new Error('an answer without a message'));
        else resolve(response);
      },
    );
  });
}

const unreachable: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
]);

/**
 * The message goes on to clients, in Go's form. Where the signer could not be reached it is fixed: gRPC's own
 * text names addresses of the private network.
 */
function signerFailure(cause: unknown): Failure {
  const code = statusOf(cause);
  const details = cause instanceof Error && 'details' in cause ? String(cause.details) : '';
  const isAnswer = !unreachable.has(code) && details !== '';
  const words = isAnswer ? details.slice(0, maxDetailLength) : 'the signing service did not answer';
  const failed = details.endsWith(roleMismatchMark) ? 'KEY_ROLE_MISMATCH' : codeFor(code);
  return new Failure(failed, `rpc error: code = ${goName(code)} desc = ${words}`, { cause });
}

/** What failed without a status (a certificate that cannot be read) counts as not reached. */
function statusOf(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : status.UNAVAILABLE;
}

/** How paraph-signer ends its refusal to sign content of another role than the key's. */
const roleMismatchMark = '[KEY_ROLE_MISMATCH]';

const failureCodes: ReadonlyMap<number, ErrorCode> = new Map([
  [status.NOT_FOUND, 'SIGNING_KEY_NOT_FOUND'],
  [status.FAILED_PRECONDITION, 'SIGNING_KEY_LOCKED'],
]);

function codeFor(code: number): ErrorCode {
  return unreachable.has(code)
    ? 'SIGNER_UNAVAILABLE'
    : (failureCodes.get(code) ?? 'SIGNING_FAILED');
}

/** `NOT_FOUND` is `NotFound` in Go. */
function goName(code: number): string {
  const name: string | undefined = status[code];
  return (name ?? 'UNKNOWN')
    .toLowerCase()
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
