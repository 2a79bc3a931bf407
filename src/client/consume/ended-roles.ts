// Delegations that the role above has removed: what was seen of them says nothing about one that is made again under
// the name. Only a verified role above ends a history; whoever merely signs snapshots cannot.
import {
  type DelegationRole,
  isDelegationRole,
  parentRole,
  type RoleName,
} from '../../tuf/role.ts';
import { delegationIn } from '../../tuf/targets.ts';
import type { TrustedSet } from '../../tuf/trusted-set.ts';

/** Roles of `known` that nobody delegates to any more. One below a role that does not count now is not among them. */
export function removedRoles(set: TrustedSet, known: Iterable<RoleName>): ReadonlySet<RoleName> {
  return new Set([...known].filter((role) => isDelegationRole(role) && isRemoved(set, role)));
}

function isRemoved(set: TrustedSet, role: DelegationRole): boolean {
  const parent = parentRole(role);
  if (isDelegationRole(parent) && isRemoved(set, parent)) return true;
  const content = set.targets(parent)?.signed;
  return content !== undefined && delegationIn(content, role) === undefined;
}
