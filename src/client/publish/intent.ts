// What an operation wants of a repository, found out without doing it: as changes that can be staged for later, or
// shown. Nothing is opened, signed or sent.
import { isFailure } from '../../errors.ts';
import { refresh } from '../consume/refresh.ts';
import { publisherRefresh } from '../consume/situation.ts';
import type { PublisherPorts } from '../ports.ts';
import type { Change } from '../trustdir/change.ts';
import { changeOf } from './change-edits.ts';
import type { Edit, Plan } from './edit.ts';
import { requireUnpublished } from './unpublished.ts';

/** An operation before it runs. */
export interface Intent {
  readonly gun: string;
  readonly plan: Plan;
  /** What the first release of a repository says; without it there must be one. */
  readonly first?: () => Promise<readonly Edit[]>;
}

/**
 * The changes that `intent` comes to now, in order.
 * @throws Failure NO_TRUST_DATA when the server does not have the repository, and has lost it or nothing begins with
 *   this; what refresh and the intent itself throw
 */
export async function changesWanted(
  { gun, plan, first }: Intent,
  ports: PublisherPorts,
): Promise<readonly Change[]> {
  try {
    return (await plan(await refresh(gun, ports, publisherRefresh))).map(changeOf);
  } catch (error) {
    if (first === undefined || !isFailure(error, 'NO_TRUST_DATA')) throw error;
  }
  await requireUnpublished(gun, ports);
  return (await first()).map(changeOf);
}
