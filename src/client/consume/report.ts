// What a refresh found that a person should know, as events.

import { parseRoot } from '../../tuf/root.ts';
import type { Generation } from '../trustdir/generations.ts';
import { nearExpiries } from './near-expiry.ts';
import { rootFacts } from './root-facts.ts';
import type { Situation } from './situation.ts';
import type { TrustedRepository } from './trusted-repository.ts';

export async function report(at: Situation, repository: TrustedRepository): Promise<void> {
  const { gun, ports, nowMs } = at;
  const { set, skipped } = repository;
  reportTrust(at, repository);
  for (const [role, problem] of skipped) {
    ports.emit({ kind: 'delegation-skipped', gun, role, problem });
  }
  for (const near of nearExpiries(set, gun, nowMs))
    ports.emit({ kind: 'near-expiry', gun, ...near });
  await reportCache(at, repository);
}

function reportTrust(at: Situation, { set, generation }: TrustedRepository): void {
  const { gun, ports, anchor, pin, nowMs } = at;
  const { rootKeyIds } = rootFacts(set.root, gun, nowMs);
  const toVersion = set.root.signed.version;
  const fromVersion = anchor?.root.signed.version;
  if (fromVersion === undefined) {
    const { reason } = generation;
    const former = at.forgotten.at(-1);
    ports.emit({
      kind: 'trust-began',
      gun,
      reason,
      rootKeyIds,
      rule: pin?.rule,
      ...(former === undefined ? {} : { formerRootKeyIds: rootKeyIdsOf(former, gun, nowMs) }),
    });
  } else if (fromVersion !== toVersion) {
    ports.emit({ kind: 'root-updated', gun, fromVersion, toVersion, rootKeyIds });
  }
}

/** Of the newest root of the generation; it was verified when it was trusted. */
function rootKeyIdsOf({ root }: Generation, gun: string, nowMs: number): readonly string[] {
  return rootFacts(parseRoot(root), gun, nowMs).rootKeyIds;
}

async function reportCache(at: Situation, { set, problem }: TrustedRepository): Promise<void> {
  const expiresMs = set.timestamp?.signed.expires.ms;
  if (problem === undefined || expiresMs === undefined) return;
  const storedMs = await at.directory.cache.storedMs('timestamp');
  const fetchedMs = storedMs === undefined ? undefined : Math.round(storedMs);
  at.ports.emit({ kind: 'cache-used', gun: at.gun, problem, fetchedMs, expiresMs });
}
