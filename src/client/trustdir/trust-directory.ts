// The trust directory as a whole: which repository lies where, shared with docker and notary
// (`~/.docker/trust`, client store §1).
//
// Locks, all below the directory, in the order in which they may be taken:
// - `.paraph/keys.lock` while it is decided which root key serves a new repository, or one is made;
// - `tuf/<gun>/.paraph/publish.lock` while this machine publishes to the repository;
// - `tuf/<gun>/.paraph/cache.lock` while cached files are replaced (cache.ts).
import { join } from 'node:path';
import { listNames, makeDirectory, removeFile, replaceFile } from '../../disk/files.ts';
import { isFailure } from '../../errors.ts';
import type { BaseRole } from '../../tuf/role.ts';
import { MetadataCache } from './cache.ts';
import { ChangeList } from './change-list.ts';
import { ownDirectoryName, repositoryPath } from './gun-path.ts';
import { withLock } from './lock.ts';
import {
  maxPendingPublicationBytes,
  type PendingPublication,
  parsePendingPublication,
  pendingPublicationBytes,
} from './pending-publication.ts';
import {
  maxPendingRotationBytes,
  type PendingRotation,
  parsePendingRotation,
  pendingRotationBytes,
} from './pending-rotation.ts';
import { readStored } from './stored-file.ts';

/** Signing may wait for a person who types a passphrase; others wait this long, then hear who holds it. */
const publishLockWaitMs = 30_000;

/** A root that was just made: four keys. */
const maxPendingRootBytes = 1024 * 1024;

export class TrustDirectory {
  readonly path: string;

  /** `path` need not exist: what is written makes it. */
  constructor(path: string) {
    this.path = path;
  }

  /** The part of the directory that belongs to `gun`. @throws Failure REFERENCE_INVALID for a name that is no path */
  repository(gun: string): RepositoryDirectory {
    return new RepositoryDirectory(repositoryPath(this.path, gun));
  }

  /** Runs `work` while no other Paraph process of this directory chooses or makes root keys. */
  async withKeyLock<T>(work: () => Promise<T>): Promise<T> {
    return withLock(join(this.path, ownDirectoryName, 'keys.lock'), work, publishLockWaitMs);
  }
}

export class RepositoryDirectory {
  readonly path: string;
  readonly cache: MetadataCache;
  readonly changeList: ChangeList;

  /** Where a root lies that is being made here; for messages. */
  readonly pendingRootPath: string;

  constructor(path: string) {
    this.path = path;
    this.pendingRootPath = join(path, ownDirectoryName, 'pending-root.json');
    this.cache = new MetadataCache(path);
    this.changeList = new ChangeList(path);
  }

  /** The root of a repository that is being made here and that the server is not known to have yet. */
  async pendingRoot(): Promise<Buffer | undefined> {
    return readStored(this.pendingRootPath, maxPendingRootBytes);
  }

  async setPendingRoot(bytes: Buffer): Promise<void> {
    await makeDirectory(join(this.path, ownDirectoryName));
    await replaceFile(this.pendingRootPath, bytes, `${this.pendingRootPath}.new`);
  }

  async clearPendingRoot(): Promise<void> {
    await removeFile(this.pendingRootPath);
  }

  /** What a rotation of the keys of `role` that did not come to its end has left. */
  async pendingRotation(role: BaseRole): Promise<PendingRotation | undefined> {
    const bytes = await readStored(this.#rotationPath(role), maxPendingRotationBytes);
    return bytes === undefined ? undefined : parsePendingRotation(bytes);
  }

  async setPendingRotation(role: BaseRole, rotation: PendingRotation): Promise<void> {
    await makeDirectory(join(this.path, ownDirectoryName));
    const path = this.#rotationPath(role);
    await replaceFile(path, pendingRotationBytes(rotation), `${path}.new`);
  }

  async clearPendingRotation(role: BaseRole): Promise<void> {
    await removeFile(this.#rotationPath(role));
  }

  /** What a publication of staged changes that did not come to its end was about to publish. */
  async pendingPublication(): Promise<PendingPublication | undefined> {
    try {
      const bytes = await readStored(this.#publicationPath, maxPendingPublicationBytes);
      return bytes === undefined ? undefined : parsePendingPublication(bytes);
    } catch (error) {
      if (isFailure(error, 'CACHE_DAMAGED')) return undefined; // nothing of ours, so nothing is known
      throw error;
    }
  }

  async setPendingPublication(publication: PendingPublication): Promise<void> {
    await makeDirectory(join(this.path, ownDirectoryName));
    const path = this.#publicationPath;
    await replaceFile(path, pendingPublicationBytes(publication), `${path}.new`);
  }

  async clearPendingPublication(): Promise<void> {
    await removeFile(this.#publicationPath);
  }

  get #publicationPath(): string {
    return join(this.path, ownDirectoryName, 'pending-publication.json');
  }

  #rotationPath(role: BaseRole): string {
    return join(this.path, ownDirectoryName, `rotation-${role}.json`);
  }

  /** Whether anything of the repository lies here, be it an empty folder that notary made. */
  async exists(): Promise<boolean> {
    return (await listNames(this.path)).length > 0;
  }

  /** Runs `work` while no other Paraph process of this directory publishes to the repository. */
  async withPublishLock<T>(work: () => Promise<T>): Promise<T> {
    return withLock(join(this.path, ownDirectoryName, 'publish.lock'), work, publishLockWaitMs);
  }
}
