// One request and its answer on one connection: sizes and times are limited while the bytes move.
//
// Everything that comes from the peer is hostile: how long it takes (pace.ts), how much it says it sends,
// how much it sends, in what coding, and when it stops. Invariant: no more than `maxBytes` of an answer are
// ever held, and every way out leaves the connection either clean for reuse or destroyed.

import {
  type Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as plainRequest,
  type RequestOptions,
} from 'node:http';
import { request as tlsRequest } from 'node:https';
import { Failure } from '../errors.ts';
import { type Deadline, Pace, type TimeLimits } from './pace.ts';
import { transportFailure } from './transport-failure.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent one after the other, without joining them. */
  readonly body?: readonly Buffer[];
  /** Largest answer that is taken; of an error answer (status 400 and up) 64 KiB are read at most. */
  readonly maxBytes: number;
  readonly deadlineMs?: number;
  /** The server that named this address, as it does with its token service: its authorities count here too. */
  readonly namedBy?: URL;
  /** http:// is allowed for this request; without it such a URL is refused. */
  readonly plainHttp?: boolean;
  /** Takes the body of a good answer piece by piece instead of having it collected. */
  readonly receive?: (chunk: Buffer) => void | Promise<void>;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Where the answer came from: another than asked for after a redirect. */
  readonly url: URL;
}

/** Header lines of an answer: twice what Node allows, for registries behind talkative proxies. */
const maxHeaderBytes = 32 * 1024;
/** Of an error answer, this much is read and the rest is left. */
const maxErrorBytes = 64 * 1024;
/** A request body goes out in pieces, so that its progress can be seen. */
const pieceBytes = 64 * 1024;

/**
 * Sends `request` once.
 * @throws Failure TIMEOUT, RESPONSE_TOO_LARGE, SERVER_ERROR (not HTTP, or a coding that was not asked for) and
 *   what `transportFailure` knows; any HTTP status is an answer, not a failure
 */
export async function exchange(
  request: HttpRequest,
  agent: Agent,
  limits: TimeLimits,
  deadline: Deadline,
): Promise<HttpResponse> {
  const { url } = request;
  let missed: Failure | undefined;
  let answer: IncomingMessage | undefined;
  const message = open(request, agent);
  const pace = new Pace(url.host, limits, deadline, (failure) => {
    missed = failure;
    message.destroy(failure);
  });
  try {
    answer = await answerTo(message, request, pace);
    const body = await bodyOf(answer, request, pace);
    return { status: answer.statusCode ?? 0, headers: answer.headers, body, url };
  } catch (error) {
    throw missed ?? transportFailure(error, url);
  } finally {
    pace.stop();
    if (!message.writableEnded || answer?.complete !== true) message.destroy();
  }
}

function open(request: HttpRequest, agent: Agent): ClientRequest {
  const { url, body } = request;
  const length = (body ?? []).reduce((sum, piece) => sum + piece.length, 0);
  const options: RequestOptions = {
    method: request.method,
    agent,
    maxHeaderSize: maxHeaderBytes,
    headers: {
      ...request.headers,
      'accept-encoding': 'identity',
      ...(body === undefined ? {} : { 'content-length': length }),
    },
  };
  return url.protocol === 'https:'
    ? tlsRequest(url, { ...options, rejectUnauthorized: true })
    : plainRequest(url, options);
}

function answerTo(
  message: ClientRequest,
  request: HttpRequest,
  pace: Pace,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let isAnswered = false;
    message.once('response', (answer) => {
      isAnswered = true;
      resolve(answer);
    });
    // Stays attached: a connection may break again after its failure was reported.
    message.on('error', reject);
    pace.connecting();
    message.once('socket', (socket) => {
      const begin = (): void => {
        void upload(message, request.body ?? [], pace, () => isAnswered).catch(reject);
      };
      if (!socket.connecting) return begin();
      return socket.once(request.url.protocol === 'https:' ? 'secureConnect' : 'connect', begin);
    });
  });
}

async function upload(
  message: ClientRequest,
  body: readonly Buffer[],
  pace: Pace,
  isAnswered: () => boolean,
): Promise<void> {
  if (body.length > 0) pace.moving('up');
  for (const buffer of body) {
    for (let at = 0; at < buffer.length; at += pieceBytes) {
      const piece = buffer.subarray(at, at + pieceBytes);
      await new Promise<void>((resolve, reject) => {
        message.write(piece, (error) => (error ? reject(error) : resolve()));
      });
      // The server answered before it had everything: what it says matters more than the rest.
      if (isAnswered()) return;
      pace.progress(piece.length);
    }
  }
  pace.answering();
  message.end();
}

async function bodyOf(answer: IncomingMessage, request: HttpRequest, pace: Pace): Promise<Buffer> {
  const isError = (answer.statusCode ?? 0) >= 400;
  const limit = isError ? maxErrorBytes : request.maxBytes;
  if (!isError && request.method !== 'HEAD') refuseUnfit(answer, request);
  const receive = isError ? undefined : request.receive;
  const pieces: Buffer[] = [];
  let total = 0;
  pace.moving('down');
  for await (const piece of chunksOf(answer)) {
    total += piece.length;
    pace.progress(piece.length);
    if (total > limit) {
      if (!isError) throw tooLarge(request, `more than ${limit}`);
      pieces.push(piece.subarray(0, piece.length - (total - limit)));
      break;
    }
    if (receive === undefined) {
      pieces.push(piece);
      continue;
    }
    pace.hold();
    await receive(piece);
    pace.moving('down');
  }
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
}

async function* chunksOf(answer: IncomingMessage): AsyncGenerator<Buffer> {
  const pieces: AsyncIterable<unknown> = answer;
  for await (const piece of pieces) {
    if (Buffer.isBuffer(piece)) yield piece;
  }
}

/** What an answer declares is checked before any of it is read. */
function refuseUnfit(answer: IncomingMessage, request: HttpRequest): void {
  const declared = Number(answer.headers['content-length'] ?? 0);
  if (declared > request.maxBytes) throw tooLarge(request, `${declared}`);
  const coding = answer.headers['content-encoding'] ?? 'identity';
  if (coding !== 'identity' && coding !== '') {
    throw new Failure(
      'SERVER_ERROR',
      `${request.url.host} answered in a compressed form that was not asked for`,
    );
  }
}

function tooLarge(request: HttpRequest, bytes: string): Failure {
  return new Failure(
    'RESPONSE_TOO_LARGE',
    `${request.url.host} answered ${bytes} bytes where at most ${request.maxBytes} are allowed`,
    { facts: { url: `${request.url.origin}${request.url.pathname}` } },
  );
}
