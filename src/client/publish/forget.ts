// Forgetting a repository: its trust data on this machine, and on the server first where that is asked for (client
// store §9.4). What `notary delete` does, without its reach into the directories of other repositories.
//
// Invariants:
// - private keys are never touched;
// - the server comes first: while it refuses or cannot be reached, everything here stays as it is;
// - which roots were trusted stays known (cache.ts), but decides nothing: whatever comes next, also a repository that
//   is made anew from here, is a generation of its own, and this machine looks at it as at first contact.
import { asFailure, type Failure } from '../../errors.ts';
import type { KeyEntry } from '../../keys/key-store.ts';
import { baseRoles } from '../../tuf/role.ts';
import type { PublisherPorts } from '../ports.ts';
import type { RepositoryDirectory } from '../trustdir/trust-directory.ts';

export interface ForgetRequest {
  readonly gun: string;
  /** Whether the server is to delete its trust data as well, for everybody. */
  readonly remote: boolean;
}

export interface Forgotten {
  readonly gun: string;
  /** Whether there was any trust data of it on this machine. */
  readonly wasKnown: boolean;
  /** Changes that were staged and are gone now. */
  readonly stagedChanges: number;
  /** Private keys that are kept: those that name the repository, and the root keys. */
  readonly keptKeys: readonly KeyEntry[];
}

export type ForgetPorts = Pick<PublisherPorts, 'directory' | 'keys' | 'server'>;

/**
 * @throws Failure from the server with nothing changed here: UNAUTHORIZED, FORBIDDEN, UNREACHABLE, …; DISK, LOCKED,
 *   which say whether the server has deleted its part
 */
export async function forgetRepository(
  { gun, remote }: ForgetRequest,
  ports: ForgetPorts,
): Promise<Forgotten> {
  const directory = ports.directory.repository(gun);
  const keptKeys = (await ports.keys.list()).filter(
    (key) => key.gun === gun || key.role === 'root',
  );
  if (!(await directory.exists())) {
    if (remote) await ports.server.remove(gun);
    return { gun, wasKnown: false, stagedChanges: 0, keptKeys };
  }
  return directory.withPublishLock(async () => {
    if (remote) await ports.server.remove(gun);
    try {
      return { gun, keptKeys, ...(await forgetHere(directory)) };
    } catch (error) {
      throw remote ? deletedElsewhere(gun, ports.server.url, error) : error;
    }
  });
}

async function forgetHere(
  directory: RepositoryDirectory,
): Promise<Pick<Forgotten, 'stagedChanges' | 'wasKnown'>> {
  const { cache, changeList } = directory;
  const wasKnown = (await cache.storedMs('root')) !== undefined || (await cache.hasMemory());
  const stagedChanges = await changeList.clear();
  await directory.clearPendingRoot();
  await directory.clearPendingPublication();
  for (const role of baseRoles) await directory.clearPendingRotation(role);
  await cache.forget();
  return { wasKnown, stagedChanges };
}

function deletedElsewhere(gun: string, server: string, error: unknown): Failure {
  const problem = asFailure(error);
  return problem.with({
    facts: { ...problem.facts, server: `${server} has deleted its trust data of ${gun}` },
    meaning: 'On this machine some of it is left.',
    remedy: 'Run the command again, without asking the server, when the cause is gone.',
  });
}
