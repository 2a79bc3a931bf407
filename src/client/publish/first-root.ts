// The root of a new repository and the keys that it names: found where an earlier run left them, else made.
import type { Signer } from '../../keys/key-store.ts';
import { rootCertificate, underCertificate } from '../../keys/root-certificate.ts';
import { composeRoot, release } from '../../tuf/compose.ts';
import { type PublicKey, publicKeyFromCertificate } from '../../tuf/public-key.ts';
import { type BaseRole, baseRoles } from '../../tuf/role.ts';
import { parseRoot, type RootFile, roleKeysOf } from '../../tuf/root.ts';
import { requirePinned } from '../consume/pinned-root.ts';
import { canonicalIdOf } from '../consume/role-authority.ts';
import type { PublisherPorts } from '../ports.ts';
import { isUsableRoot, type RootParts, readRoot } from './pending-root.ts';
import { signFile } from './role-signers.ts';
import { type ChosenKey, repositoryKeyFor, rootKeyFor } from './root-key.ts';

/** One key of a new repository, for people. */
export interface RepositoryKey {
  readonly role: BaseRole;
  /** Canonical id. */
  readonly id: string;
  /** Where its private part is: a file, or the address of the trust server. */
  readonly location: string;
  readonly isNew: boolean;
}

export interface FirstRoot {
  readonly root: RootFile;
  readonly keys: readonly RepositoryKey[];
}

export interface FirstRootParts {
  readonly gun: string;
  /** The server's. */
  readonly timestamp: PublicKey;
  /** The server's; undefined for one that stays here. */
  readonly snapshot: PublicKey | undefined;
  readonly rootKeyId: string | undefined;
  /** Of the root key, issued elsewhere; without it one is made. */
  readonly certificate?: PublicKey | undefined;
  /** A root that was made before and that nobody has published. */
  readonly earlier?: RootFile | undefined;
}

/**
 * The root to publish first; it lies in the trust directory when this returns. @throws Failure what KeyStore
 * throws, DISK; PIN_MISMATCH when consumers here would refuse it
 */
export async function firstRoot(parts: FirstRootParts, ports: PublisherPorts): Promise<FirstRoot> {
  const { gun, timestamp, certificate } = parts;
  const directory = ports.directory.repository(gun);
  const earlier = [readRoot(await directory.pendingRoot()), parts.earlier].filter(
    (file) => file !== undefined,
  );
  const root = await chooseRootKey(parts, earlier, ports);
  const targets = await chooseKey('targets', gun, earlier, ports);
  const snapshot =
    parts.snapshot === undefined
      ? heldHere('snapshot', await chooseKey('snapshot', gun, earlier, ports))
      : heldByServer('snapshot', parts.snapshot, ports.server.url);
  const made: RootParts = {
    gun,
    nowMs: ports.nowMs(),
    rootKeyId: root.signer.key.canonicalId,
    certificate,
    targets: targets.signer.key,
    snapshot: snapshot.key,
    timestamp,
  };
  let file = earlier.find((candidate) => isUsableRoot(candidate, made));
  if (file === undefined) {
    file = await makeRoot(root.signer, made);
    const { nowMs } = made;
    requirePinned(file, { gun, nowMs, pin: await ports.pins.pinFor(gun, nowMs) });
    await directory.setPendingRoot(file.bytes);
  }
  const own = [heldHere('root', root), heldHere('targets', targets)];
  const all = [...own, snapshot, heldByServer('timestamp', timestamp, ports.server.url)];
  return { root: file, keys: all.map(({ view }) => view) };
}

/** A root that was made before and that nobody published, with the places of its keys. */
export async function rootMadeElsewhere(root: RootFile, ports: PublisherPorts): Promise<FirstRoot> {
  const entries = await ports.keys.list();
  const keys = baseRoles.flatMap((role) =>
    canonicalIds(root, role).map((id): RepositoryKey => {
      const location = entries.find((entry) => entry.id === id)?.location ?? ports.server.url;
      return { role, id, location, isNew: false };
    }),
  );
  return { root, keys };
}

async function makeRoot(signer: Signer, parts: RootParts): Promise<RootFile> {
  const { gun, nowMs, targets, snapshot, timestamp } = parts;
  const certificate =
    parts.certificate ?? publicKeyFromCertificate(await rootCertificate(signer, gun, nowMs));
  const holders = { root: certificate, targets, snapshot, timestamp };
  const unsigned = composeRoot({
    ...release('root', 0, nowMs),
    keys: new Map(Object.values(holders).map((key) => [key.id, key])),
    roles: new Map(baseRoles.map((role) => [role, { keyIds: [holders[role].id], threshold: 1 }])),
    nulls: new Set(),
    consistentSnapshot: false,
  });
  return parseRoot(await signFile(unsigned, [underCertificate(signer, certificate)]));
}

/** The key that is named, or that of a root made before, if it is here; else as rootKeyFor decides. */
async function chooseRootKey(
  { gun, rootKeyId, certificate }: FirstRootParts,
  earlier: readonly RootFile[],
  ports: PublisherPorts,
): Promise<ChosenKey> {
  const here = new Set((await ports.keys.list()).map(({ id }) => id));
  const used = earlier.flatMap((file) => canonicalIds(file, 'root')).find((id) => here.has(id));
  const chosen = await rootKeyFor(rootKeyId ?? certificate?.canonicalId ?? used, ports);
  report(gun, 'root', chosen, ports);
  return chosen;
}

async function chooseKey(
  role: 'targets' | 'snapshot',
  gun: string,
  earlier: readonly RootFile[],
  ports: PublisherPorts,
): Promise<ChosenKey> {
  const listed = earlier.flatMap((file) => canonicalIds(file, role));
  const chosen = await repositoryKeyFor(role, gun, listed, ports);
  report(gun, role, chosen, ports);
  return chosen;
}

function canonicalIds({ signed }: RootFile, role: BaseRole): readonly string[] {
  return roleKeysOf(signed, role).keyIds.flatMap((id) => {
    const key = signed.keys.get(id);
    return key === undefined ? [] : [canonicalIdOf(key)];
  });
}

function report(
  gun: string,
  role: BaseRole,
  { entry, isNew, choices }: ChosenKey,
  { emit }: PublisherPorts,
): void {
  const { id: keyId, location } = entry;
  emit({ kind: 'key-chosen', gun, role, keyId, location, isNew, choices });
}

/** A key and what is told of it. */
interface HeldKey {
  readonly key: PublicKey;
  readonly view: RepositoryKey;
}

function heldHere(role: BaseRole, { signer, entry, isNew }: ChosenKey): HeldKey {
  return { key: signer.key, view: { role, id: entry.id, location: entry.location, isNew } };
}

function heldByServer(role: BaseRole, key: PublicKey, location: string): HeldKey {
  return { key, view: { role, id: key.canonicalId, location, isNew: true } };
}
