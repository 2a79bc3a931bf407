// Takes signatures off tags: by docker's rule of which roles (docker trust §5, §6), or from the roles that the caller
// names, which is how one gets at tags of the repository key where there are delegations.
//
// Invariants: all of it is one publication; a tag that docker would still pull is never reported as revoked: docker's
// own revoke passes over what `targets` lists beside delegations, and says that it is done.
import { Failure, isFailure } from '../../errors.ts';
import { findAll, isAllowed, walkRoles } from '../../tuf/delegation-walk.ts';
import type { RoleName, TargetsRole } from '../../tuf/role.ts';
import { isCounting, releasesProblem, releasesRole } from '../consume/resolve.ts';
import { type TrustedRepository, versionsOf } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';
import type { Edit, Plan } from './edit.ts';
import type { Intent } from './intent.ts';
import { publish } from './publish.ts';
import { type LocalKeys, localKeys } from './role-signers.ts';
import { signingRoles } from './signing-roles.ts';

export interface RevokeRequest {
  readonly gun: string;
  readonly tags: readonly string[] | 'all';
  /** Roles to take the tags out of; docker's rule chooses when absent. */
  readonly roles?: readonly TargetsRole[] | undefined;
}

export interface RevokedTag {
  readonly tag: string;
  /** Roles that listed it until now. */
  readonly removedFrom: readonly TargetsRole[];
  /** Roles that list it still; `targets/releases` also when it does not count now, as it may. */
  readonly stillSignedBy: readonly TargetsRole[];
  /**
   * `still-signed`: a role that counts for a pull lists it still. `unchanged`: it stands in no role that counts, and
   * none of the others could be changed here.
   */
  readonly outcome: 'revoked' | 'still-signed' | 'unchanged';
}

export interface Revocation {
  readonly gun: string;
  /** In the order asked for; sorted for `all`. */
  readonly tags: readonly RevokedTag[];
  readonly uploaded: readonly RoleName[];
  /** Versions that the server serves now; empty when they could not be read back. */
  readonly versions: ReadonlyMap<RoleName, number>;
}

export interface StillSigned {
  /** At least one, in the order of the revocation. */
  readonly tags: readonly [string, ...string[]];
  /** Whose signatures let them be pulled, or could. */
  readonly roles: readonly TargetsRole[];
  /** Whether the repository key is what they need to be revoked with. */
  readonly isOwners: boolean;
}

/** The tags that a revocation left to be pulled; undefined when there are none. */
export function stillSigned({ tags }: Pick<Revocation, 'tags'>): StillSigned | undefined {
  const still = tags.filter(({ outcome }) => outcome === 'still-signed');
  const [first, ...others] = still.map(({ tag }) => tag);
  if (first === undefined) return undefined;
  const roles = [...new Set(still.flatMap(({ stillSignedBy }) => stillSignedBy))];
  return { tags: [first, ...others], roles, isOwners: roles.includes('targets') };
}

/**
 * @throws Failure TAG_NOT_SIGNED when nobody lists one of the tags, or any tag at all; KEY_NOT_FOUND when there are
 *   delegations and none can be signed here (of all tags: not for any of them); what publish throws
 */
export async function revokeTags(
  request: RevokeRequest,
  ports: PublisherPorts,
): Promise<Revocation> {
  const { gun } = request;
  return ports.directory.repository(gun).withPublishLock(async () => {
    let before: TrustedRepository | undefined;
    const { plan } = revocationIntent(request, ports);
    const publication = await publish(
      gun,
      (repository) => {
        before = repository;
        return plan(repository);
      },
      ports,
    );
    const { changed, uploaded, isCurrent, repository } = publication;
    const then = before ?? repository;
    // What was read back is what counts: somebody may have signed a tag again since.
    const after = isCurrent ? repository : undefined;
    const tags = wantedTags(request, then).map((tag) => outcomeOf(tag, changed, then, after));
    return { gun, tags, uploaded, versions: isCurrent ? versionsOf(repository.set) : new Map() };
  });
}

/** What revokeTags would publish. */
export function revocationIntent(request: RevokeRequest, { keys }: PublisherPorts): Intent {
  const plan: Plan = async (repository) => edits(request, repository, await localKeys(keys));
  return { gun: request.gun, plan };
}

function edits(
  request: RevokeRequest,
  repository: TrustedRepository,
  local: LocalKeys,
): readonly Edit[] {
  const { gun, set } = repository;
  let refusal: Failure | undefined;
  const all = wantedTags(request, repository).flatMap((name) => {
    try {
      const roles = request.roles ?? signingRoles(set, gun, name, local);
      return roles.map((role): Edit => ({ kind: 'remove-tag', role, name }));
    } catch (error) {
      // Of all tags, one that nobody here may sign is left as it is, and reported as still signed.
      if (request.tags !== 'all' || !isFailure(error)) throw error;
      refusal ??= error;
      return [];
    }
  });
  if (all.length === 0 && refusal !== undefined) throw refusal;
  return all;
}

/** The tags that are to go. @throws Failure TAG_NOT_SIGNED */
function wantedTags({ tags, roles = [] }: RevokeRequest, repository: TrustedRepository) {
  const { gun, set } = repository;
  if (tags === 'all') {
    const all = allTags(repository);
    if (all.length === 0) throw new Failure('TAG_NOT_SIGNED', `${gun}: no signed tags to remove`);
    return all;
  }
  for (const tag of tags) {
    const isListed =
      listing(repository, tag).length > 0 ||
      roles.some((role) => set.targets(role)?.signed.targets.get(tag) !== undefined);
    if (isListed || releasesProblem(repository, tag) !== undefined) continue;
    throw new Failure(
      'TAG_NOT_SIGNED',
      `No valid trust data for ${tag}: ${gun}:${tag} is not signed`,
    );
  }
  return [...new Set(tags)];
}

/** Every tag that some role lists and may. */
function allTags({ set }: TrustedRepository): readonly string[] {
  const names = new Set<string>();
  for (const { file, paths } of walkRoles((role) => set.targets(role))) {
    for (const [name] of file.signed.targets.entries()) if (isAllowed(name, paths)) names.add(name);
  }
  return [...names].toSorted();
}

function listing({ set }: TrustedRepository, tag: string): readonly TargetsRole[] {
  return [...findAll((role) => set.targets(role), tag)].map(({ role }) => role);
}

/** @param after as it was read back, if it was */
function outcomeOf(
  tag: string,
  changed: readonly Edit[],
  before: TrustedRepository,
  after: TrustedRepository | undefined,
): RevokedTag {
  const removedFrom = changed.flatMap((edit) =>
    edit.kind === 'remove-tag' && edit.name === tag ? [edit.role] : [],
  );
  const state = after ?? before;
  const isUndecided = releasesProblem(state, tag) !== undefined;
  const undecided: readonly TargetsRole[] = isUndecided ? [releasesRole] : [];
  const listed = [...undecided, ...listing(state, tag)];
  const stillSignedBy = after ? listed : listed.filter((role) => !removedFrom.includes(role));
  const counts = stillSignedBy.some(isCounting);
  const outcome = counts ? 'still-signed' : removedFrom.length > 0 ? 'revoked' : 'unchanged';
  return { tag, removedFrom, stillSignedBy, outcome };
}
