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
import { type Delegation, delegationIn, type Targets } from '../../tuf/targets.ts';

/** What a role says, as published or as drafted; undefined when it says nothing. */
export type TargetsContent = (role: TargetsRole) => Targets | undefined;

/** @throws Failure ROLE_INVALID when nobody delegates to `role` */
export function delegationOf(content: TargetsContent, role: DelegationRole): Delegation {
  const parent = content(parentRole(role));
  const found = parent && delegationIn(parent, role);
  return found ?? noDelegation(role);
}

/** Go's words. @throws Failure ROLE_INVALID */
export function noDelegation(role: DelegationRole): never {
  throw new Failure('ROLE_INVALID', `tuf: invalid role ${role}. delegation does not exist`);
}

/** Prefixes of tags for which `role` counts; the empty one is every tag. @throws Failure ROLE_INVALID */
export function allowedPaths(content: TargetsContent, role: TargetsRole): readonly string[] {
  if (!isDelegationRole(role)) return [''];
  const above = allowedPaths(content, parentRole(role));
  return delegationOf(content, role).paths.filter((path) => isAllowed(path, above));
}

export function mayList(content: TargetsContent, role: TargetsRole, name: string): boolean {
  return isAllowed(name, allowedPaths(content, role));
}
