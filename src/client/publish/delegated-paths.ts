// Which tags a role may sign, whether it has a file yet or not (notary dialect §9: a role is bound to its own
// paths and to those of all its parents).
import { Failure } from '../../errors.ts';
import { isAllowed } from '../../tuf/delegation-walk.ts';
import {
  type DelegationRole,
  isDelegationRole,
  parentRole,
  type TargetsRole,
} from '../../tuf/role.ts';
import { type Delegation, delegationIn } from '../../tuf/targets.ts';
import type { TrustedSet } from '../../tuf/trusted-set.ts';

/** @throws Failure ROLE_INVALID when nobody delegates to `role` */
export function delegationOf(set: TrustedSet, role: DelegationRole): Delegation {
  const parent = set.targets(parentRole(role))?.signed;
  const found = parent && delegationIn(parent, role);
  return found ?? noDelegation(role);
}

/** Go's words. @throws Failure ROLE_INVALID */
export function noDelegation(role: DelegationRole): never {
  throw new Failure('ROLE_INVALID', `tuf: invalid role ${role}. delegation does not exist`);
}

/** Prefixes of tags for which `role` counts; the empty one is every tag. */
function allowedPaths(set: TrustedSet, role: TargetsRole): readonly string[] {
  if (!isDelegationRole(role)) return [''];
  const above = allowedPaths(set, parentRole(role));
  return delegationOf(set, role).paths.filter((path) => isAllowed(path, above));
}

export function mayList(set: TrustedSet, role: TargetsRole, name: string): boolean {
  return isAllowed(name, allowedPaths(set, role));
}
