// The first release of a repository: its keys come into being, or are found, and its first files go up (client
// store §9.1, but in a safer order).
//
// Invariants:
// - that the server is there, has no such repository and lets us write is known before any key is made here: the
//   server is asked for its own keys first;
// - keys that an earlier, killed run left are found and used (first-root.ts), and the root made of them lies in
//   the trust directory from before the upload;
// - a repository that this machine knows is never begun anew because the server has lost it.
import { Failure } from '../../errors.ts';
import type { RoleName } from '../../tuf/role.ts';
import type { RootFile } from '../../tuf/root.ts';
import { findAnchor } from '../consume/anchor.ts';
import { maxRootBytes } from '../consume/limits.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';
import { confirm } from './confirm.ts';
import { type DraftBase, unpublishedBase } from './draft-base.ts';
import type { Edit } from './edit.ts';
import { firstRoot, type RepositoryKey, rootMadeElsewhere } from './first-root.ts';
import { type Explain, planRelease, signRelease } from './release.ts';
import { upload } from './upload.ts';

export interface FirstRelease {
  readonly gun: string;
  /** What the first release says: tags, delegations. */
  readonly edits: readonly Edit[];
  /** Which root key serves, when there are several: its id, or 7 digits or more of it. */
  readonly rootKeyId?: string | undefined;
  readonly explain?: Explain | undefined;
}

export interface Initialised {
  /** root, targets, snapshot, timestamp. */
  readonly keys: readonly RepositoryKey[];
  readonly uploaded: readonly RoleName[];
  /** As the server serves it; undefined when it could not be read back. */
  readonly repository: TrustedRepository | undefined;
}

/**
 * Makes the repository on the server. Call under the publish lock of the repository.
 * @throws Failure ALREADY_INITIALISED; NO_TRUST_DATA for one that this machine knows and the server lost;
 *   UNAUTHORIZED, FORBIDDEN; what KeyStore throws; UPLOAD_REJECTED; VERSION_CONFLICT when somebody else was quicker
 */
export async function initialise(
  request: FirstRelease,
  ports: PublisherPorts,
): Promise<Initialised> {
  const { gun } = request;
  await requireAbsent(gun, ports);
  const known = await requireUnpublished(gun, ports);
  const online = {
    snapshot: await ports.server.serverKey(gun, 'snapshot'),
    timestamp: await ports.server.serverKey(gun, 'timestamp'),
  };
  const { root, keys } =
    known === undefined
      ? await firstRoot({ gun, online, rootKeyId: request.rootKeyId }, ports)
      : await rootMadeElsewhere(known, ports);
  const files = await firstFiles(unpublishedBase(gun, root), request, ports);
  const problem = await upload(gun, files, ports.server);
  if (problem !== undefined) throw problem;
  const repository = await confirm(gun, files, ports);
  return { keys, uploaded: [...files.keys()], repository };
}

async function requireAbsent(gun: string, { server }: PublisherPorts): Promise<void> {
  if ((await server.fetch(gun, { role: 'root' }, maxRootBytes)) === undefined) return;
  throw new Failure('ALREADY_INITIALISED', `${gun} is signed already`, {
    facts: { server: server.url, repository: gun },
  });
}

/** A root that notary init left in the cache and nobody published, if any. */
async function requireUnpublished(
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

/** All files of the first release: the root as it was made, and targets, which list nothing when there is nothing. */
async function firstFiles(
  base: DraftBase,
  { edits, explain }: FirstRelease,
  ports: PublisherPorts,
): Promise<ReadonlyMap<RoleName, Buffer>> {
  const release = await planRelease({ base, edits, nowMs: ports.nowMs(), explain }, ports);
  release.draft.renew('targets');
  for (const notice of release.draft.notices) ports.emit({ ...notice, gun: base.gun });
  const files = await signRelease(release, ports, explain);
  return new Map([['root', base.root.bytes], ...files]);
}
