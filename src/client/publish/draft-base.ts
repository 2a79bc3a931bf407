// What a draft starts from: a repository as it is published now, or one that was made here and that nobody has
// published yet.
import type { Failure } from '../../errors.ts';
import { expiryAt } from '../../tuf/expiry.ts';
import { baseRoles, isTargetsRole, type RoleName, type TargetsRole } from '../../tuf/role.ts';
import type { RootFile } from '../../tuf/root.ts';
import type { Snapshot } from '../../tuf/snapshot.ts';
import { TargetTable } from '../../tuf/target-table.ts';
import type { Targets } from '../../tuf/targets.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';

export interface DraftBase {
  readonly gun: string;
  readonly root: RootFile;
  /** Verified content of a role; undefined when it never signed anything, or does not count now. */
  readonly targets: (role: TargetsRole) => Targets | undefined;
  readonly snapshot: Pick<Snapshot, 'version' | 'meta'>;
  /** Delegations that do not count now, and why. */
  readonly skipped: ReadonlyMap<TargetsRole, Failure>;
  /** Roles whose file has run out, and which count for this publisher all the same. */
  readonly outOfDate: readonly TargetsRole[];
  /** The highest version that was seen of each role. One that was removed and comes back must go on above it. */
  readonly floors: ReadonlyMap<RoleName, number>;
}

/** The content of a role that never signed anything. */
export const emptyTargets: Targets = {
  version: 0,
  expires: expiryAt(0),
  targets: TargetTable.empty(),
  delegations: { keys: new Map(), roles: [] },
  nulls: new Set(),
};

/** Numbers of first versions are those of the Go programs: what init makes is 1, what it publishes is 2. */
const preparedVersion = 1;

export function publishedBase({ gun, set, skipped, generation }: TrustedRepository): DraftBase {
  const expired = set.outOfDate.flatMap(({ role, what }) =>
    what === 'metadata' && isTargetsRole(role) ? [role] : [],
  );
  return {
    gun,
    root: set.root,
    targets: (role) => set.targets(role)?.signed,
    snapshot: set.snapshot?.signed ?? { version: 0, meta: new Map() },
    skipped,
    outOfDate: expired,
    floors: generation.floors,
  };
}

/** A repository of which only the root was made so far. */
export function unpublishedBase(gun: string, root: RootFile): DraftBase {
  const targets = { ...emptyTargets, version: preparedVersion };
  return {
    gun,
    root,
    targets: (role) => (role === 'targets' ? targets : undefined),
    snapshot: { version: preparedVersion, meta: new Map() },
    skipped: new Map(),
    outOfDate: [],
    floors: new Map(),
  };
}

/** A repository of which there is nothing yet: roles without keys. */
export function absentBase(gun: string): DraftBase {
  const none = { keyIds: [], threshold: 1 };
  const signed = {
    version: 0,
    expires: expiryAt(0),
    keys: new Map(),
    roles: new Map(baseRoles.map((role) => [role, none])),
    nulls: new Set<string>(),
    consistentSnapshot: false,
  };
  const nothing = Buffer.alloc(0);
  return unpublishedBase(gun, { bytes: nothing, signed, signatures: [], message: nothing });
}
