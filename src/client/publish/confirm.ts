// After an upload: was it a race, and what does the server serve now?
import { asFailure, type Failure, isFailure } from '../../errors.ts';
import type { TrustServer } from '../../remote/trust-server.ts';
import type { RoleName } from '../../tuf/role.ts';
import { maxTimestampBytes } from '../consume/limits.ts';
import { refresh } from '../consume/refresh.ts';
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
