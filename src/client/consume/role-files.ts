// Files of roles below the root: from the cache when it has what the verified parent names, else from the
// server under that hash. Everything returned here is still unverified; the trusted set decides.
//
// Invariants: nothing is fetched beyond the length that the parent has signed; a damaged cached file costs a
// download, never trust; what was downloaded is kept aside until the whole update has passed.
import { createHash } from 'node:crypto';
import { Failure, isFailure } from '../../errors.ts';
import type { TrustServer } from '../../remote/trust-server.ts';
import type { FileMeta } from '../../tuf/file-meta.ts';
import type { RoleName, TargetsRole } from '../../tuf/role.ts';
import type { TrustedSet } from '../../tuf/trusted-set.ts';
import type { MetadataCache } from '../trustdir/cache.ts';
import { maxFileBytes } from './limits.ts';

export class RoleFiles {
  readonly #gun: string;
  readonly #server: TrustServer;
  readonly #cache: MetadataCache;
  /** Files that this process has just uploaded. */
  readonly #uploaded: ReadonlyMap<RoleName, Buffer>;
  /** Downloaded and accepted, to be written to the cache in the end. */
  readonly downloaded = new Map<RoleName, Buffer>();

  constructor(
    gun: string,
    server: TrustServer,
    cache: MetadataCache,
    uploaded: ReadonlyMap<RoleName, Buffer> = new Map(),
  ) {
    this.#uploaded = uploaded;
    this.#gun = gun;
    this.#server = server;
    this.#cache = cache;
  }

  /** The cached file of `role`, whatever it holds; undefined when there is none of a possible size. */
  async cached(role: RoleName, maxBytes: number = maxFileBytes): Promise<Buffer | undefined> {
    try {
      return await this.#cache.read(role, maxBytes);
    } catch (error) {
      if (isFailure(error, 'CACHE_DAMAGED')) return undefined;
      throw error;
    }
  }

  /** Loads the snapshot that the timestamp names into `set`. */
  async loadSnapshot(set: TrustedSet): Promise<void> {
    const meta = set.timestamp?.signed.meta.get('snapshot');
    if (meta === undefined) throw new Failure('LOAD_ORDER', 'the snapshot before the timestamp');
    const cached = await this.cached('snapshot', limitOf(meta));
    if (cached !== undefined && hasSha256(cached, meta)) {
      set.updateSnapshot(cached);
      return;
    }
    const bytes = await this.#download('snapshot', meta);
    set.updateSnapshot(bytes);
    this.downloaded.set('snapshot', bytes);
  }

  /**
   * Loads a targets role that the snapshot lists as `meta`. `beforeReplacing` runs when the cached file is
   * not the listed one, before the new one is judged.
   */
  async loadTargets(
    set: TrustedSet,
    role: TargetsRole,
    meta: FileMeta,
    beforeReplacing: (role: TargetsRole, cached: Buffer) => void,
  ): Promise<void> {
    const cached = await this.cached(role);
    if (cached !== undefined) {
      // A large file is hashed once, by the set; so its refusal is what says that the cache is behind.
      if (cached.length === meta.length && isTaken(() => set.updateTargets(role, cached))) return;
      beforeReplacing(role, cached);
    }
    const bytes = await this.#download(role, meta);
    set.updateTargets(role, bytes);
    this.downloaded.set(role, bytes);
  }

  async #download(role: RoleName, meta: FileMeta): Promise<Buffer> {
    const own = this.#uploaded.get(role);
    if (own !== undefined && hasSha256(own, meta)) return own;
    const digest = meta.hashes.get('sha256');
    const name = digest === undefined ? { role } : { role, sha256: digest.toString('hex') };
    const bytes = await this.#server.fetch(this.#gun, name, limitOf(meta));
    if (bytes !== undefined) return bytes;
    throw new Failure('METADATA_MISSING', `${role} trust data unavailable`, {
      facts: {
        server: this.#server.url,
        repository: this.#gun,
        file: `${role}${digest === undefined ? '' : `.${digest.toString('hex')}`}.json`,
      },
    });
  }
}

function limitOf(meta: FileMeta): number {
  return Math.min(Math.max(meta.length, 0), maxFileBytes);
}

function hasSha256(bytes: Buffer, meta: FileMeta): boolean {
  const digest = createHash('sha256').update(bytes).digest();
  return meta.hashes.get('sha256')?.equals(digest) === true;
}

/** Runs `update`; false when the file is not the one that the parent names. */
function isTaken(update: () => void): boolean {
  try {
    update();
    return true;
  } catch (error) {
    if (isFailure(error, 'HASH_MISMATCH', 'RESPONSE_TOO_LARGE')) return false;
    throw error;
  }
}
