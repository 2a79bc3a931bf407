// Opens what it will take to sign a tag, before anything else is done about it: an image that is pushed and then cannot be
// signed is what everybody pulls, unsigned (docker/cli#2721).
import { isDelegationRole } from '../../tuf/role.ts';
import { baseAuthority, delegatedAuthority } from '../consume/role-authority.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';
import { localKeys, localKeysOf, openSigners } from './role-signers.ts';
import { signingRoles } from './signing-roles.ts';

/** @throws Failure KEY_NOT_FOUND, KEY_ROLE_MISMATCH, and what opening a key throws */
export async function openSigningKeys(
  repository: TrustedRepository,
  tag: string,
  { keys }: Pick<PublisherPorts, 'keys'>,
): Promise<void> {
  const { gun, set } = repository;
  const local = await localKeys(keys);
  for (const role of signingRoles(set, gun, tag, local)) {
    const authority = isDelegationRole(role)
      ? delegatedAuthority(set, role)
      : baseAuthority(set.root.signed, 'targets');
    if (authority !== undefined) await openSigners(authority, gun, keys);
  }
  const snapshot = baseAuthority(set.root.signed, 'snapshot');
  if (localKeysOf(snapshot, gun, local).length > 0) await openSigners(snapshot, gun, keys);
}
