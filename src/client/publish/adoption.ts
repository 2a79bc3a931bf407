// What a delegation lists that does not count now: read again for the publisher who witnesses it, which means to stand
// for it with the keys that the role has now (client store §9.4).
//
// Invariants: it is the very file that the verified snapshot names, and it has counted before (counted-before.ts): what
// nobody is known to have stood for is never signed; its version is no older than what was seen, and leaps no further
// than any other.
import { Failure, isFailure } from '../../errors.ts';
import type { TrustServer } from '../../remote/trust-server.ts';
import { checkFileMeta } from '../../tuf/file-meta.ts';
import { type DelegationRole, isDelegationRole } from '../../tuf/role.ts';
import { parseTargets, type Targets, type TargetsFile } from '../../tuf/targets.ts';
import { checkVersionStep } from '../../tuf/version.ts';
import { maxFileBytes } from '../consume/limits.ts';
import { digestOf } from '../consume/resolve.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';
import { hasCounted } from './counted-before.ts';
import type { Edit } from './edit.ts';

/** Tags that a refusal names; the rest are counted. */
const maxNamedTags = 20;

export type AdoptionPorts = Pick<PublisherPorts, 'directory' | 'server'>;

/**
 * The content of every role that does not count and that `edits` have witnessed. `explain` says which wish a failure
 * comes from.
 * @throws Failure THRESHOLD_UNMET for what is not known to have counted before; ROLLBACK, VERSION_LEAP;
 *   METADATA_MISSING, HASH_MISMATCH, JSON_INVALID, METADATA_INVALID; what TrustServer.fetch throws; DISK
 */
export async function adoptions(
  repository: TrustedRepository,
  edits: readonly Edit[],
  ports: AdoptionPorts,
  explain: (failure: Failure, edits: readonly Edit[]) => Failure = (failure) => failure,
): Promise<ReadonlyMap<DelegationRole, Targets>> {
  const adopted = new Map<DelegationRole, Targets>();
  for (const edit of edits) {
    if (edit.kind !== 'witness' || !isDelegationRole(edit.role)) continue;
    if (!repository.skipped.has(edit.role)) continue;
    try {
      adopted.set(edit.role, await adoption(repository, edit.role, ports));
    } catch (error) {
      throw isFailure(error) ? explain(error, [edit]) : error;
    }
  }
  return adopted;
}

async function adoption(
  repository: TrustedRepository,
  role: DelegationRole,
  { directory, server }: AdoptionPorts,
): Promise<Targets> {
  const file = await listedFile(repository, role, server);
  const { cache } = directory.repository(repository.gun);
  if (!(await hasCounted(repository, role, file, { cache, server }))) {
    throw neverCounted(repository, role, file.signed);
  }
  requireVersion(repository, role, file.signed);
  return file.signed;
}

async function listedFile(
  { gun, set }: TrustedRepository,
  role: DelegationRole,
  server: TrustServer,
): Promise<TargetsFile> {
  const meta = set.snapshot?.signed.meta.get(role);
  const sha256 = meta?.hashes.get('sha256')?.toString('hex');
  const bytes =
    meta === undefined || sha256 === undefined
      ? undefined
      : await server.fetch(gun, { role, sha256 }, Math.min(meta.length, maxFileBytes));
  if (meta === undefined || bytes === undefined) {
    throw new Failure('METADATA_MISSING', `${role} trust data unavailable`, {
      facts: { server: server.url, repository: gun },
    });
  }
  checkFileMeta(role, bytes, meta);
  return parseTargets(bytes, role);
}

function requireVersion(
  { generation }: TrustedRepository,
  role: DelegationRole,
  { version }: Targets,
): void {
  const floor = generation.floors.get(role) ?? 0;
  checkVersionStep(role, floor, version);
  if (version >= floor) return;
  throw new Failure('ROLLBACK', `${role} version ${version} is lower than version ${floor}`, {
    facts: { offered: `${role} version ${version}`, seen: `version ${floor}` },
  });
}

/** Shows all that would have been signed. */
function neverCounted(
  { gun }: TrustedRepository,
  role: DelegationRole,
  { version, targets, delegations }: Targets,
): Failure {
  const named: string[] = [];
  for (const [tag, target] of targets.entries()) {
    if (named.length === maxNamedTags) break;
    named.push(`${tag} ${digestOf(target) ?? 'without sha256'}`);
  }
  const more = targets.size - named.length;
  return new Failure('THRESHOLD_UNMET', `nobody is known to have signed what ${role} lists now`, {
    facts: {
      repository: gun,
      role: `${role} version ${version}`,
      tags: [...named, ...(more > 0 ? [`and ${more} more`] : [])].join(', ') || 'none',
      delegations: delegations.roles.map(({ name }) => name).join(', ') || 'none',
    },
    meaning:
      'Neither the keys that the role has, nor those it had before as far as this machine can verify it, have signed ' +
      'the file, and it never counted here. The trust server, or who holds the keys of snapshot and timestamp, may ' +
      'have made it up. Witnessing would have signed all of it, so nothing was signed.',
    remedy:
      'Witness where the role was seen while it counted, by its owner or one of its signers. If nobody vouches for these ' +
      'tags, have the owner of the repository key remove the role and make it again; then sign its tags anew.',
  });
}
