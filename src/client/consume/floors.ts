// The lowest version of each role that may be accepted: what this machine remembers, and what Go's programs
// have cached since. A cached file counts only when the keys of its role have signed it; whether it is out of
// date does not matter for a floor.
import { isFailure } from '../../errors.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import type { RoleName, TargetsRole } from '../../tuf/role.ts';
import { type Root, roleKeysOf } from '../../tuf/root.ts';
import { checkThreshold, type RoleKeys } from '../../tuf/signature.ts';
import type { SignedFile } from '../../tuf/signed-file.ts';
import { parseSnapshot, parseTimestamp } from '../../tuf/snapshot.ts';
import { parseTargets } from '../../tuf/targets.ts';

interface Signers {
  readonly role: RoleKeys;
  readonly keys: ReadonlyMap<string, PublicKey>;
}

export class Floors {
  private readonly versions: Map<RoleName, number>;

  /** Floors that are remembered; none for a repository that is new to this machine. */
  constructor(remembered: ReadonlyMap<RoleName, number> = new Map()) {
    this.versions = new Map(remembered);
  }

  /** Live: a floor learned later counts for roles that are loaded later. */
  get map(): ReadonlyMap<RoleName, number> {
    return this.versions;
  }

  /**
   * Takes the version of a cached `timestamp` or `snapshot`, if the keys of `root` have signed it. Returns the
   * names of the files that it lists.
   */
  learnOnline(
    role: 'timestamp' | 'snapshot',
    cached: Buffer | undefined,
    root: Root,
  ): ReadonlySet<string> {
    if (cached === undefined) return new Set();
    const parse = role === 'timestamp' ? parseTimestamp : parseSnapshot;
    const signers = { role: roleKeysOf(root, role), keys: root.keys };
    return new Set(this.learn(role, () => parse(cached), signers)?.meta.keys());
  }

  /** Takes the version of a cached targets file, if `signers` have signed it. */
  learnTargets(role: TargetsRole, cached: Buffer, signers: Signers): void {
    this.learn(role, () => parseTargets(cached, role), signers);
  }

  private learn<Signed extends { readonly version: number }>(
    role: RoleName,
    parse: () => SignedFile<Signed>,
    signers: Signers,
  ): Signed | undefined {
    try {
      const file = parse();
      checkThreshold(role, signers.role, signers.keys, file.message, file.signatures);
      this.versions.set(role, Math.max(file.signed.version, this.versions.get(role) ?? 0));
      return file.signed;
    } catch (error) {
      if (!isFailure(error)) throw error;
      return undefined; // a cached file that does not verify sets no floor
    }
  }
}
