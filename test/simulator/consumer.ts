// A consumer of a simulated repository, up to the step that a test is about.

import { expect } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import type { TargetsRole } from '../../src/tuf/role.ts';
import { TrustedSet, type TrustedSetOptions } from '../../src/tuf/trusted-set.ts';
import type { RepositorySimulator } from './repository.ts';

export const refusal = (code: ErrorCode): unknown => expect.objectContaining({ code });

/** A consumer who sees the repository for the first time, up to but not including targets. */
export function consume(
  sim: RepositorySimulator,
  options: Partial<TrustedSetOptions> = {},
): TrustedSet {
  const set = begin(sim, options);
  set.updateTimestamp(sim.bytes('timestamp'));
  set.updateSnapshot(sim.bytes('snapshot'));
  return set;
}

export function begin(
  sim: RepositorySimulator,
  options: Partial<TrustedSetOptions> = {},
): TrustedSet {
  const defaults = { gun: sim.gun, nowMs: sim.nowMs, isKnownRoot: false };
  return TrustedSet.begin(sim.bytes('root'), { ...defaults, ...options });
}

export function consumeAll(
  sim: RepositorySimulator,
  options: Partial<TrustedSetOptions> = {},
  roles: readonly TargetsRole[] = ['targets'],
): TrustedSet {
  const set = consume(sim, options);
  for (const role of roles) set.updateTargets(role, sim.bytes(role));
  return set;
}

export function floors(sim: RepositorySimulator): ReadonlyMap<string, number> {
  return new Map([
    ['timestamp', sim.timestamp.version],
    ['snapshot', sim.snapshot.version],
    ['targets', sim.targets('targets').version],
  ]);
}
