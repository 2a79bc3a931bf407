// Other keys for a base role, as Go's rotation leaves the root: keys that serve no role any more go, except old
// root certificates, by which clients tell the old root keys (notary dialect §3.1).
import { Failure } from '../../errors.ts';
import { type Root, roleKeysOf } from '../../tuf/root.ts';
import { canonicalIdOf } from '../consume/role-authority.ts';
import type { KeyReplacement } from './edit.ts';

/**
 * `root` after `replacement`; undefined when the role has these keys already.
 * @throws Failure ROLE_INVALID for fewer keys than the threshold of the role
 */
export function replaceKeys(root: Root, { role, keys }: KeyReplacement): Root | undefined {
  const before = roleKeysOf(root, role);
  const keyIds = [...new Set(keys.map(({ id }) => id))];
  const distinct = new Set(keys.map(canonicalIdOf)).size;
  if (distinct < before.threshold) {
    throw new Failure(
      'ROLE_INVALID',
      `${role} would be left with ${distinct} keys and needs ${before.threshold}`,
    );
  }
  if (before.keyIds.join() === keyIds.join()) return undefined;
  const roles = new Map(root.roles).set(role, { ...before, keyIds });
  const used = new Set([...roles.values()].flatMap((other) => other.keyIds));
  const isKept = (id: string) => role === 'root' || used.has(id) || !before.keyIds.includes(id);
  const kept = [...root.keys].filter(([id]) => isKept(id));
  const added = keys.map((key) => [key.id, key] as const);
  return { ...root, keys: new Map([...kept, ...added]), roles };
}
