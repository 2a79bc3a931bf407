// Where the trust server of a registry is, and the addresses of what it serves (HTTP API §1).
//
// A trust server is only ever reached by https, or on this machine by http where the caller allows it. A GUN comes
// from the user and becomes part of a path: one that could lead to another path, or to a query, is refused.

import { Failure } from '../errors.ts';
import type { RoleName } from '../tuf/role.ts';
import { shown, shownAddress } from './foreign-text.ts';
import { isLoopback } from './loopback.ts';
import { repositoryNameFault } from './repository-name.ts';

export type MetadataName =
  | { readonly role: RoleName }
  | { readonly role: RoleName; readonly sha256: string }
  | { readonly role: RoleName; readonly version: number };

/** The notary server of Docker Hub. */
const dockerHubServer = 'https://notary.docker.io';
/**
 * The trust server for images of `domain`: what DOCKER_CONTENT_TRUST_SERVER (`configured`) says, else Docker
 * Hub's, else the registry itself.
 * @throws Failure CONFIG_INVALID unless that is an https URL without login and query
 */
export function trustServerFor(domain: string, configured?: string): URL {
  if (configured !== undefined && configured !== '') return trustServerUrl(configured);
  return trustServerUrl(domain === 'docker.io' ? dockerHubServer : `https://${domain}`);
}

/**
 * `text` as the base address of a trust server, without a slash at its end.
 * @param allowsLoopbackHttp whether http will do for a server on this machine
 * @throws Failure CONFIG_INVALID
 */
export function trustServerUrl(text: string, allowsLoopbackHttp = false): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.protocol === 'http:' && allowsLoopbackHttp && isLoopback(url.hostname);
  const isHttp = url?.protocol === 'https:' || isPlain;
  if (
    url === undefined ||
    !isHttp ||
    url.username !== '' ||
    url.password !== '' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    const what = shownAddress(text, 'what is configured');
    throw new Failure('CONFIG_INVALID', `valid https URL required for trust server, got ${what}`, {
      remedy: 'Write DOCKER_CONTENT_TRUST_SERVER=https://HOST:PORT.',
    });
  }
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
}

/** Address of everything of `gun`, with a slash at its end. @throws Failure REFERENCE_INVALID for an unfit GUN */
export function repositoryUrl(base: URL, gun: string): URL {
  const fault = repositoryNameFault(gun);
  if (fault !== undefined) {
    throw new Failure('REFERENCE_INVALID', `repository name "${shown(gun, 80)}" ${fault}`);
  }
  return new URL(`${root(base)}v2/${gun}/_trust/tuf/`);
}

export function metadataUrl(repository: URL, name: MetadataName): URL {
  return new URL(fileName(name), repository);
}

/** What is asked first: it tells a trust server or registry from anything else, and which login it wants. */
export function pingUrl(base: URL): URL {
  return new URL(`${root(base)}v2/`);
}

function root(base: URL): string {
  return base.href.endsWith('/') ? base.href : `${base.href}/`;
}

function fileName(name: MetadataName): string {
  if ('sha256' in name) {
    if (/^[0-9a-f]{64}$/.test(name.sha256)) return `./${name.role}.${name.sha256}.json`;
  } else if ('version' in name) {
    if (Number.isSafeInteger(name.version) && name.version > 0) {
      return `./${name.version}.${name.role}.json`;
    }
  } else {
    return `./${name.role}.json`;
  }
  throw new Failure('INTERNAL', `no file of ${name.role} can have such a name`);
}
