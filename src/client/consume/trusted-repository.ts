// What a refresh comes to: verified metadata of one repository, and how it came to be trusted.
import type { Failure } from '../../errors.ts';
import type { TargetsRole } from '../../tuf/role.ts';
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
