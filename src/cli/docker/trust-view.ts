// What docker trust shows of a repository, from what is verified of it (docker trust §6). A row is a pair of tag and digest
// that `targets` or `targets/releases` lists; its signers are the other delegations that list the same pair.
import { inspectRepository, type RoleView } from '../../client/consume/inspect.ts';
import type { TrustedRepository } from '../../client/consume/trusted-repository.ts';
import { compareNaturally } from './natural-order.ts';

export interface TrustRow {
  readonly tag: string;
  /** 64 hex digits. */
  readonly digest: string;
  /** Names of delegations in the order of the walk; none for what the repository key alone has signed. */
  readonly signers: readonly string[];
}

export interface TrustSigner {
  readonly name: string;
  /** Canonical ids: those of key files, also for certificates. */
  readonly keyIds: readonly string[];
}

export interface TrustView {
  readonly rows: readonly TrustRow[];
  /** In order of name. */
  readonly signers: readonly TrustSigner[];
  /** The ids in the metadata, which for a root is that of its certificate. */
  readonly rootKeyIds: readonly string[];
  readonly repositoryKeyIds: readonly string[];
}

const delegationPrefix = 'targets/';
const releases = 'targets/releases';

/** @param tag shows the rows of one tag alone */
export function trustView(repository: TrustedRepository, tag: string | undefined): TrustView {
  const { tags, roles } = inspectRepository(repository, tag);
  const rows = tags.flatMap(({ tag: name, digest, roles: listing }) =>
    digest !== undefined && listing.some(isReleasing)
      ? [{ tag: name, digest: digest.replace('sha256:', ''), signers: signersOf(listing) }]
      : [],
  );
  const idsOf = (name: string): readonly string[] =>
    roles.find(({ role }) => role === name)?.keys.map(({ id }) => id) ?? [];
  return {
    rows: rows.toSorted((a, b) => compareNaturally(a.tag, b.tag)),
    signers: roles
      .filter(isSigner)
      .map(signerOf)
      .toSorted((a, b) => byText(a.name, b.name)),
    rootKeyIds: idsOf('root'),
    repositoryKeyIds: idsOf('targets'),
  };
}

/** The name under which a delegation is shown. */
export function signerOfRole(role: string): string {
  return role.slice(delegationPrefix.length);
}

function signersOf(roles: readonly string[]): readonly string[] {
  return roles.filter((role) => !isReleasing(role)).map(signerOfRole);
}

function isReleasing(role: string): boolean {
  return role === 'targets' || role === releases;
}

function isSigner({ role }: RoleView): boolean {
  return role.startsWith(delegationPrefix) && role !== releases;
}

function signerOf({ role, keys }: RoleView): TrustSigner {
  return { name: signerOfRole(role), keyIds: keys.map(({ canonicalId }) => canonicalId) };
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
