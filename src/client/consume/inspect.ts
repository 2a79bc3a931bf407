// All there is to show of a repository, as data: signed tags with their signers, roles with their keys, and
// since when and why it is trusted. Everything shown is verified.

import { isAllowed, walkRoles } from '../../tuf/delegation-walk.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import { isTargetsRole, type RoleName, type TargetsRole } from '../../tuf/role.ts';
import type { TrustReason } from '../trustdir/generations.ts';
import { decides, digestOf, isCounting, releasesProblem, releasesRole } from './resolve.ts';
import { baseAuthority, canonicalIdOf, type RoleAuthority } from './role-authority.ts';
import { rootFacts } from './root-facts.ts';
import { signerName } from './signers.ts';
import type { TrustedRepository } from './trusted-repository.ts';

export interface SignedTag {
  readonly tag: string;
  /** `sha256:…`; undefined when the entry names no sha256. */
  readonly digest: string | undefined;
  readonly length: number;
  /** Who signed this digest for this tag; `repository key` for the role `targets`. Releases is no signer. */
  readonly signers: readonly string[];
  /** The roles that list this digest for the tag, in the order of the walk. */
  readonly roles: readonly TargetsRole[];
  /** Whether this is what a pull accepts for the tag. */
  readonly isAccepted: boolean;
}

export interface RoleView {
  readonly role: RoleName;
  readonly keys: readonly KeyView[];
  readonly threshold: number;
  /** Undefined for a delegation that has signed nothing yet or does not count now. */
  readonly version: number | undefined;
  readonly expiresMs: number | undefined;
  /** Prefixes of tags that a delegation may sign. */
  readonly paths: readonly string[] | undefined;
  /** Why a delegation does not count now. */
  readonly problem: string | undefined;
}

export interface KeyView {
  /** Id in the metadata: of the certificate for keys that have one. */
  readonly id: string;
  /** Id of the bare key, which names the file of the private key. */
  readonly canonicalId: string;
  readonly keyType: string;
}

export interface RepositoryView {
  readonly gun: string;
  readonly trustedSinceMs: number;
  readonly reason: TrustReason;
  /** Canonical ids of the root keys. */
  readonly rootKeyIds: readonly string[];
  readonly source: 'server' | 'cache';
  /** Sorted by tag, numbers inside tags by value. */
  readonly tags: readonly SignedTag[];
  /** root, targets, delegations in the order of the walk, snapshot, timestamp. */
  readonly roles: readonly RoleView[];
}

/** The whole view, or with `tag` only that tag's rows. */
export function inspectRepository(repository: TrustedRepository, tag?: string): RepositoryView {
  const { gun, set, generation, source, nowMs } = repository;
  return {
    gun,
    trustedSinceMs: generation.sinceMs,
    reason: generation.reason,
    rootKeyIds: rootFacts(set.root, gun, nowMs).rootKeyIds,
    source,
    tags: tagsOf(repository, tag),
    roles: rolesOf(repository),
  };
}

interface Row {
  readonly tag: string;
  readonly digest: string | undefined;
  readonly length: number;
  readonly roles: TargetsRole[];
}

/** One row for each pair of tag and digest that any role lists, as docker does for the roles that count. */
function tagsOf(repository: TrustedRepository, only: string | undefined): readonly SignedTag[] {
  const rows = new Map<string, Row>();
  const decisive = new Map<string, { readonly row: Row; readonly role: TargetsRole }>();
  for (const { role, file, paths } of walkRoles((name) => repository.set.targets(name))) {
    const { targets } = file.signed;
    const one = only === undefined ? undefined : targets.get(only);
    const entries =
      only === undefined ? targets.entries() : one === undefined ? [] : [[only, one] as const];
    for (const [tag, target] of entries) {
      if (!isAllowed(tag, paths)) continue;
      const digest = digestOf(target);
      const id = JSON.stringify([tag, digest, digest === undefined ? role : '']);
      const row = rows.get(id) ?? { tag, digest, length: target.length, roles: [] };
      rows.set(id, row);
      row.roles.push(role);
      if (decides(role, decisive.get(tag)?.role)) decisive.set(tag, { row, role });
    }
  }
  const isAccepted = (row: Row) => {
    const { row: accepted, role } = decisive.get(row.tag) ?? {};
    const isDecided = releasesProblem(repository, row.tag) === undefined;
    return accepted === row && role !== undefined && isCounting(role) && isDecided;
  };
  const order = new Intl.Collator('en', { numeric: true });
  return [...rows.values()]
    .toSorted((a, b) => order.compare(a.tag, b.tag) || (a.tag < b.tag ? -1 : Number(a.tag > b.tag)))
    .map((row) => ({
      tag: row.tag,
      digest: row.digest,
      length: row.length,
      signers: signersOf(row.roles),
      roles: row.roles,
      isAccepted: isAccepted(row) && row.digest !== undefined,
    }));
}

/** `targets/releases` publishes what others have signed; it is nobody's own signature. */
function signersOf(roles: readonly TargetsRole[]): readonly string[] {
  const own = roles.filter((role) => role !== releasesRole).map(signerName);
  return own.length > 0 ? own : roles.map(signerName);
}

function rolesOf(repository: TrustedRepository): readonly RoleView[] {
  const { set, skipped } = repository;
  const root = set.root.signed;
  const base = (role: 'root' | 'targets' | 'snapshot' | 'timestamp') =>
    roleView(baseAuthority(root, role), headOf(repository, role));
  const delegations = [...walkRoles((name) => set.targets(name))].flatMap(({ file }) => {
    const { roles, keys } = file.signed.delegations;
    return roles.map((delegation) => ({
      ...roleView(
        { role: delegation.name, roleKeys: delegation, keys },
        headOf(repository, delegation.name),
      ),
      paths: delegation.paths,
      problem: skipped.get(delegation.name)?.message,
    }));
  });
  return [base('root'), base('targets'), ...delegations, base('snapshot'), base('timestamp')];
}

interface Head {
  readonly version: number;
  readonly expires: { readonly ms: number };
}

function headOf({ set }: TrustedRepository, role: RoleName): Head | undefined {
  if (role === 'root') return set.root.signed;
  if (role === 'snapshot') return set.snapshot?.signed;
  if (role === 'timestamp') return set.timestamp?.signed;
  return isTargetsRole(role) ? set.targets(role)?.signed : undefined;
}

function roleView({ role, roleKeys, keys }: RoleAuthority, head: Head | undefined): RoleView {
  return {
    role,
    keys: roleKeys.keyIds.flatMap((id) => keyView(keys.get(id))),
    threshold: roleKeys.threshold,
    version: head?.version,
    expiresMs: head?.expires.ms,
    paths: undefined,
    problem: undefined,
  };
}

function keyView(key: PublicKey | undefined): readonly KeyView[] {
  if (key === undefined) return [];
  return [{ id: key.id, canonicalId: canonicalIdOf(key), keyType: key.keyType }];
}
