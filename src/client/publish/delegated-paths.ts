// Which tags a role may sign, whether it has a file yet or not (notary dialect §9: a role is bound to its own
// paths and to those of all its parents).
import { Failure } from '../../errors.ts';
import {
  type DelegationRole,
  isDelegationRole,
  parentRole,
  type TargetsRole,
} from '../../tuf/role.ts';
import type { Delegation } from '../../tuf/targets.ts';
import type { TrustedSet } from '../../tuf/trusted-set.ts';

/** @throws Failure ROLE_INVALID when nobody delegates to `role` */
export function delegationOf(set: TrustedSet, role: DelegationRole): Delegation {
  const parent = set.targets(parentRole(role));
  const found = parent?.signed.delegations.roles.find(({ name }) => name === role);
  if (found !== undefined) return found;
  throw new Failure('ROLE_INVALID', `tuf: invalid role ${role}. delegation does not exist`);
}

/** Prefixes of tags for which `role` counts; the empty one is every tag. */
function allowedPaths(set: TrustedSet, role: TargetsRole): readonly string[] {
  if (!isDelegationRole(role)) return [''];
  const above = allowedPaths(set, parentRole(role));
  return delegationOf(set, role).paths.filter((path) =>
    above.some((prefix) => path.startsWith(prefix)),
  );
}

export function mayList(set: TrustedSet, role: TargetsRole, name: string): boolean {
  return allowedPaths(set, role).some((prefix) => name.startsWith(prefix));
}
