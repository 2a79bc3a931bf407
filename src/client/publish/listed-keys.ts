// Keys as delegations list them, and ids that are none of theirs: refused, because a key that was to go and is not found
// goes on counting under the id that was meant.
import { Failure } from '../../errors.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import type { Delegation, Delegations } from '../../tuf/targets.ts';
import { canonicalIdOf } from '../consume/role-authority.ts';

export interface ListedKey {
  /** Canonical: that of the private key, by which it is given up. */
  readonly id: string;
  /** As the file lists it; another one for a certificate. */
  readonly tufId: string;
}

/** Digits of an id that tell it from others. */
const minIdDigits = 7;

export function keysOfAll({ keys }: Delegations): readonly ListedKey[] {
  return [...keys].map(([tufId, key]) => ({ tufId, id: canonicalIdOf(key) }));
}

export function keysOfRole(
  { keyIds }: Delegation,
  keys: ReadonlyMap<string, PublicKey>,
): readonly ListedKey[] {
  return keyIds.map((tufId) => {
    const key = keys.get(tufId);
    return { tufId, id: key === undefined ? tufId : canonicalIdOf(key) };
  });
}

/** @throws Failure KEY_NOT_FOUND naming the first of `wanted` that is the id of none of `listed` */
export function requireListed(
  wanted: readonly string[],
  listed: readonly ListedKey[],
  where: string,
): void {
  const strange = wanted.find((text) => !listed.some(({ id }) => id === text));
  if (strange !== undefined) throw notListed(strange, listed, where);
}

/** KEY_NOT_FOUND for an id that is none of `listed`, with the one that may be meant. */
export function notListed(text: string, listed: readonly ListedKey[], where: string): Failure {
  const known = [...new Set(listed.map(({ id }) => id))];
  const start = text.toLowerCase();
  const isMeant = ({ id, tufId }: ListedKey) =>
    start.length >= minIdDigits && (id.startsWith(start) || tufId.startsWith(start));
  const meant = [...new Set(listed.filter(isMeant).map(({ id }) => id))];
  const [one] = meant;
  return new Failure('KEY_NOT_FOUND', `${where} has no key ${text.slice(0, 64)}`, {
    facts: { keys: known.join(', ') || 'none' },
    meaning: 'The id is another one, or the key was taken out already. Nothing was changed.',
    remedy:
      meant.length === 1 && one !== undefined
        ? `The key that is listed has the id ${one}: name it by that.`
        : 'Name one of these.',
  });
}
