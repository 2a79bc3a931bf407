// After an upload: is it there, was it a race, and what does the server serve now?
import { createHash } from 'node:crypto';
import { asFailure, Failure, isFailure } from '../../errors.ts';
import type { TrustServer } from '../../remote/trust-server.ts';
import type { RoleName } from '../../tuf/role.ts';
import { refresh } from '../consume/refresh.ts';
import { maxTimestampBytes } from '../consume/role-files.ts';
import { consumerRefresh } from '../consume/situation.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';

/**
 * The repository as the server serves it after an upload, kept in the cache. What was confirmed stays published
 * whatever happens here, so a failure is an event, and undefined comes back.
 */
export async function confirm(
  gun: string,
  uploaded: ReadonlyMap<RoleName, Buffer>,
  ports: PublisherPorts,
): Promise<TrustedRepository | undefined> {
  try {
    return await refresh(gun, ports, { ...consumerRefresh, cacheAlone: 'refused', uploaded });
  } catch (error) {
    ports.emit({ kind: 'cache-not-updated', gun, problem: asFailure(error) });
    return undefined;
  }
}

/** True when the server has exactly these files: an upload whose answer was lost has been stored. */
export async function isStored(
  gun: string,
  files: ReadonlyMap<RoleName, Buffer>,
  server: TrustServer,
): Promise<boolean> {
  try {
    for (const [role, bytes] of files) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const served = await server.fetch(gun, { role, sha256 }, bytes.length);
      if (served?.equals(bytes) !== true) return false;
    }
    return true;
  } catch (error) {
    if (!isFailure(error)) throw error;
    return false; // it cannot be known, so the failure of the upload stands
  }
}

export function withUnknownOutcome(problem: Failure): Failure {
  return new Failure(problem.code, problem.message, {
    cause: problem,
    facts: { ...problem.facts, upload: 'the server may or may not have stored it' },
    remedy: 'Run the command again: it starts from what the server has then.',
  });
}

/**
 * Whether `problem` of an upload came from somebody else's publication, so that the work is worth doing again.
 * Some servers say a conflict, others refuse or fail; then a timestamp that has moved tells.
 */
export async function isLostRace(
  problem: Failure,
  repository: TrustedRepository,
  server: TrustServer,
): Promise<boolean> {
  if (problem.code === 'VERSION_CONFLICT') return true;
  if (!isFailure(problem, 'UPLOAD_REJECTED', 'SERVER_ERROR')) return false;
  const { gun, set } = repository;
  const served = await server
    .fetch(gun, { role: 'timestamp' }, maxTimestampBytes)
    .catch(() => undefined); // then it cannot be known, and the failure of the upload stands
  return served !== undefined && set.timestamp?.bytes.equals(served) === false;
}
