// Edits to what one role says of others: delegations made, changed, removed, and keys taken out of all of them.
// The effects on the file are Go's, byte for byte (notary dialect §10): keys that no delegation uses any more go,
// an order stays, and a list that Go leaves as nil is written as null.
//
// Pure: each function gives the new content, or undefined when nothing changes.
import { Failure } from '../../errors.ts';
import { isAllowed } from '../../tuf/delegation-walk.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import type { DelegationRole } from '../../tuf/role.ts';
import { type Delegation, delegationIn, type Targets } from '../../tuf/targets.ts';
import { canonicalIdOf } from '../consume/role-authority.ts';
import { noDelegation } from './delegated-paths.ts';
import type { DelegationChange } from './edit.ts';

/**
 * `parent` after `change`. `allowed` are the paths of the parent itself.
 * @throws Failure ROLE_INVALID with Go's words for a role that is not there and not made, and for paths outside
 *   those of the parent
 */
export function changeDelegation(
  parent: Targets,
  change: DelegationChange,
  allowed: readonly string[],
): Targets | undefined {
  const { role, addPaths } = change;
  const present = delegationIn(parent, role);
  if (present === undefined && !change.isNew) noDelegation(role);
  if (!addPaths.every((path) => isAllowed(path, allowed))) {
    throw new Failure('ROLE_INVALID', `tuf: invalid role ${role}. invalid paths to add to role`, {
      facts: { paths: addPaths.join(', '), 'its parent has': allowed.join(', ') || 'none' },
    });
  }
  const next = changed(present ?? newDelegation(change), change, parent.delegations.keys);
  if (present !== undefined && isSameDelegation(present, next)) return undefined;
  const { roles } = parent.delegations;
  const index = roles.findIndex(({ name }) => name === role);
  const listed = index < 0 ? [...roles, next] : roles.with(index, next);
  return withRoles(parent, listed, change.addKeys);
}

/** `parent` without the delegation to `role`. */
export function removeDelegation(parent: Targets, role: DelegationRole): Targets | undefined {
  const { roles } = parent.delegations;
  const index = roles.findIndex(({ name }) => name === role);
  return index < 0 ? undefined : withRoles(parent, roles.toSpliced(index, 1), []);
}

/** `parent` without the keys of these canonical ids. */
export function purgeKeys(parent: Targets, keyIds: readonly string[]): Targets | undefined {
  const purged = new Set(
    [...parent.delegations.keys]
      .filter(([, key]) => keyIds.includes(canonicalIdOf(key)))
      .map(([id]) => id),
  );
  if (purged.size === 0) return undefined;
  const keys = new Map([...parent.delegations.keys].filter(([id]) => !purged.has(id)));
  const roles = parent.delegations.roles.map((role) => ({
    ...role,
    keyIds: role.keyIds.filter((id) => !purged.has(id)),
  }));
  return { ...parent, delegations: { keys, roles }, nulls: emptied(parent, roles, roles) };
}

function newDelegation({ role, threshold = 0 }: DelegationChange): Delegation {
  if (threshold >= 1) return { name: role, keyIds: [], threshold, paths: [] };
  throw new Failure('ROLE_INVALID', `tuf: invalid role ${role}.`, {
    meaning: 'There is no such delegation, and without a key it is not made.',
    remedy: 'Give the key of its signer as well.',
  });
}

function changed(
  present: Delegation,
  change: DelegationChange,
  keys: ReadonlyMap<string, PublicKey>,
): Delegation {
  const isRemoved = (id: string) => {
    const key = keys.get(id);
    return change.removeKeyIds.includes(key === undefined ? id : canonicalIdOf(key));
  };
  const added = change.addKeys.map(({ id }) => id);
  const keptPaths = present.paths.filter((path) => !change.removePaths.includes(path));
  return {
    name: present.name,
    keyIds: [...new Set([...present.keyIds.filter((id) => !isRemoved(id)), ...added])],
    paths: [...new Set([...(change.clearPaths ? [] : keptPaths), ...change.addPaths])],
    threshold: change.newThreshold ?? present.threshold,
  };
}

/** Keys that no role uses are left out, as Go does whenever it touches delegations. */
function withRoles(
  parent: Targets,
  roles: readonly Delegation[],
  added: readonly PublicKey[],
): Targets {
  const used = new Set(roles.flatMap(({ keyIds }) => keyIds));
  const known = [...parent.delegations.keys, ...added.map((key) => [key.id, key] as const)];
  const keys = new Map(known.filter(([id]) => used.has(id)));
  const touched = roles.filter((role) => !parent.delegations.roles.includes(role));
  return { ...parent, delegations: { keys, roles }, nulls: emptied(parent, roles, touched) };
}

/** Which lists are null now: an empty one that Go has just made is nil. */
function emptied(
  { nulls }: Targets,
  roles: readonly Delegation[],
  touched: readonly Delegation[],
): ReadonlySet<string> {
  const next = new Set(nulls);
  if (roles.length === 0) next.add('roles');
  for (const { name, keyIds } of touched) if (keyIds.length === 0) next.add(name);
  return next;
}

function isSameDelegation(a: Delegation, b: Delegation): boolean {
  const isSame = (x: readonly string[], y: readonly string[]) =>
    x.length === y.length && x.every((text, index) => text === y[index]);
  return a.threshold === b.threshold && isSame(a.keyIds, b.keyIds) && isSame(a.paths, b.paths);
}
