import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newDelegation, publishEdits } from '../../../test/client/edits.ts';
import { digestOf, gun, imageTag, type TestPublisher } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import { Failure } from '../../errors.ts';
import { signTags } from './sign-image.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.set();
});
afterEach(() => stage.clear());

describe('a lost race', () => {
  /** Lets `other` sign just before each of the first `times` uploads of the owner. */
  function overtake(other: TestPublisher, times: number): void {
    let left = times;
    let isOther = false;
    stage.server.before = async (call) => {
      if (call !== 'publish' || isOther || left === 0) return;
      left -= 1;
      isOther = true;
      await other.sign(`other-${left}`);
      isOther = false;
    };
  }
  let other: TestPublisher;
  beforeEach(async () => {
    other = await stage.newPublisher();
    for (const { id } of await stage.owner.keys.list()) stage.owner.keys.give(id, other.keys);
  });

  it('is fetched, applied and tried again, and nothing of either is lost', async () => {
    overtake(other, 3);
    await stage.owner.sign('mine');
    for (const tag of ['v1', 'other-0', 'other-1', 'other-2', 'mine']) {
      expect(await stage.verify(tag), tag).toBe(digestOf(tag));
    }
    expect(
      stage.owner.machine.events.filter(({ kind }) => kind === 'publish-retried'),
    ).toMatchObject([
      { attempt: 1, problem: { code: 'VERSION_CONFLICT' } },
      { attempt: 2 },
      { attempt: 3 },
    ]);
  });

  it('is given up after many attempts as VERSION_CONFLICT, with bounded random waits', async () => {
    overtake(other, 1000);
    const waits: number[] = [];
    const patient = { ...stage.owner, pause: async (ms: number) => void waits.push(ms) };
    const request = { gun, tags: [imageTag('mine')] };
    await expect(signTags(request, patient)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
    expect(waits).toHaveLength(15);
    expect(Math.max(...waits)).toBeLessThan(3000);
    expect(new Set(waits).size).toBeGreaterThan(5);
  });

  it('says nothing of what it would have done: only what was published counts, and is told once', async () => {
    const [{ key: alice }, { key: carol }] = [
      await stage.owner.keys.generate('alice'),
      await other.keys.generate('carol'),
    ];
    await publishEdits(stage.owner, newDelegation('targets/a', [alice, carol]));
    stage.owner.machine.takeEvents();
    let isFirst = true;
    stage.server.before = async (call) => {
      if (call !== 'publish' || !isFirst) return;
      isFirst = false;
      await publishEdits(
        other,
        newDelegation('targets/c', [carol]),
        newDelegation('targets/c/x', [alice]),
      );
    };
    await publishEdits(stage.owner, { kind: 'purge-keys', keyIds: [alice.canonicalId] });
    expect(stage.owner.machine.events.filter(({ kind }) => kind === 'purge-incomplete')).toEqual([
      { kind: 'purge-incomplete', gun, role: 'targets/c', keyIds: [alice.canonicalId] },
    ]);
  });

  it('that leaves nothing to do ends as unchanged', async () => {
    let isOther = false;
    stage.server.before = async (call) => {
      if (call !== 'publish' || isOther) return;
      isOther = true;
      await other.sign('same');
    };
    expect((await stage.owner.sign('same')).tags).toMatchObject([{ outcome: 'unchanged' }]);
  });

  it('is told from a refusal by the timestamp that moved', async () => {
    let refusals = 1;
    let isOther = false;
    stage.server.before = async (call) => {
      if (call !== 'publish' || isOther || refusals === 0) return;
      refusals -= 1;
      isOther = true;
      await other.sign('other');
      isOther = false;
      throw new Failure('UPLOAD_REJECTED', 'Go says so when its validation lost the race');
    };
    expect((await stage.owner.sign('mine')).uploaded).toEqual(['targets']);
    expect(await stage.verify('other')).toBe(digestOf('other'));
  });

  it('is not suspected behind a refusal when nothing moved', async () => {
    stage.server.failAt('publish', new Failure('UPLOAD_REJECTED', 'no'));
    await expect(stage.owner.sign('mine')).rejects.toMatchObject({ code: 'UPLOAD_REJECTED' });
    expect(stage.uploads()).toHaveLength(1);
  });

  it('of eight publishers at once costs nobody an update', async () => {
    const crowd = await Promise.all(Array.from({ length: 8 }, () => stage.newPublisher()));
    for (const one of crowd) {
      for (const { id } of await stage.owner.keys.list()) stage.owner.keys.give(id, one.keys);
    }
    const patient = crowd.map((one) => ({
      ...one,
      pause: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms / 20)),
    }));
    await Promise.all(
      patient.map((one, index) => signTags({ gun, tags: [imageTag(`crowd-${index}`)] }, one)),
    );
    for (const index of crowd.keys()) {
      expect(await stage.verify(`crowd-${index}`)).toBe(digestOf(`crowd-${index}`));
    }
  }, 30_000);

  it('on one machine is not run at all: publishers take turns', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map((tag) => stage.owner.sign(tag)));
    expect(stage.owner.machine.takeEvents()).toEqual([]);
    for (const tag of ['a', 'b', 'c', 'd']) expect(await stage.verify(tag)).toBe(digestOf(tag));
  });
});
