// Makes a repository that lists nothing yet, on the server (client store §9.1): what `paraph init` does.
//
// Invariant: a repository that a killed run of this machine has made counts as made by this one; any other that is there
// already is refused.
import { Failure } from '../../errors.ts';
import type { PublisherPorts } from '../ports.ts';
import { rootMadeElsewhere } from './first-root.ts';
import { type FirstRelease, type Initialised, initialise } from './initialise.ts';
import { readRoot } from './pending-root.ts';
import { publishOrBegin } from './publish-or-begin.ts';

/** @throws Failure what initialise throws */
export async function beginRepository(
  { gun, rootKeyId }: Pick<FirstRelease, 'gun' | 'rootKeyId'>,
  ports: PublisherPorts,
): Promise<Initialised> {
  const directory = ports.directory.repository(gun);
  return directory.withPublishLock(async () => {
    const pending = readRoot(await directory.pendingRoot());
    if (pending === undefined) return initialise({ gun, edits: [], rootKeyId }, ports);
    const nothing = async () => [];
    const order = { gun, plan: nothing, first: nothing, rootKeyId };
    const { newKeys, uploaded, repository } = await publishOrBegin(order, ports);
    if (newKeys.length > 0) return { keys: newKeys, changed: [], uploaded, repository };
    if (repository?.set.root.bytes.equals(pending.bytes) !== true) {
      throw new Failure('ALREADY_INITIALISED', `${gun} is signed already`, {
        facts: { server: ports.server.url, repository: gun },
      });
    }
    const { keys } = await rootMadeElsewhere(pending, ports);
    return { keys, changed: [], uploaded: [], repository };
  });
}
