// What a repository lists, as notary shows it: targets by the roles that somebody asks for, and all delegations. This is
// a reading of verified files, and no decision about which entry a pull accepts (resolve.ts).
import { compareUtf8 } from '../../encoding/canonical-json.ts';
import { findAll, isAllowed, walkRoles } from '../../tuf/delegation-walk.ts';
import type { DelegationRole, TargetsRole } from '../../tuf/role.ts';
import type { Target } from '../../tuf/target-table.ts';
import { canonicalIdOf } from './role-authority.ts';
import type { TrustedRepository } from './trusted-repository.ts';

export interface ListedTarget {
  readonly name: string;
  readonly target: Target;
  readonly role: TargetsRole;
}

export interface ListedDelegation {
  readonly role: DelegationRole;
  readonly paths: readonly string[];
  /** Canonical, in the order of the metadata. */
  readonly keyIds: readonly string[];
  readonly threshold: number;
}

/**
 * Every target that one of `roles` or a role below it lists, sorted by name. Of several entries for a name the first
 * counts, in the order of `roles` and then from parents to children; a role that is asked for itself is left out below
 * another. Names that are no role of the repository list nothing.
 */
export function listTargets(
  { set }: TrustedRepository,
  roles: readonly string[] = ['targets'],
): readonly ListedTarget[] {
  const listed = new Map<string, ListedTarget>();
  for (const asked of roles) {
    for (const { role, file, paths } of walkRoles((name) => set.targets(name))) {
      if (!isPartOf(role, asked, roles)) continue;
      for (const [name, target] of file.signed.targets.entries()) {
        if (!listed.has(name) && isAllowed(name, paths)) listed.set(name, { name, target, role });
      }
    }
  }
  return [...listed.values()].toSorted((a, b) => compareUtf8(a.name, b.name));
}

/** The first entry for `name`, from `targets` on through its delegations; undefined when nobody lists it. */
export function findTarget({ set }: TrustedRepository, name: string): ListedTarget | undefined {
  for (const { role, target } of findAll((loaded) => set.targets(loaded), name)) {
    return { name, target, role };
  }
  return undefined;
}

/** All delegations of roles that count, sorted by name. */
export function listDelegations({ set }: TrustedRepository): readonly ListedDelegation[] {
  return [...walkRoles((name) => set.targets(name))]
    .flatMap(({ file }) => {
      const { roles, keys } = file.signed.delegations;
      return roles.map(({ name, paths, keyIds, threshold }) => ({
        role: name,
        paths: paths.toSorted(compareUtf8),
        keyIds: keyIds.flatMap((id) => {
          const key = keys.get(id);
          return key === undefined ? [] : [canonicalIdOf(key)];
        }),
        threshold,
      }));
    })
    .toSorted((a, b) => compareUtf8(a.role, b.role));
}

function isPartOf(role: string, asked: string, all: readonly string[]): boolean {
  if (!isAtOrBelow(role, asked)) return false;
  return !all.some((other) => isBelow(other, asked) && isAtOrBelow(role, other));
}

function isAtOrBelow(role: string, above: string): boolean {
  return role === above || isBelow(role, above);
}

function isBelow(role: string, above: string): boolean {
  return role.startsWith(`${above}/`);
}
