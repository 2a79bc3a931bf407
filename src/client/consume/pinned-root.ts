// Holding a root against the pin of its repository, with the setting named that refused it.
import { Failure, isFailure } from '../../errors.ts';
import type { RootFile } from '../../tuf/root.ts';
import { checkRoot } from '../../tuf/root-trust.ts';
import type { AppliedPin } from '../trustdir/pins.ts';

/** What a root is held against; without a pin nothing is required. */
export interface PinCheck {
  readonly gun: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly pin: AppliedPin | undefined;
}

/** @throws Failure PIN_MISMATCH naming the setting, and what checkRoot throws */
export function requirePinned(root: RootFile, { gun, nowMs, pin }: PinCheck): void {
  if (pin === undefined) return;
  namingPin(pin, () =>
    checkRoot(root, { gun, nowMs, pin: pin.pin, certificateExpiry: 'reported' }),
  );
}

/** Runs `check`; a PIN_MISMATCH in it comes out with the setting that the pin is from. */
export function namingPin<T>(pin: AppliedPin | undefined, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!isFailure(error, 'PIN_MISMATCH')) throw error;
    const facts = { rule: pin?.rule ?? '', ...error.facts };
    throw new Failure('PIN_MISMATCH', error.message, { cause: error, facts });
  }
}
