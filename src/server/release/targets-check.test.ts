import { describe, expect, it } from 'vitest';
import { Scene } from '../../../test/server/scene.ts';
import { sign } from '../../../test/simulator/repository.ts';
import { SimulatedKey } from '../../../test/simulator/simulated-key.ts';
import { composeTargets } from '../../tuf/compose.ts';
import { expiryAt } from '../../tuf/expiry.ts';
import type { DelegationRole } from '../../tuf/role.ts';

function badTargets(message: string | RegExp) {
  return {
    code: 'UPLOAD_REJECTED',
    facts: { kind: 'ErrBadTargets' },
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  };
}

const unmet = (role: string) => badTargets(`valid signatures did not meet threshold for ${role}`);

/** A published repository with signed delegations of these names. */
async function delegated(...names: readonly DelegationRole[]): Promise<Scene> {
  const scene = await Scene.published();
  for (const name of names) scene.sim.delegate(name);
  scene.sim.publishTargets();
  for (const name of names) scene.sim.publishTargets(name);
  await scene.upload('targets', ...names);
  return scene;
}

describe('uploaded targets', () => {
  it('are refused without a signature of a key that the root lists', async () => {
    const scene = await Scene.published();
    scene.sim.signers.set('targets', [SimulatedKey.generate()]);
    scene.sim.publishTargets();
    await expect(scene.upload('targets')).rejects.toMatchObject(unmet('targets'));
    expect(await scene.version('targets')).toBe(1);
  });

  it('are judged by the keys of the root in the same upload', async () => {
    const scene = await Scene.published();
    const old = scene.sim.signers.get('targets')!;
    scene.sim.setKeys('targets', [SimulatedKey.generate()]);
    scene.sim.publishRoot();
    scene.sim.publishTargets();
    await expect(scene.upload('targets')).rejects.toMatchObject(unmet('targets'));
    await scene.upload('root', 'targets');
    scene.sim.signers.set('targets', old);
    scene.sim.publishTargets();
    await expect(scene.upload('targets')).rejects.toMatchObject(unmet('targets'));
  });

  it('are refused when a signature was made over other content', async () => {
    const scene = await Scene.published();
    scene.sim.tag('v1');
    scene.sim.publishTargets();
    const edited = scene.sim.bytes('targets').toString().replace('"v1"', '"v2"');
    await expect(scene.uploadBytes({ targets: Buffer.from(edited) })).rejects.toMatchObject(
      unmet('targets'),
    );
  });

  it('need as many signers as the threshold says', async () => {
    const scene = new Scene();
    const keys = [SimulatedKey.generate(), SimulatedKey.generate()];
    scene.sim.setKeys('targets', keys, 2);
    scene.sim.signRoot();
    const one = sign(composeTargets('targets', scene.sim.targets('targets')), keys.slice(0, 1));
    const root = scene.sim.bytes('root');
    await expect(scene.uploadBytes({ root, targets: one })).rejects.toMatchObject(unmet('targets'));
    scene.sim.signTargets();
    await scene.upload('root', 'targets');
    expect(await scene.version('targets')).toBe(1);
  });

  it('are refused when out of date', async () => {
    const scene = new Scene();
    scene.sim.targets('targets').expires = expiryAt(scene.sim.nowMs - 1000);
    scene.sim.signTargets();
    await expect(scene.upload('root', 'targets')).rejects.toMatchObject(
      badTargets('targets expired at Tue Nov 24 23:59:59 UTC 2026'),
    );
  });

  it('are refused in the words of Go when their structure is wrong', async () => {
    const scene = new Scene();
    const root = scene.sim.bytes('root');
    const text = scene.sim.bytes('targets').toString();
    const cases = [
      [
        text.replace('"Targets"', '"Root"'),
        'targets type metadata invalid: expected type Targets, not Root',
      ],
      [
        text.replace('"version":1}', '"version":0}'),
        'targets type metadata invalid: version cannot be less than one',
      ],
    ] as const;
    for (const [targets, message] of cases) {
      await expect(
        scene.uploadBytes({ root, targets: Buffer.from(targets) }),
      ).rejects.toMatchObject(badTargets(message));
    }
  });

  it('are refused as not JSON before any other rule is looked at', async () => {
    const twice = `${new Scene().sim.bytes('targets').toString().slice(0, -1)},"signatures":[]}`;
    for (const text of ['{"signed":', '', twice, '['.repeat(5000)]) {
      await expect(new Scene().uploadBytes({ targets: Buffer.from(text) })).rejects.toMatchObject({
        code: 'JSON_INVALID',
      });
    }
  });

  it('lose to another publisher with a version conflict', async () => {
    const scene = await Scene.published();
    await expect(scene.upload('targets')).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
  });
});

