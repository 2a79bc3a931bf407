// A change to a repository, staged or wanted, as a row and as data. Changes come from files that others may have written:
// everything in a row is escaped here.
import { digestOf } from '../../client/consume/resolve.ts';
import { canonicalIdOf } from '../../client/consume/role-authority.ts';
import { changeWords, editsOf } from '../../client/publish/change-edits.ts';
import type { DelegationChange, Edit } from '../../client/publish/edit.ts';
import type { StagedChange } from '../../client/trustdir/change-list.ts';
import { asFailure } from '../../errors.ts';
import { idList } from './notice.ts';
import { safe } from './safe-text.ts';
import { tableDigest } from './short-id.ts';

/** What is done, in which role, to what. Fit to be shown. */
export type ChangeRow = readonly [verb: string, role: string, what: string];

/** One row; a change that is not understood shows what its file says. */
export function changeRow({ name, change, fault }: StagedChange): ChangeRow {
  if (change === undefined) {
    return ['unreadable', '-', safe(`${name}: ${asFailure(fault).message}`)];
  }
  try {
    const [edit] = editsOf(change, name);
    if (edit !== undefined) return editRow(edit);
  } catch {
    // The failure is told where the change is to be published.
  }
  return ['unknown', safe(change.role), safe(changeWords(change))];
}

/** The row of a change that is known. */
export function editRow(edit: Edit): ChangeRow {
  switch (edit.kind) {
    case 'set-tag': {
      const digest = digestOf(edit.target);
      const shown = digest === undefined ? 'no sha256' : `${tableDigest(digest)}…`;
      return ['sign', edit.role, `${safe(edit.name)}  ${shown}  ${edit.target.length} bytes`];
    }
    case 'remove-tag':
      return ['revoke', edit.role, safe(edit.name)];
    case 'change-delegation':
      return ['delegate', edit.role, delegationWords(edit)];
    case 'remove-delegation':
      return ['remove', edit.role, 'the role, with its keys and tags'];
    case 'witness':
      return ['witness', edit.role, 'sign again what it lists'];
    case 'purge-keys':
      return ['purge', `${edit.below ?? 'targets'}/*`, keyWords('take out', edit.keyIds)];
    default:
      return ['rotate', edit.role, keyWords('to', edit.keys.map(canonicalIdOf))];
  }
}

function delegationWords(edit: DelegationChange): string {
  const { addKeys, removeKeyIds, addPaths, removePaths, clearPaths } = edit;
  const needed = edit.newThreshold ?? edit.threshold ?? 0;
  const parts = [
    removeKeyIds.length > 0 ? keyWords('take out', removeKeyIds) : '',
    addKeys.length > 0 ? keyWords('add', addKeys.map(canonicalIdOf)) : '',
    clearPaths ? 'take away all tags' : '',
    removePaths.length > 0 ? `take away ${pathWords(removePaths)}` : '',
    addPaths.length > 0 ? `for ${pathWords(addPaths)}` : '',
    needed > 1 ? `needs ${needed} signatures` : '',
  ];
  return parts.filter((part) => part !== '').join(', ') || 'nothing';
}

function keyWords(verb: string, ids: readonly string[]): string {
  return `${verb} ${ids.length === 1 ? 'key' : 'keys'} ${safe(idList(ids))}`;
}

/** Prefixes of tags as people read them: `every tag`, `tags 1.*, 2.*`. */
export function pathWords(paths: readonly string[]): string {
  if (paths.includes('')) return 'every tag';
  if (paths.length === 0) return 'no tag';
  return `tags ${paths.map((path) => `${safe(path)}*`).join(', ')}`;
}

/** The same for programs. */
export function changeJson({ name, change, fault }: StagedChange): object {
  if (change === undefined) {
    const { code, message } = asFailure(fault);
    return { kind: 'unreadable', problem: { code, message } };
  }
  try {
    const [edit] = editsOf(change, name);
    if (edit !== undefined) return editJson(edit);
  } catch (error) {
    const { code, message } = asFailure(error);
    return { kind: 'unknown', role: change.role, problem: { code, message } };
  }
  return { kind: 'unknown', role: change.role };
}

/** A change that is known, for programs. */
export function editJson(edit: Edit): object {
  const { kind } = edit;
  switch (kind) {
    case 'set-tag': {
      const { role, name: tag, target } = edit;
      return { kind, role, tag, digest: digestOf(target) ?? null, size: target.length };
    }
    case 'remove-tag':
      return { kind, role: edit.role, tag: edit.name };
    case 'change-delegation':
      return {
        kind,
        role: edit.role,
        makes: edit.isNew,
        addKeys: edit.addKeys.map(canonicalIdOf),
        removeKeys: edit.removeKeyIds,
        addPaths: edit.addPaths,
        removePaths: edit.removePaths,
        clearPaths: edit.clearPaths,
        threshold: edit.newThreshold ?? (edit.isNew ? (edit.threshold ?? null) : null),
      };
    case 'purge-keys':
      return { kind, role: `${edit.below ?? 'targets'}/*`, keys: edit.keyIds };
    case 'replace-keys':
      return { kind, role: edit.role, keys: edit.keys.map(canonicalIdOf) };
    default:
      return { kind, role: edit.role };
  }
}
