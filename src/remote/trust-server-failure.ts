// What a trust server's refusals mean (HTTP API §2, §4).
//
// The status and a known code choose our code; the server's words are shown, escaped, and believed for
// nothing. A web page is not an answer of a trust server, whatever its status, except that a gateway's 5xx
// page still says that the server behind it is down.

import { JsonView } from '../encoding/json-view.ts';
import { type ErrorCode, Failure, isFailure } from '../errors.ts';
import type { AuthorizedResponse } from './access.ts';
import { shown, shownUrl } from './foreign-text.ts';
import type { HttpResponse } from './http.ts';
import {
  isWebPage,
  type ServerError,
  serverErrors,
  serverWords,
  unechoed,
} from './server-words.ts';

/** Go's kinds of INVALID_UPDATE, in the words of Go's client. */
const updateKinds: ReadonlyMap<string, string> = new Map([
  ['ErrValidation', 'An error occurred during validation'],
  ['ErrBadHierarchy', 'Metadata hierarchy is incomplete'],
  ['ErrBadRoot', 'The root metadata is invalid'],
  ['ErrBadTargets', 'The targets metadata is invalid'],
  ['ErrBadSnapshot', 'The snapshot metadata is invalid'],
]);

/** How Go's server says that it was to make a snapshot or timestamp and its signer has not the key. */
const keyElsewhere =
  /server does not hold current snapshot key|key [0-9a-f]+ not found|no\s+timestamp keys exist/;

/** An answer that is no answer to `what` (such as `the upload`) about `gun`. */
export function trustServerFailure(answer: AuthorizedResponse, gun: string, what: string): Failure {
  const { status, url } = answer;
  const facts = factsOf(answer, gun);
  if (status === 429) {
    return new Failure('RATE_LIMITED', `${url.host} is asked too often`, { facts });
  }
  if (status >= 500) {
    return new Failure('SERVER_ERROR', `${url.host} failed at ${what} (status ${status})`, {
      facts,
    });
  }
  if (isWebPage(answer)) return notATrustServer(answer, gun, 'with a web page');
  if (status === 404 || status === 405) {
    return notATrustServer(answer, gun, `${what} with status ${status}`);
  }
  return new Failure('SERVER_ERROR', `${url.host} refused ${what} (status ${status})`, { facts });
}

/** The address answers, but not as a trust server does. */
export function notATrustServer(answer: AuthorizedResponse, gun: string, how: string): Failure {
  return new Failure('NOT_A_TRUST_SERVER', `${answer.url.host} answers ${how}`, {
    facts: factsOf(answer, gun),
    meaning:
      'The address is that of another service, something before the server answers in its place, or the server serves only repositories of other names.',
  });
}

/** Why an upload was not taken: VERSION_CONFLICT, UPLOAD_REJECTED with the server's words, or as above. */
export function uploadFailure(answer: AuthorizedResponse, gun: string): Failure {
  const errors = answer.status < 500 ? serverErrors(answer) : undefined;
  const error = errors?.[0];
  if (error?.code === 'VERSION') {
    return new Failure('VERSION_CONFLICT', `someone published ${shown(gun)} meanwhile`, {
      facts: factsOf(answer, gun),
    });
  }
  if (answer.status === 413) return rejected(answer, gun, 'it is larger than the server allows');
  if (answer.status !== 400 || error === undefined)
    return trustServerFailure(answer, gun, 'the upload');
  if (error.code !== 'INVALID_UPDATE')
    return rejected(answer, gun, serverWords(answer, answer.secrets) ?? error.code);
  const { words, meaning } = invalidUpdate(error);
  return rejected(answer, gun, words, meaning);
}

/** True for Go's answer when storing failed, which on PostgreSQL may be a lost race as well. */
export function mayBeLostRace(answer: HttpResponse): boolean {
  return answer.status === 500 && serverErrors(answer)?.[0]?.code === 'UPDATING';
}

/** True for the 500 with which Go answers for a role that the snapshot does not list. */
export function saysRoleIsUnlisted(answer: HttpResponse, role: string): boolean {
  const detail = answer.status === 500 ? serverErrors(answer)?.[0]?.detail : undefined;
  return detail instanceof Map && detail.get('Role') === role;
}

function rejected(answer: AuthorizedResponse, gun: string, why: string, meaning?: string): Failure {
  const code: ErrorCode = 'UPLOAD_REJECTED';
  return new Failure(
    code,
    `${answer.url.host} refused the upload: ${shown(unechoed(why, answer.secrets))}`,
    {
      facts: factsOf(answer, gun),
      ...(meaning === undefined ? {} : { meaning }),
    },
  );
}

interface InvalidUpdate {
  readonly words: string;
  readonly meaning: string | undefined;
}

function invalidUpdate(error: ServerError): InvalidUpdate {
  try {
    const detail = new JsonView(error.detail, 'detail');
    const kind = detail.member('Name').string();
    const message = detail.member('Error').member('Msg').string();
    return {
      words: `${updateKinds.get(kind) ?? kind}: ${message}`,
      meaning: keyElsewhere.test(message)
        ? 'The snapshot or timestamp key is not with this server. The owner of the root key can give it a new one by a rotation.'
        : undefined,
    };
  } catch (fault) {
    // Go leaves the detail out when the cause is its own storage.
    if (isFailure(fault, 'JSON_INVALID')) return { words: error.message, meaning: undefined };
    throw fault;
  }
}

function factsOf(answer: AuthorizedResponse, gun: string): Readonly<Record<string, string>> {
  const words = serverWords(answer, answer.secrets);
  return {
    server: shownUrl(answer.url),
    ...(gun === '' ? {} : { repository: shown(gun) }),
    status: String(answer.status),
    ...(words === undefined ? {} : { answer: words }),
  };
}
