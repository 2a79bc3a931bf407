import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, gun, type TestPublisher } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import { Failure } from '../../errors.ts';
import { parseRoot, roleKeysOf } from '../../tuf/root.ts';
import { maxRootBytes } from '../consume/limits.ts';
import { type RotationRequest, rotateKeys } from './rotate.ts';

let stage: Stage;
let owner: TestPublisher;
beforeEach(async () => {
  stage = await Stage.set();
  ({ owner } = stage);
});
afterEach(() => stage.clear());

type Asked = Partial<RotationRequest>;
const rotate = (role: string, holder: 'local' | 'server' = 'local', more: Asked = {}) =>
  rotateKeys({ gun, role, holder, ...more }, owner);

/** Canonical ids of a role in the root that the server serves. */
async function listed(role: 'targets') {
  const root = parseRoot((await stage.server.fetch(gun, { role: 'root' }, maxRootBytes))!).signed;
  return roleKeysOf(root, role).keyIds.map((id) => root.keys.get(id)!.canonicalId);
}
const calls = (kind: string) => stage.server.calls.filter((call) => call.startsWith(kind));

describe('the order of a rotation', () => {
  it.each([
    ['UNAUTHORIZED', 'serverKey'],
    ['FORBIDDEN', 'serverKey'],
    ['UNREACHABLE', 'fetch'],
  ] as const)('%s at %s is known before a key is made', async (code, call) => {
    stage.server.failAt(call, new Failure(code, 'no'));
    for (const role of ['targets', 'root', 'snapshot']) {
      await expect(rotate(role)).rejects.toMatchObject({ code });
    }
    expect(await owner.keys.list()).toHaveLength(2);
  });

  it.each(['UPLOAD_REJECTED', 'SERVER_ERROR', 'UNREACHABLE'] as const)(
    'after %s of the upload both keys are here, and the next run uses the one that was made',
    async (code) => {
      const [old] = owner.keys.ids('targets');
      stage.server.failAt('publish', new Failure(code, 'no'));
      for (let run = 0; run < 3; run += 1) {
        await expect(rotate('targets')).rejects.toMatchObject({
          code,
          facts: { 'new key': expect.any(String), 'old key': expect.stringContaining('kept') },
        });
        expect(owner.keys.ids('targets')).toHaveLength(2);
        expect(await stage.verify('v1')).toBe(digestOf('v1'));
      }
      stage.server.before = () => undefined;
      const made = owner.keys.ids('targets').find((id) => id !== old);
      expect(await rotate('targets')).toMatchObject({
        outcome: 'rotated',
        newKeys: [{ id: made, isNew: false }],
      });
      expect(owner.keys.ids('targets')).toEqual([made]);
    },
  );

  it('does not say that the old key counts when the server may have the new root', async () => {
    stage.server.after = (call) => {
      if (call === 'publish') throw new Failure('TIMEOUT', 'lost');
    };
    stage.server.before = (call) => {
      if (call === 'fetch' && calls('publish').length > 0) throw new Failure('TIMEOUT', 'lost');
    };
    await expect(rotate('targets')).rejects.toMatchObject({
      code: 'TIMEOUT',
      facts: { 'old key': 'kept; whether it still counts is not known' },
    });
    expect(owner.keys.ids('targets')).toHaveLength(2);
    stage.server.after = () => undefined;
    stage.server.before = () => undefined;
    expect(await rotate('targets')).toMatchObject({ outcome: 'continued' });
    expect(owner.keys.ids('targets')).toEqual(await listed('targets'));
  });

  it('keeps the old key while the new root cannot be read back, and removes it in the next run', async () => {
    stage.server.before = (call) => {
      if (call === 'fetch' && calls('publish').length > 0) throw new Failure('UNREACHABLE', 'gone');
    };
    expect(await rotate('targets')).toMatchObject({
      outcome: 'rotated',
      oldKeys: [{ fate: 'kept', problem: { code: 'SERVER_ERROR' } }],
    });
    expect(owner.keys.ids('targets')).toHaveLength(2);
    stage.server.before = () => undefined;
    const before = await stage.versions('root');
    expect(await rotate('targets')).toMatchObject({
      outcome: 'continued',
      oldKeys: [{ fate: 'removed' }],
      uploaded: [],
    });
    expect(await stage.versions('root')).toEqual(before);
    expect(owner.keys.ids('targets')).toEqual(await listed('targets'));
  });

  it('says which old key file could not be removed; the rotation holds', async () => {
    const [old] = owner.keys.ids('targets');
    owner.keys.beforeRemoving = () => {
      throw new Failure('DISK', 'read-only');
    };
    expect(await rotate('targets')).toMatchObject({
      outcome: 'rotated',
      oldKeys: [{ id: old, fate: 'kept', problem: { code: 'DISK' } }],
    });
  });

  it('is applied to the newer state when somebody else was quicker, with the same key', async () => {
    const second = await stage.newPublisher();
    for (const { id } of await owner.keys.list()) owner.keys.give(id, second.keys);
    let isFirst = true;
    stage.server.before = async (call) => {
      if (call !== 'publish' || !isFirst) return;
      isFirst = false;
      await second.sign('v2');
    };
    expect(await rotate('targets')).toMatchObject({ outcome: 'rotated' });
    expect(owner.keys.ids('targets')).toEqual(await listed('targets'));
    for (const tag of ['v1', 'v2']) expect(await stage.verify(tag)).toBe(digestOf(tag));
  });
});

describe('what an unfinished rotation left', () => {
  const unfinished = async () => {
    stage.server.failAt('publish', new Failure('UPLOAD_REJECTED', 'no'));
    await rotate('targets').catch(() => undefined);
    stage.server.before = () => undefined;
  };

  it('is not used a day later: keys may have been copied since', async () => {
    await unfinished();
    const before = owner.keys.ids('targets');
    stage.passTime(25 * 60 * 60 * 1000);
    const [key] = (await rotate('targets')).newKeys;
    expect(key?.isNew).toBe(true);
    expect(before).not.toContain(key?.id);
  });

  it('is not confused with a key that came into the store another way', async () => {
    const stranger = await newKey('targets', gun);
    await unfinished();
    const later = await newKey('targets', gun);
    const [key] = (await rotate('targets')).newKeys;
    expect([stranger, later]).not.toContain(key?.id);
  });

  it('is not used when a key is named', async () => {
    await unfinished();
    const named = await newKey('targets', gun);
    const { newKeys } = await rotate('targets', 'local', { keyIds: [named] });
    expect(newKeys).toMatchObject([{ id: named }]);
  });

  it('an hour after it was published, the order is a new one: the role gets another key', async () => {
    owner.keys.beforeRemoving = () => {
      throw new Failure('DISK', 'read-only');
    };
    await rotate('targets');
    owner.keys.beforeRemoving = () => undefined;
    expect(owner.keys.ids('targets')).toHaveLength(2);
    const [published] = await listed('targets');
    stage.passTime(61 * 60 * 1000);
    expect(await rotate('targets')).toMatchObject({ outcome: 'rotated' });
    expect(await listed('targets')).not.toEqual([published]);
    expect(owner.keys.ids('targets')).toEqual(await listed('targets'));
  });

  it('is forgotten when it came to its end: the next rotation is a new one at once', async () => {
    const [first] = (await rotate('targets')).newKeys;
    const [second] = (await rotate('targets')).newKeys;
    expect(first?.id).not.toBe(second?.id);
    expect(second?.isNew).toBe(true);
  });
});

async function newKey(role: string, of: string | undefined): Promise<string> {
  return (await owner.keys.generate(role, of)).key.canonicalId;
}
