// The lowest version of each role that may be accepted: what this machine remembers, and what Go's programs
// have cached since. A cached file counts only when the keys of its role have signed it; whether it is out of
// date does not matter for a floor.
import { isFailure } from '../../errors.ts';
import type { RoleName, TargetsRole } from '../../tuf/role.ts';
import type { Root } from '../../tuf/root.ts';
import { checkThreshold } from '../../tuf/signature.ts';
import type { SignedFile } from '../../tuf/signed-file.ts';
import { parseSnapshot, parseTimestamp } from '../../tuf/snapshot.ts';
import { parseTargets } from '../../tuf/targets.ts';
import { baseAuthority, type RoleAuthority } from './role-authority.ts';

export class Floors {
  readonly #versions: Map<RoleName, number>;
  readonly #remembered: ReadonlySet<string>;
  #listed: ReadonlySet<string> = new Set();
  /** True when the cache holds a newer state than the one that is remembered: another program refreshed it. */
  #isCacheAhead = false;

  /** Floors that are remembered; none for a repository that is new to this machine. */
  constructor(remembered: ReadonlyMap<RoleName, number> = new Map()) {
    this.#versions = new Map(remembered);
    this.#remembered = new Set(remembered.keys());
  }

  /** Live: a floor learned later counts for roles that are loaded later. */
  get map(): ReadonlyMap<RoleName, number> {
    return this.#versions;
  }

  /**
   * Names that were listed: by the snapshot seen last, and of roles whose file was verified here before. Docker passes
   * over what a snapshot leaves out, and caches that snapshot.
   */
  get listedBefore(): ReadonlySet<string> {
    return new Set([...this.#listed, ...this.#remembered]);
  }

  /** Takes the version of a cached timestamp, if the keys of `root` have signed it. */
  learnTimestamp(cached: Buffer | undefined, root: Root): void {
    if (cached === undefined) return;
    const remembered = this.#versions.get('timestamp') ?? 0;
    const timestamp = this.#learn(baseAuthority(root, 'timestamp'), () => parseTimestamp(cached));
    this.#isCacheAhead = timestamp !== undefined && timestamp.version > remembered;
  }

  /** The same for a cached snapshot, and which files it lists. */
  learnSnapshot(cached: Buffer | undefined, root: Root): void {
    if (cached === undefined) return;
    const snapshot = this.#learn(baseAuthority(root, 'snapshot'), () => parseSnapshot(cached));
    this.#listed = new Set(snapshot?.meta.keys());
  }

  /**
   * Takes the version of a cached targets file, if its keys have signed it. A file that we have cached ourselves has
   * its version in memory, and need not be read for it: it may be large.
   */
  learnTargets(role: TargetsRole, cached: Buffer, authority: RoleAuthority): void {
    if (!this.#isCacheAhead && this.#versions.has(role)) return;
    this.#learn(authority, () => parseTargets(cached, role));
  }

  #learn<Signed extends { readonly version: number }>(
    { role, roleKeys, keys }: RoleAuthority,
    parse: () => SignedFile<Signed>,
  ): Signed | undefined {
    try {
      const file = parse();
      checkThreshold(role, roleKeys, keys, file.message, file.signatures);
      this.#versions.set(role, Math.max(file.signed.version, this.#versions.get(role) ?? 0));
      return file.signed;
    } catch (error) {
      if (!isFailure(error)) throw error;
      return undefined; // a cached file that does not verify sets no floor
    }
  }
}
