// What a verified repository says of its signers (docker trust §6): whose keys are where, and what becomes of
// `targets/releases` when some of them go. Pure reading; nothing is changed here.
import { Failure, isFailure } from '../../errors.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import { type DelegationRole, isBaseRole, isDelegationRole } from '../../tuf/role.ts';
import { checkThreshold } from '../../tuf/signature.ts';
import { type Delegation, delegationIn } from '../../tuf/targets.ts';
import { releasesRole } from '../consume/resolve.ts';
import { canonicalIdOf } from '../consume/role-authority.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import { type LocalKeys, localKeysOf } from './role-signers.ts';

/**
 * docker's rule for names of signers, and of their keys; and none of a base role, which docker takes: in the store a key goes
 * by the role alone, so that the key of a signer `root` would be the publisher's root key.
 */
export function isSignerName(name: string): boolean {
  return /^[a-z0-9][a-z0-9_-]*$/.test(name) && !isBaseRole(name);
}

/** Why `name` cannot be that of a signer or key, in docker's words as far as it has some. */
export function signerNameFault(name: string, what: 'key' | 'signer'): string {
  return isBaseRole(name)
    ? `is the name of a role, use a different ${what} name`
    : 'must start with lowercase alphanumeric characters and can include "-" or "_" after the first character';
}

/** Digits of a key id that tell it from others of one signer. */
const minIdDigits = 7;

/**
 * How `targets/releases` stands after keys have left it:
 * - `absent`: nobody delegates to it; `never-signed`: it has no file yet;
 * - `intact`: enough of its signatures are by keys that stay;
 * - `re-signed`: it was signed again here, by keys that stay;
 * - `unsigned`: it counts for nobody until somebody with a key that stays signs it again (`notary witness`);
 * - `without-keys`: it has fewer keys than it needs, and counts for nobody until it gets more.
 */
export type ReleasesState =
  | 'absent'
  | 'never-signed'
  | 'intact'
  | 're-signed'
  | 'unsigned'
  | 'without-keys';

/** The role of the signer `name`. @throws Failure ROLE_INVALID in docker's words */
export function signerRole(name: string): DelegationRole {
  const role = `targets/${name}`;
  if (isSignerName(name) && isDelegationRole(role)) return role;
  throw new Failure(
    'ROLE_INVALID',
    `signer name ${JSON.stringify(name.slice(0, 128))} ${signerNameFault(name, 'signer')}`,
  );
}

/** @throws Failure ROLE_INVALID `no signer NAME for repository GUN` */
export function requireSigner(repository: TrustedRepository, name: string): Delegation {
  const role = `targets/${name}`;
  const found = isDelegationRole(role) ? delegation(repository, role) : undefined;
  if (found !== undefined) return found;
  const others = signerNamesIn(repository).join(', ');
  throw new Failure('ROLE_INVALID', `no signer ${name} for repository ${repository.gun}`, {
    facts: { signers: others || 'none' },
    remedy: 'Name one of the signers of this repository.',
  });
}

export function delegation(
  { set }: TrustedRepository,
  role: DelegationRole,
): Delegation | undefined {
  const parent = set.targets('targets')?.signed;
  return parent && delegationIn(parent, role);
}

/** Names of all signers, in the order of the file. */
export function signerNamesIn({ set }: TrustedRepository): readonly string[] {
  const roles = set.targets('targets')?.signed.delegations.roles ?? [];
  return roles
    .filter(({ name }) => name !== releasesRole)
    .map(({ name }) => name.slice('targets/'.length));
}

/** Canonical ids of the keys that `targets` lists for a role. */
export function keyIdsOf(repository: TrustedRepository, { keyIds }: Delegation): readonly string[] {
  return keyIds.map((id) => {
    const key = keysOf(repository).get(id);
    return key === undefined ? id : canonicalIdOf(key);
  });
}

/**
 * Those of `own` that are meant by `wanted`: ids in full, or 7 digits or more of them.
 * @throws Failure KEY_ROLE_MISMATCH for what is not one key of the signer
 */
export function namedKeys(
  name: string,
  own: readonly string[],
  wanted: readonly string[],
): readonly string[] {
  const found = wanted.map((text) => {
    const [id, ...more] = own.filter((one) => text.length >= minIdDigits && one.startsWith(text));
    if (id !== undefined && more.length === 0) return id;
    throw new Failure('KEY_ROLE_MISMATCH', `${name} has no key ${text.slice(0, 64)}`, {
      facts: { [`keys of ${name}`]: own.join(', ') || 'none' },
    });
  });
  return [...new Set(found)];
}

/** What becomes of `targets/releases` without these keys, of which the canonical ids are given. */
export function releasesWithout(
  repository: TrustedRepository,
  removed: readonly string[],
  local: LocalKeys,
): ReleasesState {
  const role = delegation(repository, releasesRole);
  if (role === undefined) return 'absent';
  const keys = keysOf(repository);
  const stays = (id: string) => {
    const key = keys.get(id);
    return key !== undefined && !removed.includes(canonicalIdOf(key));
  };
  const roleKeys = { keyIds: role.keyIds.filter(stays), threshold: role.threshold };
  if (distinct(roleKeys.keyIds, keys) < role.threshold) return 'without-keys';
  const file = repository.set.targets(releasesRole);
  if (file === undefined) return repository.skipped.has(releasesRole) ? 'unsigned' : 'never-signed';
  try {
    checkThreshold(releasesRole, roleKeys, keys, file.message, file.signatures);
    return 'intact';
  } catch (error) {
    if (!isFailure(error, 'THRESHOLD_UNMET')) throw error;
  }
  const authority = { role: releasesRole, roleKeys, keys } as const;
  const here = new Set(localKeysOf(authority, repository.gun, local).map(canonicalIdOf));
  return here.size >= role.threshold ? 're-signed' : 'unsigned';
}

function keysOf({ set }: TrustedRepository): ReadonlyMap<string, PublicKey> {
  return set.targets('targets')?.signed.delegations.keys ?? new Map();
}

function distinct(ids: readonly string[], keys: ReadonlyMap<string, PublicKey>): number {
  return new Set(
    ids.map((id) => {
      const key = keys.get(id);
      return key === undefined ? id : canonicalIdOf(key);
    }),
  ).size;
}
