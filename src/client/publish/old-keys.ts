// The keys that a rotation has replaced: what becomes of their private parts, and who goes on trusting them.
//
// Invariant: a key file is removed only when a root that the server serves, verified, does not list the key for anything,
// and only a targets or snapshot key of this very repository; root keys stay, they sign for those who are behind.
import { asFailure, Failure, isFailure } from '../../errors.ts';
import type { KeyRemover, KeyStore } from '../../keys/key-store.ts';
import { walkRoles } from '../../tuf/delegation-walk.ts';
import type { BaseRole, TargetsRole } from '../../tuf/role.ts';
import { type Root, roleKeysOf } from '../../tuf/root.ts';
import type { TrustedSet } from '../../tuf/trusted-set.ts';
import { canonicalIdOf } from '../consume/role-authority.ts';
import { mayServe } from './key-purpose.ts';
import { localKeys } from './role-signers.ts';

/** A key that had the role. */
export interface OldKey {
  /** Canonical. */
  readonly id: string;
  /** `elsewhere`: its private part was not on this machine. */
  readonly fate: 'removed' | 'kept' | 'elsewhere';
  /** Where its private part is, or was; empty for one that is elsewhere. */
  readonly location: string;
  /** Why a file that was to be removed is still there. */
  readonly problem?: Failure;
}

export interface ReplacedKeys {
  readonly gun: string;
  readonly role: BaseRole;
  /** Canonical. */
  readonly ids: Iterable<string>;
  /** The root that the server serves now; undefined when it could not be read back. */
  readonly root: Root | undefined;
}

/** Removes what may be removed. That it could not be is part of the result: the rotation holds. @throws Failure DISK */
export async function clearAway(
  { gun, role, ids, root }: ReplacedKeys,
  store: KeyStore & KeyRemover,
): Promise<readonly OldKey[]> {
  const local = await localKeys(store);
  const old: OldKey[] = [];
  for (const id of ids) {
    const entry = local.get(id);
    const location = entry?.location ?? '';
    if (entry === undefined) old.push({ id, fate: 'elsewhere', location });
    else if (role === 'root' || !mayServe(entry, role, gun))
      old.push({ id, fate: 'kept', location });
    else if (root === undefined) old.push({ id, fate: 'kept', location, problem: notReadBack() });
    else if (listsKey(root, id)) old.push({ id, fate: 'kept', location });
    else old.push({ id, location, ...(await remove(id, store)) });
  }
  return old;
}

/** Delegations that list one of the old keys. */
export function stillTrusting(
  set: TrustedSet,
  oldIds: ReadonlySet<string>,
): readonly TargetsRole[] {
  return [...walkRoles((role) => set.targets(role))].flatMap(({ file }) => {
    const { keys, roles } = file.signed.delegations;
    const isOld = (id: string) => {
      const key = keys.get(id);
      return key !== undefined && oldIds.has(canonicalIdOf(key));
    };
    return roles.filter(({ keyIds }) => keyIds.some(isOld)).map(({ name }) => name);
  });
}

/** Canonical ids of the keys that `root` lists for `role`. */
export function roleKeyIds(root: Root, role: BaseRole): readonly string[] {
  return canonicalIds(root, roleKeysOf(root, role).keyIds);
}

function listsKey(root: Root, id: string): boolean {
  return [...root.roles.values()].some(({ keyIds }) => canonicalIds(root, keyIds).includes(id));
}

function canonicalIds(root: Root, keyIds: readonly string[]): readonly string[] {
  return keyIds.map((id) => {
    const key = root.keys.get(id);
    return key === undefined ? id : canonicalIdOf(key);
  });
}

async function remove(id: string, store: KeyRemover): Promise<Pick<OldKey, 'fate' | 'problem'>> {
  try {
    await store.remove(id);
    return { fate: 'removed' };
  } catch (error) {
    if (isFailure(error, 'KEY_NOT_FOUND')) return { fate: 'removed' };
    return { fate: 'kept', problem: asFailure(error) };
  }
}

function notReadBack(): Failure {
  return new Failure('SERVER_ERROR', 'the server took the new root and could not be asked for it', {
    remedy:
      'Run the rotation again within the hour: it removes the old key when the server serves the new root.',
  });
}
