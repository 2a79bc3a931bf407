// From a tag to the digest that the publisher meant, by docker's rule (docker trust §3), so that every
// client of a repository comes to the same answer: `targets/releases` before `targets`, and no other role counts.
//
// Invariant: what `targets/releases` covers stays covered when its file is out of date or not signed enough. Docker
// falls back to `targets` then, which whoever holds the keys of snapshot and timestamp could bring about.
import { Failure } from '../../errors.ts';
import { type FoundTarget, findAll, isAllowed } from '../../tuf/delegation-walk.ts';
import type { TargetsRole } from '../../tuf/role.ts';
import type { Target } from '../../tuf/target-table.ts';
import { delegationIn } from '../../tuf/targets.ts';
import { signerNames } from './signers.ts';
import type { TrustedRepository } from './trusted-repository.ts';

/** The delegation whose entries docker takes before those of the repository key. */
export const releasesRole = 'targets/releases';

export interface ResolvedTag {
  readonly tag: string;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  /** Bytes of the manifest that the digest names. */
  readonly length: number;
  /** The role whose entry counts. */
  readonly role: TargetsRole;
}

/**
 * @throws Failure TAG_NOT_SIGNED, saying who signed it when nobody did who counts; THRESHOLD_UNMET or METADATA_EXPIRED
 *   when `targets/releases` decides about the tag and does not count now
 */
export function resolveTag(repository: TrustedRepository, tag: string): ResolvedTag {
  const problem = releasesProblem(repository, tag);
  if (problem !== undefined) throw undecided(repository, tag, problem);
  const found = findCounting(repository, tag);
  if (found === undefined) throw notSigned(repository, tag);
  const digest = digestOf(found.target);
  if (digest === undefined) {
    throw new Failure(
      'TAG_NOT_SIGNED',
      `${repository.gun}:${tag} has no valid hash, expecting sha256`,
      {
        facts: { role: found.role, hashes: [...found.target.hashes.keys()].join(', ') || 'none' },
      },
    );
  }
  return { tag, digest, length: found.target.length, role: found.role };
}

/** `sha256:…`, or undefined when the entry names no usable one. */
export function digestOf(target: Target): string | undefined {
  const digest = target.hashes.get('sha256');
  return digest?.length === 32 ? `sha256:${digest.toString('hex')}` : undefined;
}

/** True for the two roles whose entries docker accepts. */
export function isCounting(role: TargetsRole): boolean {
  return role === 'targets' || role === releasesRole;
}

/**
 * The entry that decides, if it counts. Docker walks `targets/releases` with what is below it, then the rest from
 * `targets` on: the first hit decides, and one found deeper than these two roles is no answer at all.
 */
function findCounting(repository: TrustedRepository, tag: string): FoundTarget | undefined {
  let decisive: FoundTarget | undefined;
  for (const hit of findAll((role) => repository.set.targets(role), tag)) {
    if (decides(hit.role, decisive?.role)) decisive = hit;
  }
  return decisive !== undefined && isCounting(decisive.role) ? decisive : undefined;
}

/** Whether an entry of `role`, met later in the walk, decides in place of that of `before`. */
export function decides(role: TargetsRole, before: TargetsRole | undefined): boolean {
  return before === undefined || (isBelowReleases(role) && !isBelowReleases(before));
}

/**
 * Why `targets/releases`, which may sign `tag`, was passed over. A delegation without keys was ended by the publisher,
 * and decides nothing any more.
 */
export function releasesProblem(
  { set, skipped }: TrustedRepository,
  tag: string,
): Failure | undefined {
  const problem = skipped.get(releasesRole);
  const parent = set.targets('targets')?.signed;
  const delegation = parent && delegationIn(parent, releasesRole);
  if (delegation === undefined || delegation.keyIds.length === 0) return undefined;
  return isAllowed(tag, delegation.paths) ? problem : undefined;
}

function undecided({ gun }: TrustedRepository, tag: string, problem: Failure): Failure {
  return problem.with({
    message: `${gun}:${tag} cannot be decided: ${problem.message}`,
    facts: { ...problem.facts, role: releasesRole },
    meaning:
      'targets/releases decides which tags count and cannot be read now, so what `targets` says is not used: ' +
      'it may be what a release has replaced.',
    remedy:
      'Ask the publishers. If a key of the role was replaced, a signer who knows what it lists can witness it, which ' +
      'signs all of it; else the owner of the repository key can remove the role, or make it anew.',
  });
}

function isBelowReleases(role: TargetsRole): boolean {
  return role === releasesRole || role.startsWith(`${releasesRole}/`);
}

function notSigned(repository: TrustedRepository, tag: string): Failure {
  const { gun, set, skipped } = repository;
  const others = [...findAll((role) => set.targets(role), tag)].map(({ role }) => role);
  const lost = [...skipped].filter(([role]) => isCounting(role));
  const facts = {
    ...(others.length === 0 ? {} : { 'signed by': signerNames(others).join(', ') }),
    ...Object.fromEntries(lost.map(([role, failure]) => [role, failure.message])),
  };
  if (others.length > 0) {
    return new Failure(
      'TAG_NOT_SIGNED',
      `${gun}:${tag} is signed only by ${signerNames(others).join(', ')}`,
      {
        facts,
        meaning:
          'Only entries of targets/releases or of the repository key count for a pull; this signer has not released the tag.',
        remedy: 'Ask the publisher to release the tag, or use one that is released.',
      },
    );
  }
  const meaning =
    lost.length === 0
      ? `Nobody has signed this tag. ${gun} has trust data, so other tags are signed.`
      : 'The tag may be listed by a role that does not count now.';
  return new Failure(
    'TAG_NOT_SIGNED',
    `No valid trust data for ${tag}: ${gun}:${tag} is not signed`,
    {
      facts,
      meaning,
    },
  );
}
