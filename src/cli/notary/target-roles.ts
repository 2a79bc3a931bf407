// The roles of -r, in which a target is added or from which it is removed; the repository's own when none is named.
import { targetsRoleNamed } from '../../client/publish/named-roles.ts';
import type { TargetsRole } from '../../tuf/role.ts';
import type { NotaryCall } from './command.ts';

/** @throws Failure ROLE_INVALID for the first that can list no targets; then none is changed */
export function targetRoles({ flags }: NotaryCall): readonly TargetsRole[] {
  const named = flags.list('roles');
  return named.length === 0 ? ['targets'] : named.map((name) => targetsRoleNamed(name));
}
