// From request to answer: route, prefix, rights, handler, in Go's order; then what the metrics and the log get.
// Whatever goes wrong becomes one of the documented answers. Nothing of a cause reaches the client.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Log } from '../../daemon/log.ts';
import { asFailure, isFailure } from '../../errors.ts';
import { type Authorizer, rightsFor } from '../auth/authorizer.ts';
import { type Answer, empty, refusal, unreadableRequest } from './answer.ts';
import type { Call, Handler } from './handlers.ts';
import type { HttpLimits } from './limits.ts';
import { refusalOfFailure } from './refusal-of-failure.ts';
import type { RequestMetrics } from './request-metrics.ts';
import type { Resolution, RouteCache } from './route-cache.ts';
import type { Match, Operation } from './routes.ts';
import { drainRefused, type Sender } from './send.ts';

export interface ServicePorts {
  readonly routes: RouteCache;
  readonly gunPrefixes: readonly string[];
  readonly handlers: Readonly<Record<Operation, Handler>>;
  /** Absent: everything is allowed. */
  readonly authorizer: Authorizer | undefined;
  readonly metrics: RequestMetrics;
  readonly sender: Sender;
  readonly limits: HttpLimits;
  readonly log: Log;
  readonly nowMs: () => number;
}

type Matched = Extract<Resolution, { kind: 'match' }>;

const noSuchMethod = empty(405);
const badRequest = unreadableRequest(400, 'Bad Request');

export function createService(ports: ServicePorts): RequestListener {
  const { routes } = ports;
  return (request, response) => {
    const startMs = performance.now();
    const resolution = routes.resolve(request.method ?? '', request.url ?? '');
    switch (resolution.kind) {
      case 'match':
        void serve(request, response, resolution, startMs, ports);
        return;
      case 'redirect':
        finish(request, response, empty(301, ['Location', resolution.location]), ports);
        return;
      case 'unreadable':
        finish(request, response, badRequest, ports);
        return;
      case 'no-such-method':
        finish(request, response, noSuchMethod, ports);
    }
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  resolution: Matched,
  startMs: number,
  ports: ServicePorts,
): Promise<void> {
  const { operation } = resolution.match.route;
  let answer: Answer;
  try {
    answer = await answerTo(request, resolution, ports);
  } catch (error) {
    const failure = asFailure(error);
    answer = refusalOfFailure(failure, operation);
    const facts = { operation, gun: resolution.match.gun, status: answer.status, error: failure };
    if (answer.status >= 500 || isSignersDoing(failure)) ports.log.error('request failed', facts);
    else ports.log.info('request refused', facts);
  }
  finish(request, response, answer, ports);
  const durationUs = (performance.now() - startMs) * 1000;
  record(request, operation, answer, durationUs, ports);
}

/** Whether the signer stands behind a refusal, which in Go's words looks like the client's doing. */
function isSignersDoing(failure: Error): boolean {
  let cause: unknown = failure;
  while (cause instanceof Error) {
    if (isFailure(cause, 'SIGNER_UNAVAILABLE', 'SIGNING_KEY_LOCKED', 'SIGNING_FAILED')) return true;
    cause = cause.cause;
  }
  return false;
}

function answerTo(
  request: IncomingMessage,
  resolution: Matched,
  ports: ServicePorts,
): Answer | Promise<Answer> {
  const { match, query, isForeign } = resolution;
  if (isForeign) return foreignAnswer(match, ports.gunPrefixes);
  const call = { request, match, query };
  const handler = ports.handlers[match.route.operation];
  if (ports.authorizer === undefined) return handler(call);
  return answerIfAllowed(call, handler, ports.authorizer, ports.log);
}

function foreignAnswer({ route }: Match, gunPrefixes: readonly string[]): Answer {
  if (route.foreignGun !== 'INVALID_GUN') return refusal('METADATA_NOT_FOUND');
  const detail =
    gunPrefixes.length > 0
      ? `Require GUNs with prefix: [${gunPrefixes.join(' ')}]`
      : 'Require GUNs with at most 255 characters';
  return refusal('INVALID_GUN', detail);
}

async function answerIfAllowed(
  call: Call,
  handler: Handler,
  authorizer: Authorizer,
  log: Log,
): Promise<Answer> {
  const { match, request } = call;
  const { access, operation } = match.route;
  if (access === 'none') return handler(call);
  const { authorization, host } = request.headers;
  const verdict = await authorizer.authorize({ authorization, host, access, gun: match.gun });
  if (verdict.kind === 'allowed') {
    const { user } = verdict;
    if (request.method !== 'GET') log.info('write allowed', { operation, gun: match.gun, user });
    return handler(call);
  }
  const challenge = ['Www-Authenticate', verdict.challenge];
  return refusal('UNAUTHORIZED', rightsFor(access, match.gun), challenge);
}

function finish(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  { sender, limits, log }: ServicePorts,
): void {
  if (response.destroyed) return;
  try {
    sender.send(response, answer);
    if (!request.complete) drainRefused(request, limits);
  } catch (error) {
    log.error('an answer could not be sent', { error });
    response.destroy();
  }
}

function record(
  request: IncomingMessage,
  operation: Operation,
  answer: Answer,
  durationUs: number,
  { metrics, log, nowMs }: ServicePorts,
): void {
  const { method = '', url = '' } = request;
  const measured = operation === 'AllChanges' ? 'Changefeed' : operation;
  const { status, body } = answer;
  const requestBytes = requestSize(request, url);
  const facts = { method, status, durationUs, requestBytes, responseBytes: body.length };
  metrics.record(measured, facts, nowMs());
  if (log.level === 'info' || log.level === 'debug') {
    log.info('response completed', { operation, url, ...facts });
  }
}

/** As Go estimates it: request line, headers, announced body. */
function requestSize(request: IncomingMessage, url: string): number {
  let size = url.length;
  for (const text of request.rawHeaders) size += text.length;
  return request.method === 'GET' ? size : size + Number(request.headers['content-length'] ?? 0);
}
