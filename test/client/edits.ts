// Edits published by a test, without a command around them.
import { refresh } from '../../src/client/consume/refresh.ts';
import type { DelegationChange, Edit } from '../../src/client/publish/edit.ts';
import { type Publication, publish } from '../../src/client/publish/publish.ts';
import type { PublicKey } from '../../src/tuf/public-key.ts';
import type { DelegationRole, TargetsRole } from '../../src/tuf/role.ts';
import type { Targets } from '../../src/tuf/targets.ts';
import { digestOf, gun, type TestPublisher } from './publisher.ts';

export async function publishEdits(
  publisher: TestPublisher,
  ...edits: readonly Edit[]
): Promise<Publication> {
  const home = publisher.directory.repository(gun);
  return home.withPublishLock(() => publish(gun, async () => edits, publisher));
}

/** A change of `role` that may not make it; every list is empty unless given. */
export function changeOf(
  role: DelegationRole,
  change: Partial<Omit<DelegationChange, 'kind' | 'role'>>,
): DelegationChange {
  return {
    kind: 'change-delegation',
    role,
    isNew: false,
    addKeys: [],
    removeKeyIds: [],
    addPaths: [],
    removePaths: [],
    clearPaths: false,
    ...change,
  };
}

export function newDelegation(
  role: DelegationRole,
  addKeys: readonly PublicKey[],
  addPaths: readonly string[] = [''],
  threshold = 1,
): DelegationChange {
  return changeOf(role, { isNew: true, threshold, addKeys, addPaths });
}

export function setTag(role: TargetsRole, name: string, content = name): Edit {
  const digest = Buffer.from(digestOf(content).slice('sha256:'.length), 'hex');
  const target = { length: content.length, hashes: new Map([['sha256', digest]]) };
  return { kind: 'set-tag', role, name, target };
}

/** What `role` says now, verified; undefined when it does not count or never signed. */
export async function contentOf(
  publisher: TestPublisher,
  role: TargetsRole,
): Promise<Targets | undefined> {
  return (await refresh(gun, publisher)).set.targets(role)?.signed;
}

/** The `delegations` of the served file of `role`, as they stand there. */
export async function delegationsText(
  { server }: TestPublisher,
  role: TargetsRole = 'targets',
): Promise<string> {
  const bytes = await server.fetch(gun, { role }, 1024 * 1024);
  const text = bytes?.toString() ?? '';
  const start = text.indexOf('"delegations":') + '"delegations":'.length;
  return text.slice(start, text.indexOf(',"expires":'));
}
