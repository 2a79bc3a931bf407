// What a server says in WWW-Authenticate: which kinds of login it takes (RFC 7235, RFC 6750).
//
// The header comes from the peer. It is cut to a limit, read by one pass, and a challenge that is not
// understood is passed over; what is left is offered in the server's order. The realm of a Bearer challenge
// is an address to which secrets will be sent, so it is only taken as an https URL, or as loopback http
// when the server itself is on loopback.

import { isLoopback } from './loopback.ts';

export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer';
      readonly realm: URL;
      readonly service: string | undefined;
      /** `invalid_token` or `insufficient_scope` when a token was refused. */
      readonly error: string | undefined;
    };

const maxHeaderChars = 8 * 1024;

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const schemeStart = new RegExp(`[\\s,]*(${token})(?=\\s|,|$)(?!\\s*=)\\s*`, 'y');
const parameter = new RegExp(
  `[\\s,]*(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}[^\\s,]*))`,
  'y',
);

/** The challenges of `header` that we can answer to the server at `server`; an empty list when none is. */
export function parseChallenges(header: string, server: URL): readonly Challenge[] {
  const text = header.slice(0, maxHeaderChars);
  const challenges: Challenge[] = [];
  let at = 0;
  while (at < text.length) {
    schemeStart.lastIndex = at;
    const scheme = schemeStart.exec(text)?.[1];
    if (scheme === undefined) break;
    at = schemeStart.lastIndex;
    const parameters = new Map<string, string>();
    for (;;) {
      parameter.lastIndex = at;
      const [, name, quoted, plain] = parameter.exec(text) ?? [];
      if (name === undefined) break;
      at = parameter.lastIndex;
      const value = quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1');
      if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value);
    }
    const challenge = understood(scheme.toLowerCase(), parameters, server);
    if (challenge !== undefined) challenges.push(challenge);
  }
  return challenges;
}

function understood(
  scheme: string,
  parameters: ReadonlyMap<string, string>,
  server: URL,
): Challenge | undefined {
  if (scheme === 'basic') return { scheme };
  const realm = parameters.get('realm') ?? '';
  if (scheme !== 'bearer' || !URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  const isSafe =
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && isLoopback(url.hostname) && isLoopback(server.hostname));
  if (!isSafe || url.username !== '') return undefined;
  return {
    scheme,
    realm: url,
    service: parameters.get('service'),
    error: parameters.get('error'),
  };
}
