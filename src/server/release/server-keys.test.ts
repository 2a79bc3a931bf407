import { describe, expect, it } from 'vitest';
import { Scene } from '../../../test/server/scene.ts';
import { SimulatedKey } from '../../../test/simulator/simulated-key.ts';
import { Failure } from '../../errors.ts';
import { serverKey } from './server-keys.ts';

function ask(scene: Scene, role: 'snapshot' | 'timestamp' = 'snapshot') {
  const { store, signing, sim } = scene;
  return serverKey(scene.gun, role, { store, signing, nowMs: () => sim.nowMs });
}

describe('the key of a role', () => {
  it('is new for a repository that does not exist', async () => {
    const scene = new Scene();
    const before = scene.signing.held.size;
    await ask(scene);
    expect(scene.signing.held.size).toBe(before + 1);
  });

  it('is the one that the published root lists', async () => {
    const scene = await Scene.published();
    for (const role of ['snapshot', 'timestamp'] as const) {
      const [listed] = scene.sim.signers.get(role)!;
      expect((await ask(scene, role)).id).toBe(listed!.key.id);
    }
  });

  it('is new when the listed one is a publisher’s', async () => {
    const scene = new Scene();
    const publishers = SimulatedKey.generate();
    scene.sim.setKeys('snapshot', [publishers]);
    scene.sim.signRoot();
    scene.sim.publishSnapshot();
    await scene.upload('root', 'targets', 'snapshot');
    expect((await ask(scene)).id).not.toBe(publishers.key.id);
  });

  it('is never new because the listed one could not be opened', async () => {
    const scene = await Scene.published();
    const before = scene.signing.held.size;
    scene.signing.fault = new Failure('SIGNING_KEY_LOCKED', 'locked');
    await expect(ask(scene)).rejects.toMatchObject({ code: 'SIGNING_KEY_LOCKED' });
    expect(scene.signing.held.size).toBe(before);
  });
});
