// The root of a new repository and the keys that it names: found where an earlier run left them, else made.
import { rootCertificate, underCertificate } from '../../keys/root-certificate.ts';
import { composeRoot, release } from '../../tuf/compose.ts';
import { type PublicKey, publicKeyFromCertificate } from '../../tuf/public-key.ts';
import { type BaseRole, baseRoles } from '../../tuf/role.ts';
import { parseRoot, type RootFile, roleKeysOf } from '../../tuf/root.ts';
import { requirePinned } from '../consume/pinned-root.ts';
import type { PublisherPorts } from '../ports.ts';
import { usablePendingRoot } from './pending-root.ts';
import { signFile } from './role-signers.ts';
import { type ChosenKey, makeKey, rootKeyFor } from './root-key.ts';

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
  readonly online: { readonly snapshot: PublicKey; readonly timestamp: PublicKey };
  readonly rootKeyId: string | undefined;
}

/**
 * The root to publish first; it lies in the trust directory when this returns. @throws Failure what KeyStore
 * throws, DISK; PIN_MISMATCH when consumers here would refuse it
 */
export async function firstRoot(parts: FirstRootParts, ports: PublisherPorts): Promise<FirstRoot> {
  const { gun, online } = parts;
  const directory = ports.directory.repository(gun);
  const root = await rootKeyFor(parts.rootKeyId, ports);
  report(gun, 'root', root, ports);
  const targets = await targetsKeyFor(gun, ports);
  report(gun, 'targets', targets, ports);
  const nowMs = ports.nowMs();
  const rootKeyId = root.signer.key.canonicalId;
  const made = { gun, nowMs, rootKeyId, targets: targets.signer.key, ...online };
  let file = usablePendingRoot(await directory.pendingRoot(), made);
  if (file === undefined) {
    file = await makeRoot(root, targets.signer.key, parts, nowMs);
    requirePinned(file, { gun, nowMs, pin: await ports.pins.pinFor(gun, nowMs) });
    await directory.setPendingRoot(file.bytes);
  }
  const onServer = (role: 'snapshot' | 'timestamp') => ({
    role,
    id: online[role].canonicalId,
    location: ports.server.url,
    isNew: true,
  });
  const keys = [keyView('root', root), keyView('targets', targets)];
  return { root: file, keys: [...keys, onServer('snapshot'), onServer('timestamp')] };
}

/** A root that notary init made and nobody published, with the places of its keys. */
export async function rootMadeElsewhere(root: RootFile, ports: PublisherPorts): Promise<FirstRoot> {
  const entries = await ports.keys.list();
  const keys = baseRoles.flatMap((role) =>
    roleKeysOf(root.signed, role).keyIds.flatMap((listed): readonly RepositoryKey[] => {
      const id = root.signed.keys.get(listed)?.canonicalId;
      if (id === undefined) return [];
      const location = entries.find((entry) => entry.id === id)?.location ?? ports.server.url;
      return [{ role, id, location, isNew: false }];
    }),
  );
  return { root, keys };
}

async function makeRoot(
  { signer }: ChosenKey,
  targets: PublicKey,
  { gun, online }: FirstRootParts,
  nowMs: number,
): Promise<RootFile> {
  const certificate = publicKeyFromCertificate(await rootCertificate(signer, gun, nowMs));
  const holders = { root: certificate, targets, ...online };
  const all = Object.values(holders);
  const unsigned = composeRoot({
    ...release('root', 0, nowMs),
    keys: new Map(all.map((key) => [key.id, key])),
    roles: new Map(baseRoles.map((role) => [role, { keyIds: [holders[role].id], threshold: 1 }])),
    nulls: new Set(),
    consistentSnapshot: false,
  });
  return parseRoot(await signFile(unsigned, [underCertificate(signer, certificate)]));
}

/**
 * The targets key of a repository that the server does not have and this machine does not know: one that an earlier,
 * killed run made for it, or a new one.
 */
async function targetsKeyFor(gun: string, ports: PublisherPorts): Promise<ChosenKey> {
  const entry = (await ports.keys.list())
    .filter((key) => key.role === 'targets' && key.gun === gun)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))[0];
  if (entry === undefined) return makeKey('targets', gun, ports);
  return { signer: await ports.keys.open(entry.id), entry, isNew: false, choices: 1 };
}

function report(
  gun: string,
  role: 'root' | 'targets',
  { entry, isNew, choices }: ChosenKey,
  { emit }: PublisherPorts,
): void {
  const { id: keyId, location } = entry;
  emit({ kind: 'key-chosen', gun, role, keyId, location, isNew, choices });
}

function keyView(role: BaseRole, { entry, isNew }: ChosenKey): RepositoryKey {
  return { role, id: entry.id, location: entry.location, isNew };
}
