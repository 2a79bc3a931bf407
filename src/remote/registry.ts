// The registry as we need it: the digest behind a tag, and content by digest, both ways.
//
// Nothing a registry says about content is believed: digests and sizes are computed from the bytes and
// compared with what was asked for and with what it states. Invariants: no content leaves here under a
// digest it does not have; limits on size come before reading. Safe for concurrent calls.

import { Failure } from '../errors.ts';
import type { Access, AuthorizedResponse } from './access.ts';
import { Authenticator } from './auth.ts';
import type { CredentialSource } from './credentials.ts';
import { shown } from './foreign-text.ts';
import type { HttpClient, HttpRequest } from './http.ts';
import {
  type Descriptor,
  describeManifest,
  digestOf,
  manifestTypes,
  maxManifestBytes,
} from './manifest.ts';
import { type ImageReference, isDigest } from './reference.ts';
import { imageNotFound, registryFailure } from './registry-failure.ts';
import { type RegistryOrigin, RegistryOrigins } from './registry-origin.ts';
import { isWebPage, unechoed } from './server-words.ts';

export type { Descriptor } from './manifest.ts';
export { type ImageReference, parseReference } from './reference.ts';

/**
 * @throws Failure from every call, as the HTTP client, and UNAUTHORIZED, FORBIDDEN, RATE_LIMITED, SERVER_ERROR,
 *   NOT_A_TRUST_SERVER
 */
export interface Registry {
  /**
   * What the tag (or digest) of `reference` names now.
   * @throws Failure IMAGE_NOT_FOUND, DIGEST_MISMATCH, MANIFEST_INVALID
   */
  resolve(reference: ImageReference): Promise<Descriptor>;
  /** The same with the manifest itself. */
  manifest(reference: ImageReference): Promise<Manifest>;
  /** A blob of the repository, with exactly that digest and size. @throws Failure IMAGE_NOT_FOUND, DIGEST_MISMATCH */
  blob(reference: ImageReference, content: BlobContent): Promise<Buffer>;
  /** Stores `bytes` as a blob; its digest. */
  pushBlob(reference: ImageReference, bytes: Buffer): Promise<string>;
  /** Stores `bytes` as the manifest under the tag (or digest) of `reference`. */
  pushManifest(reference: ImageReference, mediaType: string, bytes: Buffer): Promise<Descriptor>;
}

export interface Manifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

export interface BlobContent {
  readonly digest: string;
  readonly size: number;
}

export interface RegistryOptions {
  readonly http: HttpClient;
  readonly credentials: CredentialSource;
  /** Registries beside loopback that may be spoken to without TLS, `host[:port]` exactly. */
  readonly plainHosts?: readonly string[];
}

export function connectRegistry(options: RegistryOptions): Registry {
  return new RemoteRegistry(options);
}

/** A blob is collected in memory; larger ones are not for this client. */
const maxBlobBytes = 256 * 1024 * 1024;
const blobDeadlineMs = 600_000;
const maxSmallBytes = 64 * 1024;

const actions = { read: 'pull', write: 'pull,push' } as const;

class RemoteRegistry implements Registry {
  readonly #auth: Authenticator;
  readonly #origins: RegistryOrigins;

