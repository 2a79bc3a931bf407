import { describe, expect, it } from 'vitest';
import { delegationNamed, targetsRoleNamed } from './named-roles.ts';

describe('a role that was named', () => {
  it.each(['targets', 'targets/a', 'targets/a/b-c_d'])('%s lists targets', (name) => {
    expect(targetsRoleNamed(name)).toBe(name);
  });

  it.each(['root', 'snapshot', 'targets/A', 'targets/*', 'targets/', 'targets/../x', ''])(
    '%j lists none',
    (name) => {
      expect(() => targetsRoleNamed(name)).toThrow(`tuf: invalid role ${name}. cannot add targets`);
    },
  );

  it.each(['targets', 'targets/A', 'targets/*', 'releases'])('%s is no delegation', (name) => {
    expect(() => delegationNamed(name)).toThrow(expect.objectContaining({ code: 'ROLE_INVALID' }));
    expect(delegationNamed('targets/releases')).toBe('targets/releases');
  });
});
