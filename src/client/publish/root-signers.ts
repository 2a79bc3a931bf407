// Who signs a new root: the keys of the root role before it and of the one that it says itself (notary dialect §7.1).
//
// Invariant: beside keys that come with the new root, only those sign that have signed the present one, because
// whoever wrote that may list anybody's key under a certificate of his.
import { isFailure } from '../../errors.ts';
import type { KeyStore, Signer } from '../../keys/key-store.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import type { Root, RootFile } from '../../tuf/root.ts';
import { isValidSignature, type Signature } from '../../tuf/signature.ts';
import { baseAuthority, type RoleAuthority } from '../consume/role-authority.ts';
import { openSigners } from './role-signers.ts';

export interface RootChange {
  readonly gun: string;
  readonly before: RootFile;
  readonly after: Root;
  /** Further keys that sign if they are here. */
  readonly alsoSignedBy: readonly PublicKey[];
}

/**
 * Signers of `after`, new keys first, as Go has them; enough for the threshold before and for that after.
 * @throws Failure as openSigners
 */
export async function openRootSigners(
  { gun, before, after, alsoSignedBy }: RootChange,
  store: KeyStore,
): Promise<readonly Signer[]> {
  const old = signersOf(before);
  const oldIds = baseAuthority(before.signed, 'root').roleKeys.keyIds;
  const mayJoin = (id: string) => !oldIds.includes(id) || old.roleKeys.keyIds.includes(id);
  const next = baseAuthority(after, 'root');
  const keyIds = next.roleKeys.keyIds.filter(mayJoin);
  const signers = [
    ...(await openSigners({ ...next, roleKeys: { ...next.roleKeys, keyIds } }, gun, store)),
    ...(await openSigners(old, gun, store)),
    ...(await openOptional(alsoSignedBy, gun, store)),
  ];
  return [...new Map(signers.map((signer) => [signer.key.id, signer])).values()];
}

/** The authority over the root, without keys that have not signed it. */
export function signersOf(file: RootFile): RoleAuthority {
  const { role, roleKeys, keys } = baseAuthority(file.signed, 'root');
  const hasSigned = (id: string) => {
    const key = keys.get(id);
    const isOf = ({ keyId }: Signature) => keyId === key?.id;
    return (
      key !== undefined &&
      file.signatures.some((one) => isOf(one) && isValidSignature(key, file.message, one))
    );
  };
  return { role, roleKeys: { ...roleKeys, keyIds: roleKeys.keyIds.filter(hasSigned) }, keys };
}

async function openOptional(
  keys: readonly PublicKey[],
  gun: string,
  store: KeyStore,
): Promise<readonly Signer[]> {
  const listed = new Map(keys.map((key) => [key.id, key]));
  const roleKeys = { keyIds: [...listed.keys()], threshold: 0 };
  try {
    return await openSigners({ role: 'root', roleKeys, keys: listed }, gun, store);
  } catch (error) {
    if (!isFailure(error)) throw error;
    return []; // old consumers are helped where it can be done
  }
}
