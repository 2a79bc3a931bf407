// After an upload: was it a race, and what does the server serve now?
import { asFailure, exitStatus, Failure, isFailure } from '../../errors.ts';
import type { TrustServer } from '../../remote/trust-server.ts';
import type { RoleName } from '../../tuf/role.ts';
import { parseRoot } from '../../tuf/root.ts';
import { parseSnapshot, parseTimestamp } from '../../tuf/snapshot.ts';
import { parseTargets } from '../../tuf/targets.ts';
import type { TrustedSet } from '../../tuf/trusted-set.ts';
import { isRefusal } from '../consume/answer.ts';
import { maxTimestampBytes } from '../consume/limits.ts';
import { refresh } from '../consume/refresh.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';

/**
 * The repository as the server serves it after an upload, kept in the cache; undefined when it could not be read back,
 * which is an event, because the server has confirmed the upload. When it serves something else, nothing is certain.
 * @throws Failure SERVER_ERROR when it does not serve what it confirmed; every refusal of refresh
 */
export async function confirm(
  gun: string,
  uploaded: ReadonlyMap<RoleName, Buffer>,
  ports: PublisherPorts,
): Promise<TrustedRepository | undefined> {
  const repository = await readBack(gun, uploaded, ports);
  if (repository === undefined) return undefined;
  for (const [role, bytes] of uploaded) requireServed(role, bytes, repository.set);
  return repository;
}

async function readBack(
  gun: string,
  uploaded: ReadonlyMap<RoleName, Buffer>,
  ports: PublisherPorts,
): Promise<TrustedRepository | undefined> {
  try {
    return await refresh(gun, ports, { cacheAlone: 'refused', expired: 'reported', uploaded });
  } catch (error) {
    const problem = asFailure(error);
    if (isRefusal(problem)) throw unconfirmed(problem);
    ports.emit({ kind: 'cache-not-updated', gun, problem });
    return undefined;
  }
}

/** The file that was uploaded is served, or what somebody put on top of it since. */
function requireServed(role: RoleName, bytes: Buffer, set: TrustedSet): void {
  const served = fileOf(role, set);
  if (served?.bytes.equals(bytes) === true) return;
  const version = versionIn(role, bytes);
  if (served !== undefined && served.signed.version > version) return;
  throw new Failure('SERVER_ERROR', 'the server took the upload and does not serve it', {
    facts: {
      uploaded: `${role} version ${version}`,
      served: served === undefined ? `no ${role}` : `${role} version ${served.signed.version}`,
    },
    meaning: notCertain,
    remedy: runAgain,
  });
}

const notCertain =
  'Whether the tags are signed is not certain. A cache before the server may be behind, or the upload was thrown away.';
const runAgain = 'Run the command again: it starts from what the server has then.';

/** What was read back is not to be believed, or is not there; the code stays, unless it speaks of nothing signed. */
function unconfirmed(problem: Failure): Failure {
  const facts = { ...problem.facts, upload: 'the server says that it has stored it' };
  const meaning = problem.meaning ?? notCertain;
  if (problem.exit !== exitStatus.unsigned) return problem.with({ facts, meaning });
  const message = `the server took the upload and does not serve it: ${problem.message}`;
  return new Failure('SERVER_ERROR', message, { cause: problem, facts, meaning, remedy: runAgain });
}

interface Served {
  readonly bytes: Buffer;
  readonly signed: { readonly version: number };
}

/** The verified file of `role`, if there is one that counts. */
export function fileOf(role: RoleName, set: TrustedSet): Served | undefined {
  if (role === 'root') return set.root;
  if (role === 'snapshot') return set.snapshot;
  return role === 'timestamp' ? set.timestamp : set.targets(role);
}

/** The version of a file that was composed here. */
function versionIn(role: RoleName, bytes: Buffer): number {
  if (role === 'root') return parseRoot(bytes).signed.version;
  if (role === 'snapshot') return parseSnapshot(bytes).signed.version;
  return role === 'timestamp'
    ? parseTimestamp(bytes).signed.version
    : parseTargets(bytes, role).signed.version;
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
