// The entry that notary takes for a target: the first, from `targets` on through its delegations.
import { findTarget, type ListedTarget } from '../../client/consume/listing.ts';
import { refresh } from '../../client/consume/refresh.ts';
import type { TrustedRepository } from '../../client/consume/trusted-repository.ts';
import { Failure } from '../../errors.ts';
import type { NotarySession } from './session.ts';

/** @throws Failure TAG_NOT_SIGNED in notary's words, and what refresh throws */
export async function wantedTarget(
  gun: string,
  name: string,
  session: NotarySession,
): Promise<ListedTarget> {
  const repository = await refresh(gun, await session.consumer());
  const found = findTarget(repository, name);
  if (found !== undefined) return found;
  throw new Failure('TAG_NOT_SIGNED', `No valid trust data for ${name}`, {
    facts: { repository: gun, ...lost(repository) },
    meaning: 'No role that counts now lists this target.',
  });
}

/** Roles that may have listed it. */
function lost({ skipped }: TrustedRepository): Readonly<Record<string, string>> {
  return Object.fromEntries([...skipped].map(([role, { message }]) => [role, message]));
}
