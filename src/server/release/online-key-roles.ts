// Refuses a root that would have the signing service use a key for another role than it was made for: the keys of
// all repositories are public, so anybody can list one. Whose repository a key was made for cannot be asked over
// notary's protocol; a signer like paraph-signer refuses to sign for another role, this server refuses to ask it.
import { isFailure } from '../../errors.ts';
import { type Root, roleKeysOf } from '../../tuf/root.ts';
import type { SigningService } from './signing-service.ts';
import { refuseUpload } from './upload-refusal.ts';

const onlineRoles = ['snapshot', 'timestamp'] as const;

/**
 * Asks the service for each key that `root` lists for snapshot and timestamp; their number is bounded before.
 * @throws Failure UPLOAD_REJECTED: a key of another role, or the service cannot say
 */
export async function checkOnlineKeyRoles(root: Root, signing: SigningService): Promise<void> {
  for (const role of onlineRoles) {
    for (const keyId of roleKeysOf(root, role).keyIds) {
      const madeFor = await roleOf(keyId, signing);
      // Rows of old databases have no role.
      if (madeFor !== undefined && madeFor !== '' && madeFor !== role) {
        refuseUpload('ErrBadRoot', `the ${role} key ${keyId} was made for the role ${madeFor}`);
      }
    }
  }
}

async function roleOf(keyId: string, signing: SigningService): Promise<string | undefined> {
  try {
    return await signing.roleOf(keyId);
  } catch (error) {
    if (!isFailure(error)) throw error;
    return refuseUpload('ErrValidation', error.message, error);
  }
}
