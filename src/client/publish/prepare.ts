// Prepares a repository without publishing it, as `notary init` does (client store §9.1): its keys are made, and
// version 1 of root, targets and, when its key stays here, snapshot lie in the cache until something is published.
//
// Invariants: the server is there, has no such repository and lets us write, before any key is made here; a run that
// was killed, and one that is repeated, goes on with the keys and the root that are there; what is cached appears as
// one, with this machine's memory of having made it.
import { removeFile } from '../../disk/files.ts';
import { Failure } from '../../errors.ts';
import {
  isForGun,
  isOutOfDate,
  isSound,
  readCertificateChain,
} from '../../tuf/certificate-chain.ts';
import { composeSnapshot, composeTargets, release } from '../../tuf/compose.ts';
import { fileMeta } from '../../tuf/file-meta.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import type { RoleName } from '../../tuf/role.ts';
import type { RootFile } from '../../tuf/root.ts';
import { baseAuthority } from '../consume/role-authority.ts';
import { rootFacts } from '../consume/root-facts.ts';
import type { PublisherPorts } from '../ports.ts';
import { beginGeneration } from '../trustdir/generations.ts';
import { emptyTargets } from './draft-base.ts';
import { firstRoot, type RepositoryKey } from './first-root.ts';
import { openSigners, signFile } from './role-signers.ts';
import { requireAbsent, requireUnpublished } from './unpublished.ts';

export interface PrepareRequest {
  readonly gun: string;
  /** Which root key serves: its id, or 7 digits or more of it. */
  readonly rootKeyId?: string | undefined;
  /** Stands for the root key, in place of a certificate that is made. */
  readonly certificate?: PublicKey | undefined;
  readonly snapshotHolder: 'local' | 'server';
}

export interface Prepared {
  readonly gun: string;
  /** root, targets, snapshot, timestamp. */
  readonly keys: readonly RepositoryKey[];
}

/**
 * @throws Failure ALREADY_INITIALISED; NO_TRUST_DATA for a repository that this machine knows and the server lost;
 *   KEY_NOT_FOUND, KEY_ROLE_MISMATCH, CERTIFICATE_EXPIRED for a root key or certificate that does not serve;
 *   UNAUTHORIZED, FORBIDDEN; PIN_MISMATCH; what KeyStore throws
 */
export async function prepareRepository(
  request: PrepareRequest,
  ports: PublisherPorts,
): Promise<Prepared> {
  const directory = ports.directory.repository(request.gun);
  return directory.withPublishLock(() => prepareUnderLock(request, ports));
}

/** The same for a caller who holds the publish lock of the repository. */
export async function prepareUnderLock(
  request: PrepareRequest,
  ports: PublisherPorts,
): Promise<Prepared> {
  const { gun, rootKeyId, certificate, snapshotHolder } = request;
  const { server } = ports;
  await requireAbsent(gun, ports);
  const earlier = await requireUnpublished(gun, ports);
  if (certificate !== undefined) await requireFitting(certificate, request, ports);
  const timestamp = await server.serverKey(gun, 'timestamp'); // asks for the right to write
  const snapshot =
    snapshotHolder === 'server' ? await server.serverKey(gun, 'snapshot') : undefined;
  const parts = { gun, timestamp, snapshot, rootKeyId, certificate, earlier };
  const { root, keys } = await firstRoot(parts, ports);
  await keep(gun, root, await firstFiles(gun, root, snapshot === undefined, ports), ports);
  return { gun, keys };
}

/** Whether a certificate can stand for the root key of this repository; found out before any key is made. */
async function requireFitting(
  certificate: PublicKey,
  { gun, rootKeyId }: PrepareRequest,
  { keys, nowMs }: PublisherPorts,
): Promise<void> {
  const id = certificate.canonicalId;
  const entries = await keys.list();
  if (!entries.some((entry) => entry.id === id && entry.role === 'root')) {
    throw new Failure('KEY_NOT_FOUND', 'cannot find matching private key id', {
      facts: { wanted: id },
      meaning: 'The root key that the certificate is for is not here.',
    });
  }
  if (rootKeyId !== undefined && !id.startsWith(rootKeyId)) {
    throw new Failure('KEY_ROLE_MISMATCH', 'private key is nil or does not match public key', {
      facts: { 'the certificate is for': id, 'the root key is': rootKeyId },
    });
  }
  const chain = readCertificateChain(certificate);
  const now = nowMs();
  if (!isForGun(chain, gun) || !isSound(chain, certificate, now)) {
    throw new Failure('ROOT_INVALID', `the certificate cannot stand for the root key of ${gun}`, {
      facts: { 'its name': chain.commonName, 'wanted name': gun },
      meaning:
        'Consumers would refuse it: it is for another name, or made in a way that is not trusted.',
      remedy: `Have a certificate made whose common name is ${gun}.`,
    });
  }
  if (isOutOfDate(chain, now)) {
    throw new Failure('CERTIFICATE_EXPIRED', `the certificate for ${gun} is out of date`, {
      facts: {
        'valid from': new Date(chain.notBeforeMs).toISOString(),
        'valid to': new Date(chain.notAfterMs).toISOString(),
      },
    });
  }
}

/** Version 1 of what is signed here, listing nothing. */
async function firstFiles(
  gun: string,
  root: RootFile,
  hasSnapshot: boolean,
  { keys, nowMs }: PublisherPorts,
): Promise<ReadonlyMap<RoleName, Buffer>> {
  const now = nowMs();
  const open = (role: 'targets' | 'snapshot') =>
    openSigners(baseAuthority(root.signed, role), gun, keys);
  const targets = composeTargets('targets', { ...emptyTargets, ...release('targets', 0, now) });
  const files = new Map<RoleName, Buffer>([['root', root.bytes]]);
  files.set('targets', await signFile(targets, await open('targets')));
  if (!hasSnapshot) return files;
  const meta = new Map([...files].map(([role, bytes]) => [role, fileMeta(bytes)]));
  const snapshot = composeSnapshot({ meta, ...release('snapshot', 0, now) });
  return files.set('snapshot', await signFile(snapshot, await open('snapshot')));
}

/** Puts the files where Go's notary looks for them. What was prepared before and not published gives way. */
async function keep(
  gun: string,
  root: RootFile,
  files: ReadonlyMap<RoleName, Buffer>,
  { directory, nowMs }: PublisherPorts,
): Promise<void> {
  const home = directory.repository(gun);
  const { cache } = home;
  const now = nowMs();
  // One that an earlier run signed with a key of its own would belong to no root any more.
  if (!files.has('snapshot')) await removeFile(cache.pathOf('snapshot'));
  const generation = beginGeneration(rootFacts(root, gun, now), 'made-here', now);
  await cache.update(async () => {
    const known = await cache.generations();
    const published = known.filter(({ floors }) => floors.has('timestamp'));
    return { files, generations: [...published, generation] };
  });
  await home.clearPendingRoot();
}
