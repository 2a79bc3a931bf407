// What a registry's refusals mean (OCI distribution specification, error codes).

import { Failure } from '../errors.ts';
import type { AuthorizedResponse } from './access.ts';
import { shown, shownUrl } from './foreign-text.ts';
import type { ImageReference } from './reference.ts';
import { isWebPage, serverErrors, serverWords } from './server-words.ts';

/** What the registry does not have, as the reader named it. */
export function imageNotFound(answer: AuthorizedResponse, reference: ImageReference): Failure {
  const isUnknownName = serverErrors(answer)?.[0]?.code === 'NAME_UNKNOWN';
  const what = reference.digest ?? `tag ${reference.tag ?? 'latest'}`;
  const message = isUnknownName
    ? `${answer.url.host} has no repository ${reference.path}`
    : `${reference.name} has no ${what}`;
  return new Failure('IMAGE_NOT_FOUND', message, { facts: factsOf(answer, reference) });
}

/** An answer that is no answer to `what` (such as `the manifest`). */
export function registryFailure(
  answer: AuthorizedResponse,
  reference: ImageReference,
  what: string,
): Failure {
  const { status, url } = answer;
  const facts = factsOf(answer, reference);
  if (status === 429)
    return new Failure('RATE_LIMITED', `${url.host} is asked too often`, { facts });
  if (status < 500 && isWebPage(answer)) {
    return new Failure(
      'NOT_A_TRUST_SERVER',
      `${url.host} answers with a web page, not as a registry does`,
      {
        facts,
        remedy: 'Check the name of the registry and anything between you and it.',
      },
    );
  }
  return new Failure('SERVER_ERROR', `${url.host} failed at ${what} (status ${status})`, { facts });
}

function factsOf(
  answer: AuthorizedResponse,
  reference: ImageReference,
): Readonly<Record<string, string>> {
  const words = serverWords(answer, answer.secrets);
  return {
    server: shownUrl(answer.url),
    image: shown(reference.name),
    status: String(answer.status),
    ...(words === undefined ? {} : { answer: words }),
  };
}
