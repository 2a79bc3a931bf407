// Whether a repository may be made: the server must not have it, and this machine must not trust one that the server
// has lost.
//
// Invariant: a repository that this machine knows is never begun anew because the server has lost it.
import { Failure } from '../../errors.ts';
import type { RootFile } from '../../tuf/root.ts';
import { findAnchor } from '../consume/anchor.ts';
import { maxRootBytes } from '../consume/limits.ts';
import type { PublisherPorts } from '../ports.ts';

/** @throws Failure ALREADY_INITIALISED when the server has the repository; what TrustServer.fetch throws */
export async function requireAbsent(gun: string, { server }: PublisherPorts): Promise<void> {
  if ((await server.fetch(gun, { role: 'root' }, maxRootBytes)) === undefined) return;
  throw new Failure('ALREADY_INITIALISED', `${gun} is signed already`, {
    facts: { server: server.url, repository: gun },
  });
}

/**
 * A root that lies in the cache and that nobody has published, if any: notary or prepare.ts left it.
 * @throws Failure NO_TRUST_DATA for a repository that was published, CACHE_DAMAGED
 */
export async function requireUnpublished(
  gun: string,
  ports: PublisherPorts,
): Promise<RootFile | undefined> {
  const directory = ports.directory.repository(gun);
  const { cache } = directory;
  const nowMs = ports.nowMs();
  const generations = await cache.generations();
  const anchor = await findAnchor({ gun, cache, generations, nowMs, emit: () => undefined });
  if (anchor === undefined) return undefined;
  const isPublished =
    anchor.generation.floors.has('timestamp') || (await cache.storedMs('timestamp')) !== undefined;
  if (!isPublished) return anchor.root;
  throw new Failure('NO_TRUST_DATA', `the server has lost ${gun}, which this machine trusts`, {
    facts: { server: ports.server.url, trusted: `root version ${anchor.root.signed.version}` },
    meaning:
      'The repository was deleted, or its data was lost, or this is another server. Signing now would begin with a ' +
      'new root, and every consumer who trusts the old one would have to act by hand. Nothing was changed here.',
    remedy:
      'Check the address of the server and ask its operator. If the repository is to begin anew, forget the old ' +
      `one by removing ${directory.path}, then sign again.`,
  });
}

/** The root of a repository that was prepared here. @throws Failure NO_TRUST_DATA when there is none, as requireUnpublished */
export async function requirePrepared(gun: string, ports: PublisherPorts): Promise<RootFile> {
  const prepared = await requireUnpublished(gun, ports);
  if (prepared !== undefined) return prepared;
  throw new Failure('NO_TRUST_DATA', `${ports.server.url} does not have trust data for ${gun}`, {
    facts: { server: ports.server.url, repository: gun },
  });
}
