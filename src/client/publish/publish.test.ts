import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, gun } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import { takeSnapshotHome } from '../../../test/client/upkeep.ts';
import { Failure } from '../../errors.ts';
import { targetChange } from '../trustdir/change.ts';
import { publish } from './publish.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.set();
});
afterEach(() => stage.clear());

describe('signing more', () => {
  it('is a no-op, reported as such, for what is signed already: no key is opened', async () => {
    stage.owner.keys.opened.length = 0;
    const result = await stage.owner.sign('v1');
    expect(result).toMatchObject({ uploaded: [], tags: [{ tag: 'v1', outcome: 'unchanged' }] });
    expect(stage.uploads()).toEqual([]);
    expect(stage.owner.keys.opened).toEqual([]);
  });

  it('tells the tags that changed from those that did not', async () => {
    const { tags } = await stage.owner.sign('v1', 'v2');
    expect(tags.map(({ tag, outcome }) => [tag, outcome])).toEqual([
      ['v1', 'unchanged'],
      ['v2', 'signed'],
    ]);
  });

  it('uploads only what changed, and reads back no file that it has just made', async () => {
    await stage.owner.sign('v2');
    expect(stage.uploads()).toEqual(['publish targets']);
    expect(
      stage.server.calls.filter((call) => /sha256.*"targets"|"targets".*sha256/.test(call)),
    ).toEqual([]);
  });

  it('from a second machine starts from what is published now', async () => {
    const second = await stage.newPublisher();
    for (const { id } of await stage.owner.keys.list()) stage.owner.keys.give(id, second.keys);
    await second.sign('v2');
    await stage.owner.sign('v3');
    for (const tag of ['v1', 'v2', 'v3']) expect(await stage.verify(tag)).toBe(digestOf(tag));
  });

  it('without the key of the role is KEY_NOT_FOUND, naming the id that is wanted', async () => {
    const [id] = stage.owner.keys.ids('targets');
    await stage.owner.keys.remove(id!);
    await expect(stage.owner.sign('v2')).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      facts: { role: 'targets', needs: '1 of 1', 'one of these': id },
    });
    expect(stage.uploads()).toEqual([]);
  });

  it('with a wrong passphrase is PASSPHRASE_WRONG before anything is uploaded', async () => {
    stage.owner.keys.locked.add(stage.owner.keys.ids('targets')[0]!);
    await expect(stage.owner.sign('v2')).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
    expect(stage.uploads()).toEqual([]);
  });

  it.each(['UNAUTHORIZED', 'FORBIDDEN'] as const)(
    'without the right to write is %s before a key is opened',
    async (code) => {
      stage.owner.keys.opened.length = 0;
      stage.server.failAt('serverKey', new Failure(code, 'no'));
      await expect(stage.owner.sign('v2')).rejects.toMatchObject({ code });
      expect(stage.owner.keys.opened).toEqual([]);
    },
  );

  it('needs the server: an offline publisher hears that it is UNREACHABLE', async () => {
    stage.server.failAt('fetch', new Failure('UNREACHABLE', 'no'));
    await expect(stage.owner.sign('v2')).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  it('leaves changes that others staged alone', async () => {
    const { changeList } = stage.owner.directory.repository(gun);
    await changeList.add(1n, targetChange('targets', 'staged', { length: 1, hashes: new Map() }));
    await stage.owner.sign('v2');
    expect((await changeList.list()).map(({ change }) => change?.path)).toEqual(['staged']);
    await expect(stage.verify('staged')).rejects.toMatchObject({ code: 'TAG_NOT_SIGNED' });
  });

  it('reports success when only reading back failed, and says so', async () => {
    let uploaded = false;
    stage.server.after = (call) => void (uploaded ||= call === 'publish');
    stage.server.before = (call) => {
      if (uploaded && call === 'fetch') throw new Failure('UNREACHABLE', 'gone');
    };
    const result = await stage.owner.sign('v2');
    expect(result).toMatchObject({ uploaded: ['targets'], tags: [{ outcome: 'signed' }] });
    expect(result.versions.size).toBe(0);
    expect(stage.owner.machine.takeEvents()).toEqual(['cache-not-updated']);
  });

  it('removes a tag', async () => {
    await stage.owner.sign('v2');
    const edit = { kind: 'remove-tag', role: 'targets', name: 'v1' } as const;
    expect(await publish(gun, async () => [edit], stage.owner)).toMatchObject({
      outcome: 'published',
    });
    expect(await publish(gun, async () => [edit], stage.owner)).toMatchObject({
      outcome: 'unchanged',
    });
    await expect(stage.verify('v1')).rejects.toMatchObject({ code: 'TAG_NOT_SIGNED' });
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
  });
});

describe('a snapshot key at home', () => {
  beforeEach(() => takeSnapshotHome(stage.owner));

  it('signs the snapshot in the same upload', async () => {
    stage.server.calls.length = 0;
    const result = await stage.owner.sign('v2');
    expect(result.uploaded).toEqual(['targets', 'snapshot']);
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
    await stage.owner.sign('v3');
    expect(await stage.verify('v3')).toBe(digestOf('v3'));
  });

  it('that does not open ends the run before the upload', async () => {
    stage.server.calls.length = 0;
    stage.owner.keys.locked.add(stage.owner.keys.ids('snapshot')[0]!);
    await expect(stage.owner.sign('v2')).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
    expect(stage.uploads()).toEqual([]);
  });

  it('that is elsewhere is told by the server', async () => {
    await stage.owner.keys.remove(stage.owner.keys.ids('snapshot')[0]!);
    await expect(stage.owner.sign('v2')).rejects.toMatchObject({ code: 'UPLOAD_REJECTED' });
    expect(await stage.versions('targets')).toEqual([2]);
  });
});
