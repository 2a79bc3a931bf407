// Which keys may be replaced, and who may hold the new ones (client store §9.3). Refused in Go's words, and before
// anything is asked, made or sent.
import { Failure } from '../../errors.ts';
import { type BaseRole, isBaseRole } from '../../tuf/role.ts';

/** Who holds the private part of a key: this machine, or the signing service behind the server. */
export type KeyHolder = 'local' | 'server';

/**
 * The role whose keys are to be replaced, as it was named.
 * @throws Failure ROLE_INVALID with the words of notary
 */
export function requireRotatable(role: string, holder: KeyHolder): BaseRole {
  if (!isBaseRole(role)) {
    throw new Failure('ROLE_INVALID', `notary does not currently permit rotating the ${role} key`, {
      meaning: 'Keys of delegations are added and removed, not rotated.',
      remedy: 'Name root, targets, snapshot or timestamp.',
    });
  }
  if (holder === 'server' && (role === 'root' || role === 'targets')) {
    throw new Failure('ROLE_INVALID', `notary does not permit the server managing the ${role} key`);
  }
  if (holder === 'local' && role === 'timestamp') {
    throw new Failure(
      'ROLE_INVALID',
      'notary does not permit the client managing the timestamp key',
    );
  }
  return role;
}
