// Loads `targets` and every delegation below it into a trusted set, parents before children.
import { Failure, isFailure } from '../../errors.ts';
import { maxRoles } from '../../tuf/delegation-walk.ts';
import { isDelegationRole, type TargetsRole } from '../../tuf/role.ts';
import type { TrustedSet } from '../../tuf/trusted-set.ts';
import type { Floors } from './floors.ts';
import { baseAuthority, delegatedAuthority, type RoleAuthority } from './role-authority.ts';
import type { RoleFiles } from './role-files.ts';

/** Downloads at one time. */
const maxParallel = 8;

/**
 * Loads all roles. A delegation that is out of date or not signed enough does not count, nor what is below
 * it: those come back with the reason. For `targets` the same is thrown.
 */
export async function loadAllTargets(
  set: TrustedSet,
  files: RoleFiles,
  floors: Floors,
): Promise<ReadonlyMap<TargetsRole, Failure>> {
  const skipped = new Map<TargetsRole, Failure>();
  const seen = new Set<TargetsRole>();
  let level: readonly TargetsRole[] = ['targets'];
  while (level.length > 0) {
    for (const role of level) seen.add(role);
    if (seen.size > maxRoles) {
      throw new Failure('METADATA_INVALID', `the repository has more than ${maxRoles} delegations`);
    }
    for (let from = 0; from < level.length; from += maxParallel) {
      const batch = level.slice(from, from + maxParallel);
      await Promise.all(batch.map((role) => loadRole(role, set, files, floors, skipped)));
    }
    level = level.flatMap((role) => childrenOf(set, role)).filter((role) => !seen.has(role));
  }
  return skipped;
}

async function loadRole(
  role: TargetsRole,
  set: TrustedSet,
  files: RoleFiles,
  floors: Floors,
  skipped: Map<TargetsRole, Failure>,
): Promise<void> {
  const meta = set.listed(role);
  if (meta === undefined) {
    if (role !== 'targets') return; // delegated to, but nothing was signed by it yet
    throw new Failure('METADATA_MISSING', 'the snapshot does not list targets');
  }
  try {
    await files.loadTargets(set, role, meta, (replaced, cached) => {
      const authority = authorityOf(set, replaced);
      if (authority !== undefined) floors.learnTargets(replaced, cached, authority);
    });
  } catch (error) {
    if (!isDelegationRole(role)) throw error;
    if (!isFailure(error, 'METADATA_EXPIRED', 'THRESHOLD_UNMET')) throw error;
    skipped.set(role, error);
  }
}

function childrenOf(set: TrustedSet, role: TargetsRole): readonly TargetsRole[] {
  return set.targets(role)?.signed.delegations.roles.map(({ name }) => name) ?? [];
}

/** Who must sign `role`, by the parent that is verified already. */
function authorityOf(set: TrustedSet, role: TargetsRole): RoleAuthority | undefined {
  return isDelegationRole(role)
    ? delegatedAuthority(set, role)
    : baseAuthority(set.root.signed, role);
}
