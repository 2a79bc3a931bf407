// Whether a delegated file that does not count now has counted before: this machine has verified it, or the role above
// has listed the keys that signed it. Whoever holds the keys of snapshot and timestamp can have any bytes named as the
// file of a role; what nobody stood for must not be signed because a publisher was told to witness it.
//
// Invariants: an earlier file of the role above counts as evidence only when the keys that count for that role now have
// signed it, and every one after it does so too; where it does not delegate to the role, the history of the role begins.
import { isFailure } from '../../errors.ts';
import type { TrustServer } from '../../remote/trust-server.ts';
import { type DelegationRole, isDelegationRole, parentRole } from '../../tuf/role.ts';
import { checkThreshold, type RoleKeys } from '../../tuf/signature.ts';
import { delegationIn, parseTargets, type Targets, type TargetsFile } from '../../tuf/targets.ts';
import { maxFileBytes } from '../consume/limits.ts';
import {
  baseAuthority,
  delegatedAuthority,
  type RoleAuthority,
} from '../consume/role-authority.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import type { MetadataCache } from '../trustdir/cache.ts';

/** Earlier files of the role above that are asked for, newest first: a removed signer is witnessed soon, or never. */
const maxEarlierFiles = 64;

export interface Evidence {
  readonly cache: MetadataCache;
  readonly server: TrustServer;
}

/** @throws Failure what TrustServer.fetch throws; DISK */
export async function hasCounted(
  repository: TrustedRepository,
  role: DelegationRole,
  file: TargetsFile,
  { cache, server }: Evidence,
): Promise<boolean> {
  if (await wasVerifiedHere(repository, role, file, cache)) return true;
  const parent = parentRole(role);
  const authority = authorityNow(repository, parent);
  const newest = repository.set.targets(parent)?.signed.version ?? 0;
  if (authority === undefined) return false;
  for (let back = 1; back <= maxEarlierFiles && newest - back >= 1; back += 1) {
    const version = newest - back;
    const name = { role: parent, version };
    const bytes = await server.fetch(repository.gun, name, maxFileBytes);
    const earlier = bytes && contentSignedBy(authority, bytes, version);
    const delegation = earlier && delegationIn(earlier, role);
    if (earlier === undefined || delegation === undefined) return false;
    if (isSignedBy(role, delegation, earlier.delegations.keys, file)) return true;
  }
  return false;
}

/** Nothing is cached, or remembered with its version, before it was verified. */
async function wasVerifiedHere(
  { generation }: TrustedRepository,
  role: DelegationRole,
  { bytes, signed }: TargetsFile,
  cache: MetadataCache,
): Promise<boolean> {
  if ((generation.floors.get(role) ?? 0) < signed.version) return false;
  try {
    return (await cache.read(role, maxFileBytes))?.equals(bytes) === true;
  } catch (error) {
    if (isFailure(error, 'CACHE_DAMAGED')) return false;
    throw error;
  }
}

function authorityNow(
  { set }: TrustedRepository,
  role: RoleAuthority['role'],
): RoleAuthority | undefined {
  if (isDelegationRole(role)) return delegatedAuthority(set, role);
  return role === 'targets' ? baseAuthority(set.root.signed, role) : undefined;
}

function contentSignedBy(
  { role, roleKeys, keys }: RoleAuthority,
  bytes: Buffer,
  version: number,
): Targets | undefined {
  if (role !== 'targets' && !isDelegationRole(role)) return undefined;
  try {
    const file = parseTargets(bytes, role);
    const isAsked = file.signed.version === version;
    return isAsked && isSignedBy(role, roleKeys, keys, file) ? file.signed : undefined;
  } catch (error) {
    if (isFailure(error, 'JSON_INVALID', 'METADATA_INVALID', 'ROLE_INVALID')) return undefined;
    throw error;
  }
}

function isSignedBy(
  role: string,
  roleKeys: RoleKeys,
  keys: RoleAuthority['keys'],
  { message, signatures }: TargetsFile,
): boolean {
  try {
    checkThreshold(role, roleKeys, keys, message, signatures);
    return true;
  } catch (error) {
    if (isFailure(error)) return false;
    throw error;
  }
}
