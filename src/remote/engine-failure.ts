// What goes wrong between us and an engine, in docker's words with a code. The engine's own words are shown escaped,
// and withheld where they repeat the login that it was sent.
import { type ErrorCode, Failure, isFailure } from '../errors.ts';
import type { EngineEndpoint } from './engine-endpoint.ts';
import type { HttpResponse } from './exchange.ts';
import { serverWords } from './server-words.ts';
import { errorCodeOf } from './transport-failure.ts';

/** No engine is there: nothing listens, or the name or socket does not exist. */
const absentCodes: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTFOUND']);
const forbiddenCodes: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);

/** True when no engine answers at the address, as opposed to one that fails, stalls or is not to be trusted. */
export function isEngineAbsent(error: unknown): boolean {
  return isFailure(error, 'UNREACHABLE') && absentCodes.has(errorCodeOf(rootCause(error)) ?? '');
}

/** True when there is not even a socket, as opposed to an engine that is down. @param error one that isEngineAbsent is true of */
export function isSocketAbsent(error: unknown): boolean {
  return errorCodeOf(rootCause(error)) === 'ENOENT';
}

/** What goes wrong in an exchange itself; all else is what the engine said in it. */
const exchangeCodes: ReadonlySet<ErrorCode> = new Set([
  'UNREACHABLE',
  'TLS_UNTRUSTED',
  'TIMEOUT',
  'UNAUTHORIZED',
  'SERVER_ERROR',
  'RESPONSE_TOO_LARGE',
]);

/**
 * What the exchange threw, about the engine instead of the address that stands for it in HTTP. A failure that does not
 * name that address stays as it is.
 */
export function engineFailure(
  error: unknown,
  { address }: EngineEndpoint,
  dummyHost: string,
): Failure {
  if (!isFailure(error)) {
    const message = error instanceof Error ? error.message : String(error);
    return new Failure('INTERNAL', `unexpected: ${message}`, { cause: error });
  }
  if (!exchangeCodes.has(error.code) || !error.message.includes(dummyHost)) return error;
  const code = errorCodeOf(rootCause(error)) ?? '';
  const { shown } = address;
  if (error.code === 'UNREACHABLE' && absentCodes.has(code)) {
    return new Failure(
      'UNREACHABLE',
      `Cannot connect to the Docker daemon at ${shown}. Is the docker daemon running?`,
      {
        cause: error,
        remedy: 'Start the engine, or set DOCKER_HOST or the context to where it is.',
      },
    );
  }
  if (error.code === 'UNREACHABLE' && forbiddenCodes.has(code)) {
    return new Failure(
      'FORBIDDEN',
      `permission denied while trying to connect to the Docker daemon socket at ${shown}`,
      {
        cause: error,
        remedy: 'Run as a user who may use the socket (often: of the group docker).',
      },
    );
  }
  const clause = error.message.replaceAll(dummyHost, shown);
  const facts = { engine: shown, ...withoutUrl(error.facts) };
  const remedy =
    error.code === 'TLS_UNTRUSTED'
      ? 'Put the CA of the engine into the context (docker context update --docker ca=…) or DOCKER_CERT_PATH.'
      : error.remedy;
  return error.with({ message: `error during connect: ${clause}`, facts, remedy });
}

/** A refusing answer of the engine. @param secrets what it was sent and must not be repeated */
export function daemonFailure(
  answer: HttpResponse,
  { address }: EngineEndpoint,
  secrets: readonly string[],
): Failure {
  const words =
    serverWords(answer, secrets) ??
    `request returned ${answer.status}, check if the server supports the requested API version`;
  const message = `Error response from daemon: ${words}`;
  const options = { facts: { engine: address.shown, status: String(answer.status) } };
  if (answer.status === 404) return new Failure('IMAGE_NOT_FOUND', message, options);
  if (answer.status === 401) return new Failure('UNAUTHORIZED', message, options);
  if (answer.status === 403) return new Failure('FORBIDDEN', message, options);
  return new Failure('SERVER_ERROR', message, {
    ...options,
    remedy: 'Read what the engine says; its log knows more.',
  });
}

function rootCause(error: unknown): unknown {
  return isFailure(error) && error.cause !== undefined ? rootCause(error.cause) : error;
}

function withoutUrl(facts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(facts).filter(([name]) => name !== 'url'));
}
