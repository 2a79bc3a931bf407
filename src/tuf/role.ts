// Role names (notary dialect §1). Nothing else knows how a name is judged.
import { Failure } from '../errors.ts';

export type BaseRole = 'root' | 'targets' | 'snapshot' | 'timestamp';
export type DelegationRole = `targets/${string}`;
/** A role whose file lists tags. */
export type TargetsRole = 'targets' | DelegationRole;
export type RoleName = BaseRole | DelegationRole;

/** The base roles in the order in which Go walks them. */
export const baseRoles = ['root', 'targets', 'snapshot', 'timestamp'] as const;

/** Longest role name, from the database column of the Go programs. */
const maxRoleLength = 255;
const delegationName = /^targets(?:\/[-a-z0-9_]+)+$/;

/** True for root, targets, snapshot and timestamp. */
export function isBaseRole(name: string): name is BaseRole {
  return name === 'root' || name === 'targets' || name === 'snapshot' || name === 'timestamp';
}

/** True for `targets/…` in lower case, without empty, `.` or `..` segments, below 256 characters. */
export function isDelegationRole(name: string): name is DelegationRole {
  return name.length <= maxRoleLength && delegationName.test(name);
}

/** True for `targets` and every delegation. */
export function isTargetsRole(name: string): name is TargetsRole {
  return name === 'targets' || isDelegationRole(name);
}

/** True for every name that a role may have. */
export function isRoleName(name: string): name is RoleName {
  return isBaseRole(name) || isDelegationRole(name);
}

/** @throws Failure ROLE_INVALID naming what was given. */
export function parseRoleName(text: string): RoleName {
  if (isRoleName(text)) return text;
  throw new Failure(
    'ROLE_INVALID',
    `${JSON.stringify(text.slice(0, maxRoleLength))} is not a role`,
  );
}

/** The only role that may delegate to `role`. */
export function parentRole(role: DelegationRole): TargetsRole {
  const parent = role.slice(0, role.lastIndexOf('/'));
  if (isTargetsRole(parent)) return parent;
  throw new Failure('ROLE_INVALID', `${JSON.stringify(role)} has no parent role`);
}