describe('uploaded delegations', () => {
  it('are judged by the parent in the same upload, whatever the order of the parts', async () => {
    const scene = await Scene.published();
    scene.sim.delegate('targets/a');
    scene.sim.delegate('targets/a/b');
    scene.sim.publishTargets();
    scene.sim.publishTargets('targets/a');
    scene.sim.publishTargets('targets/a/b');
    await scene.upload('targets/a/b', 'targets/a', 'targets');
    expect(await scene.version('targets/a/b')).toBe(1);
  });

  it('are judged by stored ancestors when those are not uploaded', async () => {
    const scene = await delegated('targets/a', 'targets/a/b');
    scene.sim.publishTargets('targets/a/b');
    await scene.upload('targets/a/b');
    expect(await scene.version('targets/a/b')).toBe(2);
  });

  it('may stand on ancestors that are out of date', async () => {
    const scene = await delegated('targets/a');
    scene.sim.nowMs += 4 * 365 * 86_400_000;
    scene.sim.targets('targets/a').expires = expiryAt(scene.sim.nowMs);
    scene.sim.publishTargets('targets/a');
    await scene.upload('targets/a');
    expect(await scene.version('targets/a')).toBe(2);
  });

  it('are refused when nobody delegates to them', async () => {
    const scene = await delegated('targets/a');
    scene.sim.delegate('targets/b');
    scene.sim.publishTargets('targets/b');
    await expect(scene.upload('targets/b')).rejects.toMatchObject(
      badTargets('tuf: invalid role targets/b. delegation does not exist'),
    );
  });

  it('are refused once the parent in the same upload has dropped them', async () => {
    const scene = await delegated('targets/a');
    scene.sim.targets('targets').delegations = { keys: new Map(), roles: [] };
    scene.sim.publishTargets();
    scene.sim.publishTargets('targets/a');
    await expect(scene.upload('targets', 'targets/a')).rejects.toMatchObject(
      badTargets(/delegation does not exist/),
    );
    expect(await scene.version('targets')).toBe(2);
  });

  it('are refused when an ancestor is missing', async () => {
    const scene = await delegated('targets/a');
    scene.sim.delegate('targets/a/b');
    scene.sim.publishTargets('targets/a/b');
    await expect(scene.upload('targets/a/b')).rejects.toMatchObject(
      badTargets('tuf: invalid role targets/a/b. delegation does not exist'),
    );
  });

  it('are refused before targets were ever published', async () => {
    const scene = new Scene();
    scene.sim.delegate('targets/a');
    scene.sim.publishTargets('targets/a');
    await expect(scene.upload('root', 'targets/a')).rejects.toMatchObject(
      badTargets('targets must be loaded first'),
    );
  });

  it('are refused with the key of another delegation', async () => {
    const scene = await delegated('targets/a', 'targets/b');
    scene.sim.signers.set('targets/a', scene.sim.signers.get('targets/b')!);
    scene.sim.publishTargets('targets/a');
    await expect(scene.upload('targets/a')).rejects.toMatchObject(unmet('targets/a'));
  });

  it('may hold tags outside their paths, which nobody will find there, as in Go', async () => {
    const scene = await Scene.published();
    scene.sim.delegate('targets/a', ['only/']);
    scene.sim.publishTargets();
    scene.sim.tag('elsewhere', 'x', 'targets/a');
    scene.sim.publishTargets('targets/a');
    await scene.upload('targets', 'targets/a');
    expect(await scene.version('targets/a')).toBe(1);
  });

  it('are named when their structure is wrong', async () => {
    const scene = await delegated('targets/a');
    scene.sim.publishTargets('targets/a');
    const text = scene.sim.bytes('targets/a').toString().replace('"version":2}', '"version":0}');
    await expect(scene.uploadBytes({ 'targets/a': Buffer.from(text) })).rejects.toMatchObject(
      badTargets('targets/a type metadata invalid: version cannot be less than one'),
    );
  });

  it('give no detail when it is the stored parent that cannot be used', async () => {
    const scene = await delegated('targets/a');
    scene.sim.setKeys('targets', [SimulatedKey.generate()]);
    scene.sim.publishRoot();
    scene.sim.publishTargets('targets/a');
    await expect(scene.upload('root', 'targets/a')).rejects.toMatchObject({
      code: 'UPLOAD_REJECTED',
      facts: {},
    });
  });
});
