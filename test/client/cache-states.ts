// Two states of a cache, as a refresh would leave them. The bytes need not be metadata: the cache does not look.
import type { CacheChange } from '../../src/client/trustdir/cache.ts';
import { beginGeneration, raiseFloors } from '../../src/client/trustdir/generations.ts';
import type { RoleName } from '../../src/tuf/role.ts';

const roles = ['root', 'targets', 'targets/releases', 'snapshot', 'timestamp'] as const;

function state(version: number): CacheChange {
  const root = {
    bytes: Buffer.from('root 1'),
    version: 1,
    rootKeyIds: ['a'.repeat(64)],
    certificateIds: ['b'.repeat(64)],
    listedKeyIds: ['b'.repeat(64)],
  };
  const files = new Map<RoleName, Buffer>(
    roles.map((role) => [role, Buffer.from(`${role} ${version} `.repeat(200))]),
  );
  const versions = new Map<RoleName, number>(roles.map((role) => [role, version]));
  return { files, generations: [raiseFloors(beginGeneration(root, 'first-use', 0), versions)] };
}

export const oldState = state(1);
export const newState = state(2);
export const stateRoles: readonly RoleName[] = roles;