  constructor({ http, credentials, plainHosts }: RegistryOptions) {
    this.#auth = new Authenticator(http, credentials);
    this.#origins = new RegistryOrigins(http, plainHosts ?? [], (answer) =>
      this.#auth.learn(answer),
    );
  }

  async resolve(reference: ImageReference): Promise<Descriptor> {
    return (await this.manifest(reference)).descriptor;
  }

  async manifest(reference: ImageReference): Promise<Manifest> {
    const answer = await this.#send(reference, actions.read, manifestPath(reference), {
      method: 'GET',
      headers: { accept: manifestTypes.join(', ') },
      maxBytes: maxManifestBytes,
    });
    if (answer.status !== 200 || isWebPage(answer))
      throw notGiven(answer, reference, 'the manifest');
    const bytes = answer.body;
    requireDigest(bytes, reference.digest, reference);
    requireStatedDigest(bytes, answer, reference);
    return { descriptor: describeManifest(bytes, answer.headers['content-type']), bytes };
  }

  async blob(reference: ImageReference, { digest, size }: BlobContent): Promise<Buffer> {
    if (!isDigest(digest))
      throw new Failure('DIGEST_MISMATCH', `${shown(digest, 80)} is not a digest`);
    if (size > maxBlobBytes) {
      throw new Failure(
        'RESPONSE_TOO_LARGE',
        `the blob ${digest} has more than ${maxBlobBytes} bytes`,
      );
    }
    const answer = await this.#send(reference, actions.read, `blobs/${digest}`, {
      method: 'GET',
      maxBytes: size,
      deadlineMs: blobDeadlineMs,
    });
    if (answer.status !== 200) {
      throw notGiven(answer, { ...reference, digest }, 'a blob');
    }
    if (answer.body.length !== size) {
      const got = `${answer.body.length} bytes`;
      throw mismatch(reference, { asked: `${digest}, ${size} bytes`, got });
    }
    requireDigest(answer.body, digest, reference);
    return answer.body;
  }

  async pushBlob(reference: ImageReference, bytes: Buffer): Promise<string> {
    const started = await this.#send(reference, actions.write, 'blobs/uploads/', {
      method: 'POST',
      body: [],
      maxBytes: maxSmallBytes,
    });
    if (started.status !== 202) throw registryFailure(started, reference, 'the start of an upload');
    const url = uploadUrl(started, reference);
    const digest = digestOf('sha256', bytes);
    url.searchParams.append('digest', digest);
    const stored = await this.#send(reference, actions.write, url, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body: [bytes],
      maxBytes: maxSmallBytes,
      deadlineMs: blobDeadlineMs,
    });
    if (stored.status !== 201) throw registryFailure(stored, reference, 'the upload of a blob');
    return digest;
  }

  async pushManifest(
    reference: ImageReference,
    mediaType: string,
    bytes: Buffer,
  ): Promise<Descriptor> {
    const descriptor = describeManifest(bytes, mediaType);
    const answer = await this.#send(reference, actions.write, manifestPath(reference), {
      method: 'PUT',
      headers: { 'content-type': mediaType },
      body: [bytes],
      maxBytes: maxSmallBytes,
    });
    if (answer.status !== 201) throw registryFailure(answer, reference, 'the upload of a manifest');
    requireStatedDigest(bytes, answer, reference);
    return descriptor;
  }

  async #send(
    reference: ImageReference,
    wanted: string,
    where: string | URL,
    request: Omit<HttpRequest, 'url' | 'plainHttp'>,
  ): Promise<AuthorizedResponse> {
    const { base, plainHttp }: RegistryOrigin = await this.#origins.of(reference.domain);
    const access: Access = {
      repository: reference.name,
      scope: `repository:${reference.path}:${wanted}`,
      logins: [reference.domain],
      probe: base,
    };
    const url = typeof where === 'string' ? new URL(`${reference.path}/${where}`, base) : where;
    return this.#auth.send({ ...request, url, plainHttp }, access);
  }
}

function manifestPath(reference: ImageReference): string {
  return `manifests/${reference.digest ?? reference.tag ?? 'latest'}`;
}

/** Where the rest of an upload goes: the registry chooses, but not another registry. */
function uploadUrl(started: AuthorizedResponse, reference: ImageReference): URL {
  const location = started.headers.location ?? '';
  const url = URL.canParse(location, started.url.href) ? new URL(location, started.url) : undefined;
  if (location !== '' && url?.origin === started.url.origin) return url;
  const where = shown(unechoed(location, started.secrets));
  throw registryFailure(started, reference, `an upload, which it sends on to ${where}`);
}

function notGiven(answer: AuthorizedResponse, reference: ImageReference, what: string): Failure {
  const isAbsent = answer.status === 404 && !isWebPage(answer);
  return isAbsent ? imageNotFound(answer, reference) : registryFailure(answer, reference, what);
}

function requireDigest(bytes: Buffer, asked: string | undefined, reference: ImageReference): void {
  if (asked === undefined) return;
  const got = digestLike(asked, bytes);
  if (got !== asked) throw mismatch(reference, { asked: shown(asked, 160), got });
}

/** The digest that the registry states beside the bytes, if it does. */
function requireStatedDigest(
  bytes: Buffer,
  { headers, secrets }: AuthorizedResponse,
  reference: ImageReference,
): void {
  const value = headers['docker-content-digest'];
  const stated = typeof value === 'string' ? value : value?.[0];
  if (stated === undefined) return;
  const got = digestLike(stated, bytes);
  if (got !== stated) {
    throw mismatch(reference, { stated: shown(unechoed(stated, secrets), 160), got });
  }
}

/** The digest of `bytes` by the algorithm of `digest`. */
function digestLike(digest: string, bytes: Buffer): string {
  const [algorithm = ''] = digest.split(':');
  return digestOf(isDigest(digest) ? algorithm : 'sha256', bytes);
}

function mismatch(reference: ImageReference, facts: Readonly<Record<string, string>>): Failure {
  const message = `the registry gave content of ${reference.name} under a digest that it does not have`;
  return new Failure('DIGEST_MISMATCH', message, {
    facts,
    meaning: 'The content was damaged or exchanged in the registry or on the way.',
  });
}
