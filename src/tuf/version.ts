// How versions may move. Kept apart because consumers, the server's store and publishers all hold to it.
import { Failure } from '../errors.ts';
import type { RoleName } from './role.ts';

/**
 * Largest step from one version to the next. A version near the end of the number range ("version bomb") would
 * leave no room for any later version and close the repository for good.
 */
export const maxVersionStep = 1_000_000;

/** @throws Failure VERSION_LEAP when `next` is further above `current` than any honest publisher gets */
export function checkVersionStep(role: RoleName, current: number, next: number): void {
  if (next - current <= maxVersionStep) return;
  throw new Failure('VERSION_LEAP', `${role} leaps from version ${current} to ${next}`, {
    facts: {
      current: String(current),
      offered: String(next),
      'largest step': String(maxVersionStep),
    },
  });
}
