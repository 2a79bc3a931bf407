// The error bodies of registries, trust servers and token services, read strictly, for people to read.
//
// Docker's services answer `{"errors":[{"code","message","detail"}]}`; token services also have forms of
// their own. Everything in them is a claim of the peer: it chooses a code of ours where the protocol says
// so, and is shown escaped; it is never believed for anything else.

import { JsonView } from '../encoding/json-view.ts';
import { type JsonObject, type JsonValue, parseJson } from '../encoding/strict-json.ts';
import { isFailure } from '../errors.ts';
import type { HttpResponse } from './exchange.ts';
import { shown } from './foreign-text.ts';

export interface ServerError {
  readonly code: string;
  readonly message: string;
  readonly detail: JsonValue | undefined;
}

const maxBodyBytes = 64 * 1024;
/** More errors than this in one answer tell nothing more. */
const maxErrors = 20;
const withheld = '(withheld: it repeats the login)';

/** The errors an answer lists; undefined when its body is not of docker's form. */
export function serverErrors(answer: HttpResponse): readonly ServerError[] | undefined {
  const body = jsonObject(answer);
  const list = body?.get('errors');
  if (!Array.isArray(list) || list.length === 0 || list.length > maxErrors) return undefined;
  try {
    return new JsonView(list, 'errors').list().map(serverError);
  } catch (error) {
    if (isFailure(error, 'JSON_INVALID')) return undefined;
    throw error;
  }
}

/**
 * What the peer says went wrong, on one line fit for a terminal; undefined when it says nothing readable.
 * It is withheld when any of the answer repeats one of the `secrets` that the peer was sent.
 */
export function serverWords(
  answer: HttpResponse,
  secrets: readonly string[] = [],
): string | undefined {
  const words = plainWords(answer);
  if (repeats(answer.body.toString('utf8'), secrets)) return withheld;
  return words === undefined ? undefined : shown(unechoed(words, secrets));
}

/** `text` of a peer, not yet cut; what repeats one of the `secrets` would end in somebody's CI log. */
export function unechoed(text: string, secrets: readonly string[]): string {
  return repeats(text, secrets) ? withheld : text;
}

/** True when `text` contains one of the `secrets`. */
export function repeats(text: string, secrets: readonly string[]): boolean {
  return secrets.some((secret) => secret !== '' && text.includes(secret));
}

function plainWords(answer: HttpResponse): string | undefined {
  const errors = serverErrors(answer);
  if (errors !== undefined) {
    return errors.map(({ code, message }) => (message === '' ? code : message)).join('; ');
  }
  const body = jsonObject(answer);
  for (const name of ['error_description', 'details', 'message', 'error']) {
    const words = body?.get(name);
    if (typeof words === 'string' && words !== '') return words;
  }
  return undefined;
}

/** True when what came is a web page: the address is not that of the service. */
export function isWebPage(answer: HttpResponse): boolean {
  const type = answer.headers['content-type'] ?? '';
  return (
    type.toLowerCase().startsWith('text/html') ||
    /^\s*</.test(answer.body.toString('latin1', 0, 64))
  );
}

/** The body as a JSON object; undefined when it is anything else. */
export function jsonObject(answer: HttpResponse): JsonObject | undefined {
  try {
    const value = parseJson(answer.body, { maxBytes: maxBodyBytes });
    return value instanceof Map ? value : undefined;
  } catch (error) {
    if (isFailure(error, 'JSON_INVALID')) return undefined;
    throw error;
  }
}

function serverError(view: JsonView): ServerError {
  const message = view.member('message');
  return {
    code: view.member('code').string(),
    message: message.exists ? message.string() : '',
    detail: view.member('detail').value,
  };
}
