// Roles as somebody named them, for changes that are staged now and applied later: what can never be applied is refused
// here already, in Go's words.
import { Failure } from '../../errors.ts';
import {
  type DelegationRole,
  isDelegationRole,
  isTargetsRole,
  type TargetsRole,
} from '../../tuf/role.ts';

/** The role whose file is to list or drop a target, or for another `reason`. @throws Failure ROLE_INVALID */
export function targetsRoleNamed(
  name: string,
  reason = 'cannot add targets to this role',
): TargetsRole {
  if (isTargetsRole(name)) return name;
  throw new Failure('ROLE_INVALID', `tuf: invalid role ${name}. ${reason}`, {
    remedy: 'Name targets, or a delegation such as targets/releases, in lower case.',
  });
}

/** The delegation that is to be made. @throws Failure ROLE_INVALID */
export function delegationNamed(name: string): DelegationRole {
  if (isDelegationRole(name)) return name;
  throw new Failure('ROLE_INVALID', `tuf: invalid role ${name}. invalid delegation role name`, {
    remedy: 'Write targets/NAME, in lower case.',
  });
}
