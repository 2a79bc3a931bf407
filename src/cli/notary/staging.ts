// What all commands that stage changes have in common: the changes are put down, it is said, and with -p everything that
// is staged is published at once (notary CLI §2).
import { stage } from '../../client/publish/staged.ts';
import type { Change } from '../../client/trustdir/change.ts';
import type { NotaryCall } from './command.ts';
import { publishAll } from './publish-all.ts';
import type { NotarySession } from './session.ts';

const nsPerMs = 1_000_000n;

/** Stages all of `changes` or none. */
export function stageChanges(
  gun: string,
  changes: readonly Change[],
  { directory }: NotarySession,
  { world }: NotaryCall,
): Promise<void> {
  return stage(gun, changes, { directory, nowNs: () => BigInt(world.nowMs()) * nsPerMs });
}

/** Publishes when -p was given. */
export async function maybePublish(
  gun: string,
  session: NotarySession,
  call: NotaryCall,
): Promise<void> {
  if (!call.flags.isOn('publish')) return;
  await publishAll(gun, session, call, `Auto-publishing changes to ${gun}`);
}
