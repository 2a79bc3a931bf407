// Keys of the root role in roots before the present one, for `--legacy` of `notary key rotate`: clients of before
// notary 0.6 want a new root signed by every key they ever trusted. Nothing is trusted here: a key that signs more is
// all that comes of it, and only if it is a root key of this machine.
import { isFailure } from '../../errors.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import { parseRoot } from '../../tuf/root.ts';
import { rootKeysOf } from '../../tuf/root-trust.ts';
import { maxRootBytes } from '../consume/limits.ts';
import type { ConsumerPorts } from '../ports.ts';

/** Roots that are looked at; a root is rotated a few times in its life. */
const maxRoots = 256;

export interface OlderRoots {
  readonly gun: string;
  /** Version of the present root. */
  readonly newest: number;
  /** How many roots before it; all with Infinity. */
  readonly count: number;
  readonly nowMs: number;
}

/** Best effort, as in Go: roots that are missing or cannot be read are passed over. @throws Failure as TrustServer.fetch */
export async function olderRootKeys(
  { gun, newest, count, nowMs }: OlderRoots,
  { server }: Pick<ConsumerPorts, 'server'>,
): Promise<readonly PublicKey[]> {
  const oldest = Math.max(1, newest - Math.min(count, maxRoots));
  const keys = new Map<string, PublicKey>();
  for (let version = newest - 1; version >= oldest; version -= 1) {
    const bytes = await server.fetch(gun, { role: 'root', version }, maxRootBytes);
    for (const key of bytes === undefined ? [] : rootKeysIn(bytes, gun, nowMs))
      keys.set(key.id, key);
  }
  return [...keys.values()];
}

function rootKeysIn(bytes: Buffer, gun: string, nowMs: number): readonly PublicKey[] {
  try {
    return rootKeysOf(parseRoot(bytes).signed, gun, nowMs).map(({ key }) => key);
  } catch (error) {
    if (!isFailure(error)) throw error;
    return [];
  }
}
