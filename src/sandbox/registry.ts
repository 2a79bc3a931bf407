// A small OCI registry in memory, for trying Paraph and for fast tests: push and pull of blobs and manifests,
// list of tags (OCI distribution specification 1.1, without deletion, referrers and ranges).
//
// It listens on loopback only, knows no login and forgets everything when it is closed. What claims to work
// with registries is tested against a real one; this one can be told to tamper (`content`).

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Failure } from '../errors.ts';
import { digestOf } from '../remote/manifest.ts';
import { RegistryContent } from './registry-content.ts';

export interface SandboxRegistryOptions {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** PEM; without it the registry speaks plain http, which docker accepts from loopback. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface SandboxRegistry {
  /** `localhost:PORT`, as image names have it. */
  readonly host: string;
  readonly url: string;
  /** What is stored, with the means to tamper with it. */
  readonly content: RegistryContent;
  close(): Promise<void>;
}

const repositoryName = /^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/;
const maxManifestBytes = 4 * 1024 * 1024;
const maxBlobBytes = 512 * 1024 * 1024;
/** Uploads that were begun and not finished; beyond this the oldest is given up. */
const maxOpenUploads = 100;

/** Starts a registry on 127.0.0.1. */
export async function startRegistry(
  options: SandboxRegistryOptions = {},
): Promise<SandboxRegistry> {
  const content = new RegistryContent();
  const handler = new RegistryHandler(content);
  const listener = (request: IncomingMessage, response: ServerResponse): void =>
    void handler.handle(request, response);
  const server =
    options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const host = `localhost:${portOf(server)}`;
  return {
    host,
    url: `${options.tls === undefined ? 'http' : 'https'}://${host}`,
    content,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Code of the specification for a refusal, with its status. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

type Reply = readonly [status: number, headers: Record<string, string>, body?: Buffer | string];

class RegistryHandler {
  readonly #content: RegistryContent;
  readonly #uploads = new Map<string, Buffer[]>();

  constructor(content: RegistryContent) {
    this.#content = content;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('docker-distribution-api-version', 'registry/2.0');
    try {
      const [status, headers, body = ''] = await this.#route(request);
      const length = String(Buffer.byteLength(body));
      response.writeHead(status, { 'content-length': length, ...headers });
      response.end(request.method === 'HEAD' ? '' : body);
    } catch (error) {
      const refusal =
        error instanceof Refusal ? error : new Refusal(500, 'UNKNOWN', 'unknown error');
      const { status, code, message } = refusal;
      // The rest of a body that was refused is not read.
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
      response.end(JSON.stringify({ errors: [{ code, message }] }));
    }
  }

  #route(request: IncomingMessage): Promise<Reply> | Reply {
    const { method = '' } = request;
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/v2/' || url.pathname === '/v2') return json({});
    if (url.pathname === '/v2/_catalog')
      return json({ repositories: this.#content.repositories() });
    const [, name = '', kind, rest = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|tags)\/(.*)$/.exec(decodeURIComponent(url.pathname)) ?? [];
    const isRead = method === 'GET' || method === 'HEAD';
    if (kind !== undefined && !repositoryName.test(name)) {
      throw new Refusal(400, 'NAME_INVALID', 'invalid repository name');
    }
    if (kind === 'tags' && rest === 'list' && isRead) return this.#tags(name);
    if (kind === 'manifests' && isRead) return this.#manifest(name, rest);
    if (kind === 'manifests' && method === 'PUT') return this.#putManifest(request, name, rest);
    if (kind === 'blobs' && rest.startsWith('uploads/')) {
      return this.#upload(request, name, rest.slice('uploads/'.length), url.searchParams);
    }
    if (kind === 'blobs' && isRead) return this.#blob(rest);
    throw new Refusal(kind === undefined ? 404 : 405, 'UNSUPPORTED', 'there is nothing here');
  }

  #tags(name: string): Reply {
    const tags = this.#content.tags(name);
    if (tags === undefined)
      throw new Refusal(404, 'NAME_UNKNOWN', 'repository name not known to registry');
    return json({ name, tags });
  }

  #manifest(name: string, tagOrDigest: string): Reply {
    const manifest = this.#content.manifest(name, tagOrDigest);
    if (manifest === undefined) throw new Refusal(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    const headers = {
      'content-type': manifest.mediaType,
      'docker-content-digest': manifest.digest,
      etag: `"${manifest.digest}"`,
    };
    return [200, headers, manifest.bytes];
  }

  async #putManifest(request: IncomingMessage, name: string, tagOrDigest: string): Promise<Reply> {
    const bytes = await this.#bodyOf(request, maxManifestBytes);
    const isByDigest = tagOrDigest.includes(':');
    if (isByDigest && tagOrDigest !== digestOf('sha256', bytes)) {
      throw new Refusal(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
    }
    const mediaType = request.headers['content-type'] ?? '';
    const digest = this.#content.addManifest(name, tagOrDigest, mediaType, bytes);
    const headers = {
      location: `/v2/${name}/manifests/${digest}`,
      'docker-content-digest': digest,
    };
    return [201, headers];
  }

  #blob(digest: string): Reply {
    const blob = this.#content.blob(digest);
    if (blob === undefined) throw new Refusal(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    const headers = { 'content-type': 'application/octet-stream', 'docker-content-digest': digest };
    return [200, headers, blob];
  }

  /** POST begins (or mounts, or does it all in one), PATCH adds, PUT ends, GET tells how far it is. */
  async #upload(
    request: IncomingMessage,
    name: string,
    id: string,
    query: URLSearchParams,
  ): Promise<Reply> {
    const { method } = request;
    if (method === 'POST' && id === '') {
      const mounted = query.get('mount');
      if (mounted !== null && this.#content.blob(mounted) !== undefined)
        return created(name, mounted);
      if (query.has('digest'))
        return this.#finish(name, query, [await this.#bodyOf(request, maxBlobBytes)]);
      return this.#progress(name, this.#begin(), []);
    }
    const pieces = this.#uploads.get(id);
    if (pieces === undefined)
      throw new Refusal(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
    if (method === 'GET') return this.#progress(name, id, pieces, 204);
    if (method === 'DELETE') {
      this.#uploads.delete(id);
      return [204, {}];
    }
    if (method !== 'PATCH' && method !== 'PUT')
      throw new Refusal(405, 'UNSUPPORTED', 'not supported');
    const taken = lengthOf(pieces);
    pieces.push(await this.#bodyOf(request, maxBlobBytes - taken));
    if (method === 'PATCH') return this.#progress(name, id, pieces);
    this.#uploads.delete(id);
    return this.#finish(name, query, pieces);
  }

  #begin(): string {
    const [oldest] = this.#uploads.keys();
    if (this.#uploads.size >= maxOpenUploads && oldest !== undefined) this.#uploads.delete(oldest);
    const id = randomUUID();
    this.#uploads.set(id, []);
    return id;
  }

  #progress(name: string, id: string, pieces: readonly Buffer[], status = 202): Reply {
    const last = Math.max(0, lengthOf(pieces) - 1);
    const location = `/v2/${name}/blobs/uploads/${id}`;
    return [status, { location, range: `0-${last}`, 'docker-upload-uuid': id }];
  }

  #finish(name: string, query: URLSearchParams, pieces: readonly Buffer[]): Reply {
    const bytes = Buffer.concat(pieces);
    if (query.get('digest') !== digestOf('sha256', bytes)) {
      throw new Refusal(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
    }
    return created(name, this.#content.addBlob(bytes));
  }

  async #bodyOf(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let total = 0;
    const body: AsyncIterable<Buffer> = request;
    for await (const piece of body) {
      total += piece.length;
      if (total > maxBytes || !this.#content.hasRoomFor(total)) {
        throw new Refusal(413, 'SIZE_INVALID', 'the upload is larger than this registry takes');
      }
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }
}

function created(name: string, digest: string): Reply {
  return [201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest }];
}

function json(value: unknown): Reply {
  return [200, { 'content-type': 'application/json' }, JSON.stringify(value)];
}

function lengthOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

function portOf(server: Server): number {
  const address = server.address();
  if (address !== null && typeof address === 'object') return address.port;
  throw new Failure('INTERNAL', 'the sandbox registry listens nowhere');
}
