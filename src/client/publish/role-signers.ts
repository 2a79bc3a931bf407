// The private keys of a role that are on this machine, opened. All that is needed is opened before anything is
// signed, so a missing key or a wrong passphrase ends a run before it has done anything.
import { Failure, isFailure } from '../../errors.ts';
import type { KeyStore, Signer } from '../../keys/key-store.ts';
import { underCertificate } from '../../keys/root-certificate.ts';
import type { Unsigned } from '../../tuf/compose.ts';
import { attachSignatures } from '../../tuf/compose.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import type { RoleName } from '../../tuf/role.ts';
import type { RoleKeys } from '../../tuf/signature.ts';

/** Who may sign a role, with the keys themselves. */
export interface RoleAuthority {
  readonly role: RoleName;
  readonly roleKeys: RoleKeys;
  readonly keys: ReadonlyMap<string, PublicKey>;
}

/** Canonical ids of the private keys of a store. */
export async function localKeyIds(store: KeyStore): Promise<ReadonlySet<string>> {
  return new Set((await store.list()).map(({ id }) => id));
}

/** The keys of the role whose private part is among `local`. */
export function localKeysOf(
  authority: RoleAuthority,
  local: ReadonlySet<string>,
): readonly PublicKey[] {
  return authority.roleKeys.keyIds.flatMap((id) => {
    const key = authority.keys.get(id);
    return key !== undefined && local.has(canonicalIdOf(key)) ? [key] : [];
  });
}

/**
 * Signers with every key of the role that is here and opens. Fewer than the threshold is a failure: that of the
 * key that did not open, else KEY_NOT_FOUND naming the ids of which some must be here.
 */
export async function openSigners(
  authority: RoleAuthority,
  store: KeyStore,
): Promise<readonly Signer[]> {
  const local = localKeysOf(authority, await localKeyIds(store));
  const signers: Signer[] = [];
  let closed: Failure | undefined;
  for (const key of local) {
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
  throw closed ?? keysMissing(authority, distinct);
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
      remedy: 'Import one of these keys on this machine, or sign where it is.',
    },
  );
}

/** A key whose content cannot be read has no file here under another id. */
function canonicalIdOf(key: PublicKey): string {
  try {
    return key.canonicalId;
  } catch {
    return key.id;
  }
}
