// Changes as a publisher stages them, and their publication.
import { publishStaged, type StagedPublication, stage } from '../../src/client/publish/staged.ts';
import {
  type Change,
  type DelegationContent,
  delegationChange,
  targetChange,
} from '../../src/client/trustdir/change.ts';
import { sha256DigitsOf } from '../../src/remote/reference.ts';
import { gun, imageTag, type TestPublisher } from './publisher.ts';

/** The change that sets `v1`, or `v1=content`, in `role`. */
export function addTag(text: string, role = 'targets'): Change {
  const { tag, digest, length } = imageTag(text);
  const sha256 = Buffer.from(sha256DigitsOf(digest) ?? '', 'hex');
  return targetChange(role, tag, { length, hashes: new Map([['sha256', sha256]]) });
}

/** As `notary delegation add` stages it: keys, then paths. */
export function addDelegation(
  role: string,
  addKeys: NonNullable<DelegationContent['addKeys']>,
  addPaths: readonly string[] = [''],
): readonly Change[] {
  return [
    delegationChange(role, 'create', { threshold: 1, addKeys }),
    delegationChange(role, 'create', { addPaths }),
  ];
}

export async function stageAt(
  { directory, machine }: TestPublisher,
  ...changes: readonly Change[]
): Promise<void> {
  const nowNs = () => BigInt(machine.clockMs) * 1_000_000n;
  await stage(gun, changes, { directory, nowNs });
}

export async function publishAll(
  publisher: TestPublisher,
  ...changes: readonly Change[]
): Promise<StagedPublication> {
  await stageAt(publisher, ...changes);
  return publishStaged(gun, publisher);
}

/** What is staged, as `create target v1`. */
export async function stagedAt({ directory }: TestPublisher): Promise<readonly string[]> {
  const staged = await directory.repository(gun).changeList.list();
  return staged.map(({ change }) =>
    change === undefined ? 'unreadable' : `${change.action} ${change.type} ${change.path}`.trim(),
  );
}
