// What a registry answers for a tag: which kind of manifest it is, and its digest, from its own bytes.
//
// Everything here was written by someone who may want it to be read as one image by us and as another by
// the engine (CVE-2021-41190). So the type that the registry states and the one in the manifest must agree,
// a document that is manifest and index at once is refused, and digests are computed, never taken.

import { createHash } from 'node:crypto';
import { JsonView } from '../encoding/json-view.ts';
import { parseJson } from '../encoding/strict-json.ts';
import { Failure, isFailure } from '../errors.ts';
import { shown } from './foreign-text.ts';

export interface Descriptor {
  /** `sha256:hex` of the bytes. */
  readonly digest: string;
  readonly mediaType: string;
  /** Of the manifest itself, in bytes: what Docker Content Trust signs as the length. */
  readonly size: number;
  /** Images in an index; 0 for a plain manifest. */
  readonly platforms: number;
}

/** The largest manifest that registries accept. */
export const maxManifestBytes = 4 * 1024 * 1024;

/** What is asked for, and the only kinds that are taken: docker's and OCI's manifests and indexes. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

type ManifestType = (typeof manifestTypes)[number];

const indexTypes: ReadonlySet<string> = new Set([manifestTypes[0], manifestTypes[1]]);
/** Docker's kinds must name themselves; OCI's may. */
const mustNameItself: ReadonlySet<string> = new Set([manifestTypes[1], manifestTypes[3]]);

/** The descriptor of `bytes`, which came as `contentType`. @throws Failure MANIFEST_INVALID */
export function describeManifest(bytes: Buffer, contentType: string | undefined): Descriptor {
  const mediaType = typeOf(contentType);
  const view = viewOf(bytes);
  if (view.member('schemaVersion').integer() !== 2) view.member('schemaVersion').fail('is not 2');
  const own = view.member('mediaType');
  if (own.exists ? own.string() !== mediaType : mustNameItself.has(mediaType)) {
    own.fail(`is not ${mediaType}, as which it was sent`);
  }
  const [images, layers] = [view.member('manifests'), view.member('layers')];
  const isIndex = indexTypes.has(mediaType);
  const foreign = isIndex ? layers : images;
  if (foreign.exists) foreign.fail('has no place here: it could be read as another image');
  const entries = isIndex ? images.list() : [];
  if (!isIndex) layers.list();
  return {
    digest: digestOf('sha256', bytes),
    mediaType,
    size: bytes.length,
    platforms: entries.filter(isForPlatform).length,
  };
}

/** `algorithm:hex` of `bytes`. */
export function digestOf(algorithm: string, bytes: Uint8Array): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

function viewOf(bytes: Buffer): JsonView {
  try {
    const value = parseJson(bytes, { maxBytes: maxManifestBytes });
    return new JsonView(value, 'manifest', 'MANIFEST_INVALID');
  } catch (cause) {
    if (!isFailure(cause, 'JSON_INVALID')) throw cause;
    throw new Failure('MANIFEST_INVALID', `the manifest is not strict JSON: ${cause.message}`, {
      cause,
    });
  }
}

function typeOf(contentType: string | undefined): ManifestType {
  const [stated = ''] = (contentType ?? '').split(';');
  const type = manifestTypes.find((known) => known === stated.trim().toLowerCase());
  if (type !== undefined) return type;
  throw new Failure('MANIFEST_INVALID', `the manifest is of a kind that cannot be signed`, {
    facts: { type: shown(contentType ?? 'none stated') },
  });
}

/** Build attestations hang in an index as images for a platform that is none. */
function isForPlatform(entry: JsonView): boolean {
  const platform = entry.member('platform');
  return !platform.exists || platform.member('os').value !== 'unknown';
}
