import { describe, expect, it } from 'vitest';
import { Scene } from '../../../test/server/scene.ts';
import { SimulatedKey } from '../../../test/simulator/simulated-key.ts';
import { Failure } from '../../errors.ts';

/** What an upload that is refused looks like: kind and words. */
function refused(kind: string, message: string | RegExp) {
  const words = typeof message === 'string' ? message : expect.stringMatching(message);
  return { code: 'UPLOAD_REJECTED', facts: { kind }, message: words };
}

describe('a root that lists a key of the signing service', () => {
  const idOf = (scene: Scene, role: 'snapshot' | 'timestamp') =>
    scene.sim.signers.get(role)![0]!.key.id;

  it.each([
    ['snapshot', 'timestamp'],
    ['timestamp', 'snapshot'],
    ['timestamp', 'targets'],
  ] as const)('for %s is refused when it was made for %s', async (role, madeFor) => {
    const scene = new Scene();
    const id = idOf(scene, role);
    scene.signing.roles.set(id, madeFor);
    await expect(scene.upload('root', 'targets')).rejects.toMatchObject(
      refused('ErrBadRoot', `the ${role} key ${id} was made for the role ${madeFor}`),
    );
    expect(await scene.version('root')).toBeUndefined();
    expect(scene.signing.signatures).toBe(0);
  });

  it('is taken when it was made for that role, or for none that is known', async () => {
    const scene = new Scene();
    scene.signing.roles.set(idOf(scene, 'snapshot'), 'snapshot');
    await scene.upload('root', 'targets');
    expect(await scene.version('root')).toBe(1);
  });

  it('is refused while the signing service cannot be asked', async () => {
    const scene = new Scene();
    scene.signing.fault = new Failure('SIGNER_UNAVAILABLE', 'rpc error: code = Unavailable');
    await expect(scene.upload('root', 'targets')).rejects.toMatchObject(
      refused('ErrValidation', 'rpc error: code = Unavailable'),
    );
  });

  it('is not asked about more keys than a root may list', async () => {
    const scene = new Scene();
    const many = Array.from({ length: 129 }, () => SimulatedKey.generate().key);
    scene.sim.root.keys = new Map([
      ...scene.sim.root.keys,
      ...many.map((key) => [key.id, key] as const),
    ]);
    const role = { keyIds: many.map(({ id }) => id), threshold: 1 };
    scene.sim.root.roles = new Map(scene.sim.root.roles).set('snapshot', role);
    scene.sim.signRoot();
    await expect(scene.upload('root', 'targets')).rejects.toMatchObject(
      refused('ErrBadRoot', /more than 128 keys/),
    );
  });
});
