// What a delegation lists that does not count now: read again for the publisher who witnesses it, which means to stand
// for it with the keys that the role has now (client store §9.4).
//
// Invariant: it is the very file that the verified snapshot names; its signatures are not asked for.
import { Failure } from '../../errors.ts';
import type { TrustServer } from '../../remote/trust-server.ts';
import { checkFileMeta } from '../../tuf/file-meta.ts';
import { type DelegationRole, isDelegationRole } from '../../tuf/role.ts';
import { parseTargets, type Targets } from '../../tuf/targets.ts';
import { maxFileBytes } from '../consume/limits.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import type { Edit } from './edit.ts';

/**
 * The content of every role that does not count and that `edits` have witnessed.
 * @throws Failure METADATA_MISSING, HASH_MISMATCH, JSON_INVALID, METADATA_INVALID, what TrustServer.fetch throws
 */
export async function adoptions(
  repository: TrustedRepository,
  edits: readonly Edit[],
  server: TrustServer,
): Promise<ReadonlyMap<DelegationRole, Targets>> {
  const adopted = new Map<DelegationRole, Targets>();
  for (const edit of edits) {
    if (edit.kind !== 'witness' || !isDelegationRole(edit.role)) continue;
    if (!repository.skipped.has(edit.role)) continue;
    adopted.set(edit.role, await listedContent(repository, edit.role, server));
  }
  return adopted;
}

async function listedContent(
  { gun, set }: TrustedRepository,
  role: DelegationRole,
  server: TrustServer,
): Promise<Targets> {
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
  return parseTargets(bytes, role).signed;
}
