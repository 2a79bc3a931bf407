// What a refresh comes to: verified metadata of one repository, and how it came to be trusted.
import type { Failure } from '../../errors.ts';
import { walkRoles } from '../../tuf/delegation-walk.ts';
import type { RoleName, TargetsRole } from '../../tuf/role.ts';
import type { TrustedSet } from '../../tuf/trusted-set.ts';
import type { Generation } from '../trustdir/generations.ts';

export interface TrustedRepository {
  readonly gun: string;
  /** Root, timestamp, snapshot, `targets` and every delegation that counts now, all verified. */
  readonly set: TrustedSet;
  /** Since when and why the root is trusted. */
  readonly generation: Generation;
  /** `cache`: the server could not be asked; `problem` says why. */
  readonly source: 'server' | 'cache';
  readonly problem: Failure | undefined;
  /** Delegations that do not count now, and why. */
  readonly skipped: ReadonlyMap<TargetsRole, Failure>;
  /** The time against which expiry was judged, in milliseconds since 1970. */
  readonly nowMs: number;
}

/** The roles that a set holds, with the version of each. */
export function versionsOf(set: TrustedSet): ReadonlyMap<RoleName, number> {
  const versions = new Map<RoleName, number>([['root', set.root.signed.version]]);
  for (const { role, file } of walkRoles((name) => set.targets(name))) {
    versions.set(role, file.signed.version);
  }
  if (set.snapshot !== undefined) versions.set('snapshot', set.snapshot.signed.version);
  if (set.timestamp !== undefined) versions.set('timestamp', set.timestamp.signed.version);
  return versions;
}
