// How notary ends when something failed: an empty line and `* fatal: …` on stdout (notary CLI §1).
import { asFailure } from '../../errors.ts';
import type { World } from '../world.ts';

export function reportFatal(error: unknown, world: World): void {
  world.stdout.write(`\n* fatal: ${asFailure(error).message}\n`);
}
