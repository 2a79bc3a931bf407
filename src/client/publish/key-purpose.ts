// What a key file says its key is for. A repository may list any public key, also one that somebody uses elsewhere:
// whoever signed there with it would sign on top of a stranger's content, and that signature counts in the repository
// of the key as well.
//
// Invariants: a base role is signed with keys made for it, `targets` and `snapshot` for this very repository; a
// delegation with keys made for no base role (docker writes the signer's name as their role, and no repository).
import { Failure } from '../../errors.ts';
import type { KeyEntry } from '../../keys/key-store.ts';
import { isBaseRole, type RoleName } from '../../tuf/role.ts';

/** Whether the key of `entry` may sign `role` of the repository `gun`. */
export function mayServe(entry: KeyEntry, role: RoleName, gun: string): boolean {
  if (!isBaseRole(role)) return !isBaseRole(entry.role);
  if (entry.role !== role) return false;
  return role === 'root' || entry.gun === gun;
}

/** KEY_ROLE_MISMATCH for a key that the repository lists for `role` and that is here for something else. */
export function wrongPurpose(entry: KeyEntry, role: RoleName, gun: string): Failure {
  const purpose = entry.gun === undefined ? entry.role : `${entry.role} of ${entry.gun}`;
  return new Failure(
    'KEY_ROLE_MISMATCH',
    `the key ${entry.id.slice(0, 7)} is not used for ${role} of ${gun}`,
    {
      facts: {
        key: entry.id,
        'is for': purpose || 'nothing that its file names',
        file: entry.location,
      },
      meaning:
        'The repository lists a key that was made for another role or repository. What it signed here would count ' +
        'there too, so it signs nothing here.',
      remedy:
        'If this repository is yours, give the role a key of its own. If it is not, its owner lists your key ' +
        'without your knowledge: do not sign there.',
    },
  );
}
