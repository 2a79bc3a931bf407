// The root of a repository that is being made: kept beside the cache from before the upload until the server
// serves it. So a run that was killed is continued with the keys and the root it had made, and what the server
// got from that run is known again as made here.
import { isFailure } from '../../errors.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import { parseRoot, type RootFile, roleKeysOf } from '../../tuf/root.ts';
import { rootKeysOf } from '../../tuf/root-trust.ts';
import { isNear } from '../consume/near-expiry.ts';

/** What a root has to be made of so that it can still be used. */
export interface RootParts {
  readonly gun: string;
  readonly nowMs: number;
  /** Canonical id of the root key. */
  readonly rootKeyId: string;
  /** The certificate of the root key, when it is not to be one made here. */
  readonly certificate?: PublicKey | undefined;
  readonly targets: PublicKey;
  readonly snapshot: PublicKey;
  readonly timestamp: PublicKey;
}

/** True when `file` is made of exactly `parts` and will last. */
export function isUsableRoot(file: RootFile, parts: RootParts): boolean {
  const { gun, nowMs, certificate } = parts;
  const lists = (role: 'targets' | 'snapshot' | 'timestamp') => {
    const { keyIds } = roleKeysOf(file.signed, role);
    return keyIds.length === 1 && keyIds[0] === parts[role].id;
  };
  const [root, ...more] = rootKeysOf(file.signed, gun, nowMs);
  if (root?.key.canonicalId !== parts.rootKeyId || more.length > 0) return false;
  if (certificate !== undefined && certificate.id !== root.key.id) return false;
  const lasts = !isNear(root.chain.notAfterMs, nowMs) && !isNear(file.signed.expires.ms, nowMs);
  return lists('targets') && lists('snapshot') && lists('timestamp') && lasts;
}

/** A root that lies in the trust directory; undefined for what cannot be read: it is made anew. */
export function readRoot(bytes: Buffer | undefined): RootFile | undefined {
  try {
    return bytes === undefined ? undefined : parseRoot(bytes);
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}
