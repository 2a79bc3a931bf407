// The root of a repository that is being made: kept beside the cache from before the upload until the server
// serves it. So a run that was killed is continued with the keys and the root it had made, and what the server
// got from that run is known again as made here.
import { isFailure } from '../../errors.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import { parseRoot, type RootFile, roleKeysOf } from '../../tuf/root.ts';
import { rootKeysOf } from '../../tuf/root-trust.ts';
import { isNear } from '../consume/near-expiry.ts';

/** What the pending root has to be made of so that it can still be used. */
export interface RootParts {
  readonly gun: string;
  readonly nowMs: number;
  /** Canonical id of the root key. */
  readonly rootKeyId: string;
  readonly targets: PublicKey;
  readonly snapshot: PublicKey;
  readonly timestamp: PublicKey;
}

/** The pending root, when it is made of exactly `parts` and will last. */
export function usablePendingRoot(
  bytes: Buffer | undefined,
  parts: RootParts,
): RootFile | undefined {
  const file = bytes === undefined ? undefined : readable(bytes);
  if (file === undefined) return undefined;
  const { gun, nowMs } = parts;
  const lists = (role: 'targets' | 'snapshot' | 'timestamp') => {
    const { keyIds } = roleKeysOf(file.signed, role);
    return keyIds.length === 1 && keyIds[0] === parts[role].id;
  };
  const [root, ...more] = rootKeysOf(file.signed, gun, nowMs);
  const isRootKey = root?.key.canonicalId === parts.rootKeyId && more.length === 0;
  if (!isRootKey || !lists('targets') || !lists('snapshot') || !lists('timestamp'))
    return undefined;
  const lasts = !isNear(root.chain.notAfterMs, nowMs) && !isNear(file.signed.expires.ms, nowMs);
  return lasts ? file : undefined;
}

function readable(bytes: Buffer): RootFile | undefined {
  try {
    return parseRoot(bytes);
  } catch (error) {
    if (isFailure(error)) return undefined; // it is made anew
    throw error;
  }
}
