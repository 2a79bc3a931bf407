// What the sandbox registry holds, in memory, and the ways in which its story tampers with it.
//
// An honest registry keeps content under the digest it has; the tampering functions break exactly that, as
// someone with access to the storage of a registry could. Only the sandbox and tests use this.

import { digestOf } from '../remote/manifest.ts';

export interface StoredManifest {
  readonly mediaType: string;
  readonly bytes: Buffer;
  /** The digest under which it is given out: its own unless somebody tampered. */
  readonly digest: string;
}

/** All content together may take this much; an upload beyond it is refused. */
const maxStoredBytes = 1024 * 1024 * 1024;

export class RegistryContent {
  readonly #blobs = new Map<string, Buffer>();
  /** Repository name to digest to manifest; repository name to tag to digest. */
  readonly #manifests = new Map<string, Map<string, StoredManifest>>();
  readonly #tags = new Map<string, Map<string, string>>();
  #storedBytes = 0;

  hasRoomFor(bytes: number): boolean {
    return this.#storedBytes + bytes <= maxStoredBytes;
  }

  blob(digest: string): Buffer | undefined {
    return this.#blobs.get(digest);
  }

  /** Keeps `bytes`; the digest they have. */
  addBlob(bytes: Buffer): string {
    const digest = digestOf('sha256', bytes);
    if (!this.#blobs.has(digest)) this.#storedBytes += bytes.length;
    this.#blobs.set(digest, bytes);
    return digest;
  }

  manifest(repository: string, tagOrDigest: string): StoredManifest | undefined {
    const digest = this.#tags.get(repository)?.get(tagOrDigest) ?? tagOrDigest;
    return this.#manifests.get(repository)?.get(digest);
  }

  addManifest(repository: string, tagOrDigest: string, mediaType: string, bytes: Buffer): string {
    const digest = digestOf('sha256', bytes);
    this.#storedBytes += bytes.length;
    entry(this.#manifests, repository).set(digest, { mediaType, bytes, digest });
    if (tagOrDigest !== digest) entry(this.#tags, repository).set(tagOrDigest, digest);
    return digest;
  }

  /** The tags of a repository in order; undefined when nobody ever pushed to it. */
  tags(repository: string): readonly string[] | undefined {
    if (!this.#manifests.has(repository)) return undefined;
    return [...(this.#tags.get(repository)?.keys() ?? [])].sort();
  }

  repositories(): readonly string[] {
    return [...this.#manifests.keys()].sort();
  }

  /** Tampering: the tag names another manifest from now on, which is stored honestly beside the old one. */
  moveTag(repository: string, tag: string, bytes: Buffer): string {
    const { mediaType } = this.#pushed(repository, tag);
    return this.addManifest(repository, tag, mediaType, bytes);
  }

  /** Tampering: other bytes are given out as the manifest of the same digest. */
  replaceManifest(repository: string, tagOrDigest: string, bytes: Buffer): void {
    const old = this.#pushed(repository, tagOrDigest);
    entry(this.#manifests, repository).set(old.digest, { ...old, bytes });
  }

  /** Tampering: other bytes are given out as the blob of that digest. */
  replaceBlob(digest: string, bytes: Buffer): void {
    if (!this.#blobs.has(digest)) throw new Error(`there is no blob ${digest} to replace`);
    this.#blobs.set(digest, bytes);
  }

  #pushed(repository: string, tagOrDigest: string): StoredManifest {
    const manifest = this.manifest(repository, tagOrDigest);
    if (manifest === undefined)
      throw new Error(`there is no ${repository}:${tagOrDigest} to change`);
    return manifest;
  }
}

function entry<V>(tables: Map<string, Map<string, V>>, name: string): Map<string, V> {
  const table = tables.get(name) ?? new Map<string, V>();
  tables.set(name, table);
  return table;
}
