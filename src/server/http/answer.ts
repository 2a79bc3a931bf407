// What a handler gives back, and the bodies that are always the same. An answer is a value: it is complete,
// its headers are written out as Node sends them, and it may be sent any number of times.
import { type RefusalCode, refusals } from './refusal-codes.ts';

export interface Answer {
  readonly status: number;
  /** Names and values in turn, Content-Length included. */
  readonly headers: string[];
  readonly body: Buffer;
}

const plainText = 'text/plain; charset=utf-8';
const json = 'application/json; charset=utf-8';
const nothing = Buffer.alloc(0);

/** 200 with a body that Go's content sniffing calls plain text. */
export function plain(body: Buffer): Answer {
  return {
    status: 200,
    headers: ['Content-Type', plainText, 'Content-Length', String(body.length)],
    body,
  };
}

/** A status without a body, as Go answers a redirect, a wrong method, an accepted upload. */
export function empty(status: number, headers: readonly string[] = []): Answer {
  return { status, headers: ['Content-Length', '0', ...headers], body: nothing };
}

/** A JSON body under any status: health. */
export function jsonAnswer(status: number, value: unknown): Answer {
  const body = Buffer.from(JSON.stringify(value));
  return {
    status,
    headers: ['Content-Type', json, 'Content-Length', String(body.length)],
    body,
  };
}

/**
 * The error body of HTTP API §2. `detail` is left out when undefined; it must hold
 * nothing that the client may not know.
 */
export function refusal(
  code: RefusalCode,
  detail?: unknown,
  headers: readonly string[] = [],
): Answer {
  const { status, message } = refusals[code];
  const body = Buffer.from(`${JSON.stringify({ errors: [{ code, message, detail }] })}\n`);
  return {
    status,
    headers: ['Content-Type', json, 'Content-Length', String(body.length), ...headers],
    body,
  };
}

/** What Go's HTTP library answers when it cannot read a request at all; the connection then ends. */
export function unreadableRequest(status: 400 | 408 | 431, reason: string): Answer {
  const body = Buffer.from(`${status} ${reason}`);
  return {
    status,
    headers: [
      'Content-Type',
      plainText,
      'Content-Length',
      String(body.length),
      'Connection',
      'close',
    ],
    body,
  };
}

/** The text of `/metrics`. */
export function metricsAnswer(contentType: string, text: string): Answer {
  const body = Buffer.from(text);
  return {
    status: 200,
    headers: ['Content-Type', contentType, 'Content-Length', String(body.length)],
    body,
  };
}
