// What a publisher should renew soon: roles whose file, and root keys whose certificate, run out within six
// months (notary dialect §6). Certificates of delegation keys are left out: their dates decide nothing.

import { walkRoles } from '../../tuf/delegation-walk.ts';
import type { RoleName } from '../../tuf/role.ts';
import { rootKeysOf } from '../../tuf/root-trust.ts';
import type { TrustedSet } from '../../tuf/trusted-set.ts';

const nearMonths = 6;

export interface NearExpiry {
  readonly role: RoleName;
  readonly what: 'metadata' | 'certificate';
  readonly expiresMs: number;
}

/** True when `ms` is less than six calendar months after `nowMs`, or past. */
export function isNear(ms: number, nowMs: number): boolean {
  const limit = new Date(nowMs);
  limit.setUTCMonth(limit.getUTCMonth() + nearMonths);
  return ms < limit.getTime();
}

/** Roles of a verified set that are near their expiry, root first. The timestamp always is, so it is left out. */
export function* nearExpiries(set: TrustedSet, gun: string, nowMs: number): Generator<NearExpiry> {
  const root = set.root.signed;
  if (isNear(root.expires.ms, nowMs)) {
    yield { role: 'root', what: 'metadata', expiresMs: root.expires.ms };
  }
  for (const { chain } of rootKeysOf(root, gun, nowMs)) {
    if (isNear(chain.notAfterMs, nowMs)) {
      yield { role: 'root', what: 'certificate', expiresMs: chain.notAfterMs };
    }
  }
  const snapshot = set.snapshot?.signed.expires.ms;
  if (snapshot !== undefined && isNear(snapshot, nowMs)) {
    yield { role: 'snapshot', what: 'metadata', expiresMs: snapshot };
  }
  for (const { role, file } of walkRoles((name) => set.targets(name))) {
    const { ms } = file.signed.expires;
    if (isNear(ms, nowMs)) yield { role, what: 'metadata', expiresMs: ms };
  }
}
