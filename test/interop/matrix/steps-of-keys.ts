// Rotations. That a key has changed is read from the root that the server serves.
import { expect } from 'vitest';
import type { Holder } from './client.ts';
import type { Play } from './play.ts';

/** Rotations of the root that an early reader has to catch up with. */
const rootRotations = 3;

export async function snapshotToServer(play: Play): Promise<void> {
  await rotate(play, 'snapshot', 'server');
  await play.everyoneFollows();
  expect(await keysAtHome(play)).not.toContain('snapshot');
}

export async function rotateTimestamp(play: Play): Promise<void> {
  await rotate(play, 'timestamp', 'server');
  await play.everyoneFollows();
}

export async function snapshotHome(play: Play): Promise<void> {
  await rotate(play, 'snapshot', 'local');
  expect(await keysAtHome(play)).toContain('snapshot');
  await play.publish('with-snapshot-key');
}

export async function rotateTargets(play: Play): Promise<void> {
  await rotate(play, 'targets', 'local');
  await play.publish('with-new-targets-key');
}

export async function rotateRoot(play: Play): Promise<void> {
  for (let turn = 0; turn < rootRotations; turn += 1) await rotate(play, 'root', 'local');
  await play.publish('after-root-rotations');
  await play.ledger.isSeenBy(play.earlyBirds);
}

async function rotate(play: Play, role: string, holder: Holder): Promise<void> {
  const before = await play.services.rootKeyIds(play.gun, role);
  await play.client.rotate?.(play.mine, role, holder);
  expect(await play.services.rootKeyIds(play.gun, role)).not.toEqual(before);
}

async function keysAtHome({ owner, gun }: Play): Promise<readonly string[]> {
  return (await owner.keyFiles()).filter((key) => key.gun === gun).map((key) => key.role);
}
