// The first release of a repository: its keys come into being, or are found, and its first files go up (client
// store §9.1, but in a safer order).
//
// Invariants:
// - that the server is there, has no such repository and lets us write is known before any key is made here: the
//   server is asked for its own keys first;
// - keys that an earlier, killed run left are found and used (first-root.ts), and the root made of them lies in
//   the trust directory from before the upload.
import type { PublicKey } from '../../tuf/public-key.ts';
import type { RoleName } from '../../tuf/role.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';
import { confirm } from './confirm.ts';
import { type DraftBase, unpublishedBase } from './draft-base.ts';
import type { Edit } from './edit.ts';
import { type FirstRoot, firstRoot, type RepositoryKey, rootMadeElsewhere } from './first-root.ts';
import { type Explain, planRelease, type Release, signRelease } from './release.ts';
import { requireAbsent, requireUnpublished } from './unpublished.ts';
import { type BeforeUpload, upload } from './upload.ts';

export interface FirstRelease {
  readonly gun: string;
  /** What the first release says: tags, delegations. */
  readonly edits: readonly Edit[];
  /** Which root key serves, when there are several: its id, or 7 digits or more of it. */
  readonly rootKeyId?: string | undefined;
  readonly explain?: Explain | undefined;
  readonly beforeUpload?: BeforeUpload | undefined;
}

export interface Initialised {
  /** root, targets, snapshot, timestamp. */
  readonly keys: readonly RepositoryKey[];
  /** The edits that changed something. */
  readonly changed: readonly Edit[];
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
  const timestamp = await ports.server.serverKey(gun, 'timestamp'); // asks for the right to write
  const { root, keys } =
    known === undefined
      ? await newRoot(request, timestamp, ports)
      : await rootMadeElsewhere(known, ports);
  const { files, changed } = await firstFiles(unpublishedBase(gun, root), request, ports);
  await request.beforeUpload?.(files);
  const problem = await upload(gun, files, ports.server);
  if (problem !== undefined) throw problem;
  const repository = await confirm(gun, files, ports);
  return { keys, changed, uploaded: [...files.keys()], repository };
}

/** The snapshot is the server's, as docker has it. */
async function newRoot(
  { gun, rootKeyId }: FirstRelease,
  timestamp: PublicKey,
  ports: PublisherPorts,
): Promise<FirstRoot> {
  const snapshot = await ports.server.serverKey(gun, 'snapshot');
  return firstRoot({ gun, timestamp, snapshot, rootKeyId }, ports);
}

/** All files of the first release: the root as it was made, and targets, which list nothing when there is nothing. */
async function firstFiles(
  base: DraftBase,
  { edits, explain }: FirstRelease,
  ports: PublisherPorts,
): Promise<Pick<Release, 'changed'> & { readonly files: ReadonlyMap<RoleName, Buffer> }> {
  const release = await planRelease({ base, edits, nowMs: ports.nowMs(), explain }, ports);
  release.draft.renew('targets');
  for (const notice of release.draft.notices) ports.emit({ ...notice, gun: base.gun });
  const files = await signRelease(release, ports, explain);
  return { files: new Map([['root', base.root.bytes], ...files]), changed: release.changed };
}
