// Image references as docker reads them (distribution/reference): NAME[:TAG][@DIGEST], with the short forms
// of Docker Hub made whole. The name is the GUN under which trust data is kept, so it must come out the same
// as everywhere else, letter for letter.

import { Failure } from '../errors.ts';
import { shown } from './foreign-text.ts';

export interface ImageReference {
  /** Host with its port, as written: `docker.io`, `localhost:5000`, `[::1]:5000`. */
  readonly domain: string;
  readonly path: string;
  /** `domain/path`: the GUN. */
  readonly name: string;
  readonly tag?: string;
  /** `sha256:hex`, `sha384:hex` or `sha512:hex`. */
  readonly digest?: string;
}

/** No valid reference is longer; the patterns below are only run on less. */
const maxChars = 1024;
const maxPathChars = 255;

const hub = 'docker.io';
const oldHub = 'index.docker.io';
const official = 'library/';

const pathComponent = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const domainComponent = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const host = `(?:${domainComponent}(?:\\.${domainComponent})*|\\[[a-fA-F0-9:]+\\])`;
const tagForm = '[\\w][\\w.-]{0,127}';
const wholeTag = new RegExp(`^${tagForm}$`);
const whole = new RegExp(
  `^(${host}(?::[0-9]+)?)/(${pathComponent}(?:/${pathComponent})*)(?::(${tagForm}))?(?:@(.+))?$`,
);
const sha256Form = /^sha256:([a-f0-9]{64})$/;
const digestForms = [sha256Form, /^sha384:[a-f0-9]{96}$/, /^sha512:[a-f0-9]{128}$/];

/** @throws Failure REFERENCE_INVALID saying what is wrong with `text` */
export function parseReference(text: string): ImageReference {
  if (text === '') throw invalid(text, 'is empty');
  if (text.length > maxChars) throw invalid(text, 'is too long');
  if (text.includes('://'))
    throw invalid(text, 'is an address; leave out what stands before the host');
  if (/^[a-f0-9]{64}$/.test(text)) throw invalid(text, 'is the ID of an image, not a name');
  const [domain, remainder] = splitDomain(text);
  const [beforeTag = ''] = remainder.split(':');
  if (beforeTag !== beforeTag.toLowerCase()) throw invalid(text, 'has capital letters in its name');
  const [, matched, path, tag, digest] = whole.exec(`${domain}/${remainder}`) ?? [];
  if (matched === undefined || path === undefined) throw invalid(text, whyNot(remainder));
  if (path.length > maxPathChars)
    throw invalid(text, `has a name of more than ${maxPathChars} characters`);
  if (digest !== undefined && !isDigest(digest)) throw invalid(text, 'has a digest that is none');
  return {
    domain,
    path,
    name: `${domain}/${path}`,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** True for `sha256:`, `sha384:` or `sha512:` with as many hex digits as it must have, in lower case. */
export function isDigest(text: string): boolean {
  return digestForms.some((form) => form.test(text));
}

/** The 64 hex digits of `sha256:…`; undefined for any other text, digests of other kinds included. */
export function sha256DigitsOf(digest: string): string | undefined {
  return sha256Form.exec(digest)?.[1];
}

/** True for a tag as registries allow it. */
export function isTag(text: string): boolean {
  return wholeTag.test(text);
}

/** What stands before the first slash is a host if it looks like one; otherwise the name is Docker Hub's. */
function splitDomain(text: string): readonly [domain: string, remainder: string] {
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(slash, 0));
  const isHost = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase();
  const domain = !isHost || first === oldHub ? hub : first;
  const remainder = isHost ? text.slice(slash + 1) : text;
  const isShort = domain === hub && !remainder.includes('/');
  return [domain, isShort ? `${official}${remainder}` : remainder];
}

function whyNot(remainder: string): string {
  const tag = /:([^/@]*)(?:@|$)/.exec(remainder)?.[1];
  if (tag !== undefined && !isTag(tag)) {
    return 'has a tag that cannot be one (letters, digits, _ . -, at most 128)';
  }
  return 'is not of the form NAME:TAG';
}

function invalid(text: string, why: string): Failure {
  return new Failure('REFERENCE_INVALID', `the image reference "${shown(text, 120)}" ${why}`);
}
