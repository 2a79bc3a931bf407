// What a rotation would do: which keys go, what takes their place, and who must sign, with the keys that are here. Nothing
// is opened, made, signed or sent.
import type { BaseRole } from '../../tuf/role.ts';
import type { RootFile } from '../../tuf/root.ts';
import { baseAuthority } from '../consume/role-authority.ts';
import type { PublisherPorts } from '../ports.ts';
import { roleKeyIds } from './old-keys.ts';
import { type PreviewedKey, type PreviewedRole, previewRole } from './preview.ts';
import { publishedRepository } from './published-repository.ts';
import { localKeys } from './role-signers.ts';
import type { RotationRequest } from './rotate.ts';
import { type KeyHolder, requireRotatable } from './rotation-rules.ts';
import { requirePrepared } from './unpublished.ts';

export interface RotationPreview {
  readonly gun: string;
  readonly role: BaseRole;
  readonly holder: KeyHolder;
  /** The keys that the role has now. */
  readonly oldKeys: readonly PreviewedKey[];
  /** Canonical ids of keys that were named; undefined for one that is yet to be made. */
  readonly newKeyIds: readonly string[] | undefined;
  /** Roles that must be signed with keys that are there already. */
  readonly roles: readonly PreviewedRole[];
}

/** @throws Failure ROLE_INVALID, NO_TRUST_DATA; what refresh throws; DISK */
export async function previewRotation(
  { gun, role: named, holder, keyIds }: RotationRequest,
  ports: PublisherPorts,
): Promise<RotationPreview> {
  const role = requireRotatable(named, holder);
  const { signed } = await currentRoot(gun, ports);
  const local = await localKeys(ports.keys);
  const view = (one: BaseRole) => previewRole(baseAuthority(signed, one), gun, local);
  const snapshot = view('snapshot');
  const isSnapshotOurs = snapshot.keys.some(({ isHere }) => isHere);
  return {
    gun,
    role,
    holder,
    oldKeys: roleKeyIds(signed, role).map((id) => ({ id, isHere: local.has(id) })),
    newKeyIds: keyIds,
    roles: [
      view('root'),
      ...(role === 'snapshot' ? [] : [isSnapshotOurs ? snapshot : byServer(snapshot)]),
    ],
  };
}

function byServer(role: PreviewedRole): PreviewedRole {
  return { ...role, signer: 'server' };
}

/** The root that is published, or of a repository that was prepared here. */
async function currentRoot(gun: string, ports: PublisherPorts): Promise<RootFile> {
  const published = await publishedRepository(gun, ports);
  return published?.set.root ?? requirePrepared(gun, ports);
}
