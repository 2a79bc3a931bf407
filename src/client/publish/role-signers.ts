// The private keys of a role that are on this machine, opened. All that is needed is opened before anything is
// signed, so a missing key or a wrong passphrase ends a run before it has done anything.
import { Failure, isFailure } from '../../errors.ts';
import type { KeyEntry, KeyStore, Signer } from '../../keys/key-store.ts';
import { underCertificate } from '../../keys/root-certificate.ts';
import type { Unsigned } from '../../tuf/compose.ts';
import { attachSignatures } from '../../tuf/compose.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import { canonicalIdOf, type RoleAuthority } from '../consume/role-authority.ts';
import { mayServe, wrongPurpose } from './key-purpose.ts';

/** What key files say of the private keys of a store, by canonical id. */
export type LocalKeys = ReadonlyMap<string, KeyEntry>;

export async function localKeys(store: KeyStore): Promise<LocalKeys> {
  return new Map((await store.list()).map((entry) => [entry.id, entry]));
}

/** The keys of a role of `gun` whose private part is among `local` and was made for it. */
export function localKeysOf(
  { role, roleKeys, keys }: RoleAuthority,
  gun: string,
  local: LocalKeys,
): readonly PublicKey[] {
  return roleKeys.keyIds.flatMap((id) => {
    const key = keys.get(id);
    const entry = key && local.get(canonicalIdOf(key));
    return key !== undefined && entry !== undefined && mayServe(entry, role, gun) ? [key] : [];
  });
}

/**
 * Signers with every key of the role that is here for it and opens. Fewer than the threshold is a failure: that of the
 * key that did not open, KEY_ROLE_MISMATCH when a key is here for something else, else KEY_NOT_FOUND naming the ids
 * of which some must be here.
 */
export async function openSigners(
  authority: RoleAuthority,
  gun: string,
  store: KeyStore,
): Promise<readonly Signer[]> {
  const local = await localKeys(store);
  const signers: Signer[] = [];
  let closed: Failure | undefined;
  for (const key of localKeysOf(authority, gun, local)) {
    try {
      const signer = await store.open(canonicalIdOf(key));
      signers.push(key.id === signer.key.id ? signer : underCertificate(signer, key));
    } catch (error) {
      if (!isFailure(error)) throw error;
      closed ??= error;
    }
  }
  const distinct = new Set(signers.map(({ key }) => key.canonicalId)).size;
  if (distinct >= authority.roleKeys.threshold) return signers;
  throw closed ?? misplacedKey(authority, gun, local) ?? keysMissing(authority, distinct);
}

/** A key of the role that is here for something else. */
export function misplacedKey(
  { role, roleKeys, keys }: RoleAuthority,
  gun: string,
  local: LocalKeys,
): Failure | undefined {
  for (const id of roleKeys.keyIds) {
    const key = keys.get(id);
    const entry = key && local.get(canonicalIdOf(key));
    if (entry !== undefined && !mayServe(entry, role, gun)) return wrongPurpose(entry, role, gun);
  }
  return undefined;
}

/** Signs what was composed with every signer and gives the finished file. */
export async function signFile(unsigned: Unsigned, signers: readonly Signer[]): Promise<Buffer> {
  const signatures = await Promise.all(signers.map((signer) => signer.sign(unsigned.signedBytes)));
  return attachSignatures(unsigned, signatures);
}

function keysMissing({ role, roleKeys, keys }: RoleAuthority, found: number): Failure {
  const wanted = roleKeys.keyIds.map((id) => {
    const key = keys.get(id);
    return key === undefined ? id : canonicalIdOf(key);
  });
  const needs = `${roleKeys.threshold} of ${wanted.length}`;
  return new Failure(
    'KEY_NOT_FOUND',
    `could not find necessary signing keys for ${role}: ${found} of the ${roleKeys.threshold} needed are here`,
    {
      facts: { role, needs, 'one of these': wanted.join(', ') || 'the role has no key' },
      remedy:
        'Copy one of these keys into private/ of the trust directory of this machine, or import it with ' +
        '`notary key import FILE`; or sign where it is.',
    },
  );
}
