import { describe, expect, it } from 'vitest';
import { mayServe } from './key-purpose.ts';

const gun = 'registry.test/team/app';
const other = 'registry.test/team/other';
const entry = (role: string, keyGun?: string) => ({
  id: 'ab'.repeat(32),
  role,
  gun: keyGun,
  location: '',
});

describe('a key whose file says', () => {
  it.each([
    ['root', undefined, 'root'],
    ['targets', gun, 'targets'],
    ['snapshot', gun, 'snapshot'],
    ['alice', undefined, 'targets/releases'], // docker writes the name of the signer
    ['targets/alice', undefined, 'targets/alice'],
    ['targets/alice', gun, 'targets/releases'], // one person's key in two roles
    ['', undefined, 'targets/alice'],
  ] as const)('role %j and repository %j serves %s', (role, keyGun, served) => {
    expect(mayServe(entry(role, keyGun), served, gun)).toBe(true);
  });

  it.each([
    ['targets', other, 'targets'],
    ['targets', undefined, 'targets'],
    ['snapshot', other, 'snapshot'],
    ['snapshot', gun, 'targets'],
    ['targets', gun, 'root'],
    ['root', undefined, 'targets'],
    ['root', gun, 'targets/releases'],
    ['targets', gun, 'targets/releases'], // its signature would count for targets, too
    ['timestamp', gun, 'targets/releases'],
    ['alice', undefined, 'targets'],
    ['', gun, 'targets'],
  ] as const)('role %j and repository %j does not serve %s', (role, keyGun, served) => {
    expect(mayServe(entry(role, keyGun), served, gun)).toBe(false);
  });
});
