// Changes to a repository that signing tags does not make: delegations, thresholds, who holds the snapshot key.
// Composed by hand with the publisher's keys, because tests need them before there are commands for them.
import { refresh } from '../../src/client/consume/refresh.ts';
import { openSigners, signFile } from '../../src/client/publish/role-signers.ts';
import type { Signer } from '../../src/keys/key-store.ts';
import { underCertificate } from '../../src/keys/root-certificate.ts';
import { composeRoot, composeSnapshot, composeTargets, release } from '../../src/tuf/compose.ts';
import { expiryAt } from '../../src/tuf/expiry.ts';
import { fileMeta } from '../../src/tuf/file-meta.ts';
import type { PublicKey } from '../../src/tuf/public-key.ts';
import type { DelegationRole, RoleName } from '../../src/tuf/role.ts';
import { type Root, roleKeysOf } from '../../src/tuf/root.ts';
import { gun, type TestPublisher } from './publisher.ts';

export interface NewDelegation {
  readonly name: DelegationRole;
  readonly keys: readonly PublicKey[];
  readonly paths?: readonly string[];
  readonly threshold?: number;
}

/** Publishes targets that delegate as told, in place of whatever delegations of those names there were. */
export async function delegate(
  owner: TestPublisher,
  ...added: readonly NewDelegation[]
): Promise<void> {
  const { set, nowMs } = await refresh(gun, owner);
  const present = set.targets('targets')!.signed;
  const names = added.map(({ name }) => name);
  const kept = present.delegations.roles.filter(({ name }) => !names.includes(name));
  const roles = added.map(({ name, keys, paths = [''], threshold = 1 }) => ({
    name,
    paths,
    threshold,
    keyIds: keys.map(({ id }) => id),
  }));
  const keys = new Map(present.delegations.keys);
  for (const key of added.flatMap((one) => one.keys)) keys.set(key.id, key);
  const unsigned = composeTargets('targets', {
    ...present,
    ...release('targets', present.version, nowMs),
    delegations: { keys, roles: [...kept, ...roles] },
  });
  const root = set.root.signed;
  const authority = {
    role: 'targets',
    roleKeys: roleKeysOf(root, 'targets'),
    keys: root.keys,
  } as const;
  const file = await signFile(unsigned, await openSigners(authority, gun, owner.keys));
  await owner.server.publish(gun, new Map([['targets', file]]));
}

/** Publishes a changed root; `lifeMs` is how long it lasts. */
export async function changeRoot(
  owner: TestPublisher,
  change: (root: Root) => Partial<Root>,
  lifeMs?: number,
): Promise<void> {
  const { set, nowMs } = await refresh(gun, owner);
  const before = set.root.signed;
  const head = release('root', before.version, nowMs);
  const expires = lifeMs === undefined ? head.expires : expiryAt(nowMs + lifeMs);
  const after = { ...before, ...change(before), ...head, expires };
  const authority = {
    role: 'root',
    roleKeys: roleKeysOf(before, 'root'),
    keys: before.keys,
  } as const;
  const root = await signFile(composeRoot(after), await openSigners(authority, gun, owner.keys));
  const files = new Map<RoleName, Buffer>([['root', root]]);
  const { roleKeys, keys } = { roleKeys: roleKeysOf(after, 'snapshot'), keys: after.keys };
  const signers = await openSigners({ role: 'snapshot', roleKeys, keys }, gun, owner.keys).catch(
    () => [],
  );
  if (signers.length > 0) {
    const present = set.snapshot!.signed;
    const meta = new Map(present.meta).set('root', fileMeta(root));
    const unsigned = composeSnapshot({ meta, ...release('snapshot', present.version, nowMs) });
    files.set('snapshot', await signFile(unsigned, signers));
  }
  await owner.server.publish(gun, files);
}

/** Puts `certificate` of the root key in place of the one the root lists; the new root is signed under both. */
export async function useCertificate(
  owner: TestPublisher,
  rootKey: Signer,
  certificate: PublicKey,
): Promise<void> {
  const { set, nowMs } = await refresh(gun, owner);
  const before = set.root.signed;
  const after = {
    ...before,
    ...release('root', before.version, nowMs),
    keys: new Map(before.keys).set(certificate.id, certificate),
    roles: new Map(before.roles).set('root', { keyIds: [certificate.id], threshold: 1 }),
  };
  const [old] = roleKeysOf(before, 'root').keyIds;
  const signers = [before.keys.get(old!)!, certificate].map((key) =>
    underCertificate(rootKey, key),
  );
  await owner.server.publish(gun, new Map([['root', await signFile(composeRoot(after), signers)]]));
}

/** Makes a snapshot key on the publisher's machine and gives it the role. */
export async function takeSnapshotHome(owner: TestPublisher): Promise<void> {
  const { key } = await owner.keys.generate('snapshot', gun);
  await changeRoot(owner, (root) => ({
    keys: new Map(root.keys).set(key.id, key),
    roles: new Map(root.roles).set('snapshot', { keyIds: [key.id], threshold: 1 }),
  }));
}
