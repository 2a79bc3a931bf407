// What a staged change wants, as edits (client store §4). A change file is input: another program wrote it, or
// someone who may write in the trust directory.
//
// Invariant: a change that is not wholly understood is refused, never applied in part.
import { Failure, isFailure } from '../../errors.ts';
import {
  type DelegationRole,
  isBaseRole,
  isDelegationRole,
  isTargetsRole,
  type TargetsRole,
} from '../../tuf/role.ts';
import {
  type Change,
  changedDelegation,
  changedRoleKeys,
  changedTarget,
  delegationChange,
  removeDelegationChange,
  removeTargetChange,
  targetChange,
  witnessChange,
} from '../trustdir/change.ts';
import type { Edit } from './edit.ts';

/** How Go names all delegations below a role. */
const wildcard = '/*';

/** The edits that `change` stands for. @throws Failure CACHE_DAMAGED naming its file `path` */
export function editsOf(change: Change, path: string): readonly Edit[] {
  try {
    return [editOf(change, path)];
  } catch (cause) {
    if (!isFailure(cause)) throw cause;
    throw new Failure('CACHE_DAMAGED', `${path} is not a change that can be published`, {
      cause,
      facts: { change: changeWords(change), problem: cause.message },
      remedy: 'Remove the change with `notary reset`, and stage it again.',
    });
  }
}

/**
 * The staged change that stands for `edit`: the inverse of `editsOf`.
 * @throws Failure ROLE_INVALID for an edit that Go has no change for
 */
export function changeOf(edit: Edit): Change {
  switch (edit.kind) {
    case 'set-tag':
      return targetChange(edit.role, edit.name, edit.target);
    case 'remove-tag':
      return removeTargetChange(edit.role, edit.name);
    case 'change-delegation':
      if (edit.newThreshold !== undefined) throw unsupported('a new threshold cannot be staged');
      return delegationChange(edit.role, edit.isNew ? 'create' : 'update', edit);
    case 'remove-delegation':
      return removeDelegationChange(edit.role);
    case 'witness':
      return witnessChange(edit.role);
    case 'purge-keys': {
      const role = `${edit.below ?? 'targets'}${wildcard}`;
      return delegationChange(role, 'update', { removeKeyIds: edit.keyIds });
    }
    default:
      throw unsupported('new keys of a base role cannot be staged');
  }
}

/** `create delegation targets/releases`, for messages. */
export function changeWords({ action, type, role, path }: Change): string {
  return [action, type, role, path].filter((word) => word !== '').join(' ');
}

function editOf(change: Change, path: string): Edit {
  switch (`${change.action} ${change.type}`) {
    case 'create target':
      return { ...tagOf(change), kind: 'set-tag', target: changedTarget(change, path) };
    case 'delete target':
      return { ...tagOf(change), kind: 'remove-tag' };
    case 'create delegation':
      return delegationEdit(change, path, true);
    case 'update delegation':
      return change.role.endsWith(wildcard)
        ? purge(change, path)
        : delegationEdit(change, path, false);
    case 'delete delegation':
      return { kind: 'remove-delegation', role: delegationOf(change) };
    case 'update witness':
      return { kind: 'witness', role: targetsRoleOf(change.role) };
    case 'create role':
      return keyReplacement(change, path);
    default:
      throw unsupported(`${change.action} ${change.type} is not supported`);
  }
}

function tagOf({ role, path }: Change): { readonly role: TargetsRole; readonly name: string } {
  return { role: targetsRoleOf(role), name: path };
}

/** In Go's order: what `create` carries to remove is passed over there, so here it is refused. */
function delegationEdit(change: Change, path: string, isNew: boolean): Edit {
  const content = changedDelegation(change, path);
  const { removeKeyIds, removePaths, clearPaths } = content;
  if (isNew && (removeKeyIds.length > 0 || removePaths.length > 0 || clearPaths)) {
    throw unsupported('a delegation cannot be made and have something removed by one change');
  }
  return { kind: 'change-delegation', role: delegationOf(change), isNew, ...content };
}

function purge(change: Change, path: string): Edit {
  const { removeKeyIds } = changedDelegation(change, path);
  const below = targetsRoleOf(change.role.slice(0, -wildcard.length));
  return { kind: 'purge-keys', keyIds: removeKeyIds, below };
}

function keyReplacement(change: Change, path: string): Edit {
  const { role, keys } = changedRoleKeys(change, path);
  if (change.role !== 'root' || !isBaseRole(role)) {
    throw unsupported(`the keys of ${JSON.stringify(role)} cannot be replaced`);
  }
  return { kind: 'replace-keys', role, keys };
}

function targetsRoleOf(role: string): TargetsRole {
  if (isTargetsRole(role)) return role;
  throw unsupported(`scope not supported: ${JSON.stringify(role)}`);
}

function delegationOf({ role }: Change): DelegationRole {
  if (isDelegationRole(role)) return role;
  throw unsupported(`${JSON.stringify(role)} is not a delegation`);
}

function unsupported(problem: string): Failure {
  return new Failure('ROLE_INVALID', problem);
}
