// The public halves of keys that the server's signing service holds for a repository (HTTP API §6).
// Nothing is stored here: which key counts is what the published root says.
import type { PublicKey } from '../../tuf/public-key.ts';
import { roleKeysOf } from '../../tuf/root.ts';
import type { TufStore } from '../store/store.ts';
import { currentRelease } from './current-release.ts';
import type { OnlineRole, SigningService } from './signing-service.ts';
import { storedRoot } from './stored-root.ts';

export interface ServerKeyPorts {
  readonly store: TufStore;
  readonly signing: SigningService;
  readonly nowMs: () => number;
}

/**
 * The key that the current root lists for `role` and the signing service holds; else a new one, which counts
 * once a root lists it. @throws Failure SIGNER_UNAVAILABLE, SIGNING_FAILED, STORE_FAILED, …
 */
export async function serverKey(
  gun: string,
  role: OnlineRole,
  { store, signing, nowMs }: ServerKeyPorts,
): Promise<PublicKey> {
  const release = await currentRelease(store, gun);
  const root = release && (await storedRoot(store, gun, release, nowMs()));
  for (const keyId of root === undefined ? [] : roleKeysOf(root.signed, role).keyIds) {
    const key = await signing.publicKey(keyId);
    if (key !== undefined) return key;
  }
  return signing.createKey(gun, role);
}
