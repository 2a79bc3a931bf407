// Who signs a role: the ids that count and how many of them are needed, with the keys themselves.
import type { PublicKey } from '../../tuf/public-key.ts';
import { type BaseRole, type DelegationRole, parentRole, type RoleName } from '../../tuf/role.ts';
import { type Root, roleKeysOf } from '../../tuf/root.ts';
import type { RoleKeys } from '../../tuf/signature.ts';
import { delegationIn } from '../../tuf/targets.ts';
import type { TrustedSet } from '../../tuf/trusted-set.ts';

export interface RoleAuthority {
  readonly role: RoleName;
  readonly roleKeys: RoleKeys;
  readonly keys: ReadonlyMap<string, PublicKey>;
}

/** By the root. @throws Failure as roleKeysOf */
export function baseAuthority(root: Root, role: BaseRole): RoleAuthority {
  return { role, roleKeys: roleKeysOf(root, role), keys: root.keys };
}

/** By the verified parent; undefined when that delegates to no such role, or is not loaded. */
export function delegatedAuthority(
  set: TrustedSet,
  role: DelegationRole,
): RoleAuthority | undefined {
  const parent = set.targets(parentRole(role))?.signed;
  const roleKeys = parent && delegationIn(parent, role);
  return roleKeys && { role, roleKeys, keys: parent.delegations.keys };
}

/** The id by which the private key is filed. A key whose content cannot be read has no other id than the listed one. */
export function canonicalIdOf(key: PublicKey): string {
  try {
    return key.canonicalId;
  } catch {
    return key.id;
  }
}
