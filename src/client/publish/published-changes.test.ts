// A publication of staged changes that ends between the upload, which the server stored, and the removal of their
// files, as after a kill (test/attacks/killed-publishing.test.ts kills for real); then the next one.
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, gun, type TestPublisher } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import {
  addDelegation,
  addTag,
  publishAll,
  stageAt,
  stagedAt,
} from '../../../test/client/staging.ts';
import { takeSnapshotHome } from '../../../test/client/upkeep.ts';
import { Failure } from '../../errors.ts';
import { canonicalIdOf } from '../consume/role-authority.ts';
import {
  type Change,
  changeBytes,
  delegationChange,
  removeDelegationChange,
  removeTargetChange,
} from '../trustdir/change.ts';
import { forgetRepository } from './forget.ts';
import { previewStaged } from './preview.ts';
import { publishStaged } from './staged.ts';

let stage: Stage;
let owner: TestPublisher;
let stolen: string;
beforeEach(async () => {
  stage = await Stage.set();
  ({ owner } = stage);
  const [{ key: alice }, { key: thief }] = [
    await owner.keys.generate('alice'),
    await owner.keys.generate('alice'),
  ];
  stolen = canonicalIdOf(thief);
  await publishAll(owner, ...addDelegation('targets/alice', [alice, thief]));
  stage.server.calls.length = 0;
  owner.machine.events.length = 0;
});
afterEach(() => stage.clear());

const ownPath = () => join(owner.directory.repository(gun).path, '.paraph');
const notePath = () => join(ownPath(), 'pending-publication.json');
const changePath = (name: string) => owner.directory.repository(gun).changeList.pathOf(name);

async function isNoted(): Promise<boolean> {
  return (await readdir(ownPath())).some((name) => name.startsWith('pending-publication'));
}

/** Stages the changes and publishes them; the run ends when the server has stored them. Gives their files. */
async function endAfterUpload(...changes: readonly Change[]): Promise<readonly string[]> {
  await stageAt(owner, ...changes);
  const names = (await owner.directory.repository(gun).changeList.list()).map(({ name }) => name);
  stage.server.after = (call) => {
    if (call === 'publish') throw new Error('killed');
  };
  await expect(publishStaged(gun, owner)).rejects.toThrow('killed');
  stage.server.after = () => undefined;
  expect(await stagedAt(owner)).toHaveLength(changes.length);
  return names;
}

const purge = () => delegationChange('targets/*', 'update', { removeKeyIds: [stolen] });
const founds = () => owner.machine.events.filter(({ kind }) => kind === 'staged-changes-found');

describe('what a run had published when it ended', () => {
  it.each([
    ['a purge of a key', () => [purge()]],
    [
      'a key taken out of a delegation',
      () => [delegationChange('targets/alice', 'update', { removeKeyIds: [stolen] })],
    ],
    ['a delegation removed', () => [removeDelegationChange('targets/alice')]],
    [
      'a tag and its delegation removed',
      () => [
        addTag('a1', 'targets/alice'),
        removeTargetChange('targets/alice', 'a1'),
        removeDelegationChange('targets/alice'),
      ],
    ],
    ['a tag, then a purge', () => [addTag('a1', 'targets/alice'), purge()]],
    ['a tag removed', () => [removeTargetChange('targets', 'v1')]],
  ])('is not applied again: %s', async (_what, changesOf) => {
    const changes = changesOf();
    await endAfterUpload(...changes);
    const before = await stage.versions('targets', 'targets/alice');
    const done = await publishStaged(gun, owner);
    expect(done).toMatchObject({ applied: [], changed: [] });
    expect(done.found).toHaveLength(changes.length);
    expect(await stagedAt(owner)).toEqual([]);
    expect(await stage.versions('targets', 'targets/alice')).toEqual(before);
    expect(founds()).toEqual([{ kind: 'staged-changes-found', gun, changes: changes.length }]);
    expect(await isNoted()).toBe(false);
  });

  it('is found by a snapshot of ours too', async () => {
    await takeSnapshotHome(owner);
    await endAfterUpload(purge());
    expect((await publishStaged(gun, owner)).found).toHaveLength(1);
  });

  it('is found when a retry takes its own upload for that of somebody else', async () => {
    await stageAt(owner, purge());
    let uploads = 0;
    stage.server.after = (call) => {
      if (call === 'publish' && ++uploads === 1) throw new Failure('VERSION_CONFLICT', 'no');
    };
    const done = await publishStaged(gun, owner);
    expect([done.found.length, done.applied.length]).toEqual([1, 0]);
    expect(await stagedAt(owner)).toEqual([]);
  });

  it('goes, and what was staged since is published', async () => {
    await endAfterUpload(purge());
    await stageAt(owner, addTag('v2'));
    const { applied, found } = await publishStaged(gun, owner);
    expect([found.length, applied.length]).toEqual([1, 1]);
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
    expect(await stagedAt(owner)).toEqual([]);
  });

  it('stays known while the server does not say what it has', async () => {
    await endAfterUpload(purge());
    stage.server.failAt('fetch', new Failure('SERVER_ERROR', 'no'));
    await expect(publishStaged(gun, owner)).rejects.toThrow();
    stage.server.before = () => undefined;
    expect((await publishStaged(gun, owner)).found).toHaveLength(1);
  });
});

describe('the note', () => {
  it('lies there before the upload, for this user alone, and is gone afterwards', async () => {
    let mode: number | undefined;
    stage.server.before = async (call) => {
      if (call === 'publish') mode = (await stat(notePath())).mode & 0o777;
    };
    await publishAll(owner, addTag('v2'));
    expect(mode).toBe(0o600);
    expect(await isNoted()).toBe(false);
  });

  it('is forgotten when the upload never arrived, and the changes are applied', async () => {
    await stageAt(owner, purge());
    stage.server.before = (call) => {
      if (call === 'publish') throw new Error('killed');
    };
    await expect(publishStaged(gun, owner)).rejects.toThrow('killed');
    expect(await isNoted()).toBe(true);
    stage.server.before = () => undefined;
    const done = await publishStaged(gun, owner);
    expect([done.found.length, done.applied.length]).toEqual([0, 1]);
    expect(await isNoted()).toBe(false);
  });

  it('says nothing once others have published on top of it', async () => {
    await endAfterUpload(removeTargetChange('targets', 'v1'));
    const second = await stage.newPublisher();
    for (const { id } of await owner.keys.list()) owner.keys.give(id, second.keys);
    await publishAll(second, addTag('v2'));
    const done = await publishStaged(gun, owner);
    expect([done.found.length, done.applied.length]).toEqual([0, 1]);
  });

  it.each([
    ['purge of a key', purge],
    [
      'key taken out of a delegation',
      () => delegationChange('targets/alice', 'update', { removeKeyIds: [stolen] }),
    ],
  ])('lets a %s be run again once others have published on top of it', async (_what, change) => {
    await endAfterUpload(change());
    const second = await stage.newPublisher();
    for (const { id } of await owner.keys.list()) owner.keys.give(id, second.keys);
    await publishAll(second, addTag('v2'));
    expect((await previewStaged(gun, owner)).changes).toMatchObject([{ effect: 'nothing' }]);
    const done = await publishStaged(gun, owner);
    expect(done.applied).toMatchObject([{ isEffective: false }]);
    expect(await stagedAt(owner)).toEqual([]);
    expect(await isNoted()).toBe(false);
    // The same, staged anew, is a mistake as before.
    await stageAt(owner, change());
    await expect(publishStaged(gun, owner)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });

  it('is read, and left, by a preview', async () => {
    await endAfterUpload(purge());
    const { changes, notices } = await previewStaged(gun, owner);
    expect([changes.map(({ effect }) => effect), notices]).toEqual([['nothing'], []]);
    expect(await isNoted()).toBe(true);
    expect(await stagedAt(owner)).toHaveLength(1);
  });

  it('goes with the repository when it is forgotten', async () => {
    await endAfterUpload(purge());
    await forgetRepository({ gun, remote: false }, owner);
    expect(await isNoted()).toBe(false);
  });

  it.each([
    ['cut off', (text: string) => text.slice(0, 40)],
    ['without files', (text: string) => JSON.stringify({ ...JSON.parse(text), files: [] })],
    ['larger than any', (text: string) => text + ' '.repeat(16 * 1024 * 1024)],
    [
      'of another file',
      (text: string) => text.replace(/[0-9a-f]{64}(?="\s*\}\s*\]\s*\}\s*$)/, '0'.repeat(64)),
    ],
  ])('that is %s is not believed', async (_what, damage) => {
    await endAfterUpload(removeTargetChange('targets', 'v1'));
    const text = await readFile(notePath(), 'utf8');
    expect(damage(text)).not.toBe(text);
    await writeFile(notePath(), damage(text));
    const done = await publishStaged(gun, owner);
    expect([done.found.length, done.applied.length]).toEqual([0, 1]);
    expect(await isNoted()).toBe(false);
  });

  it('takes no change that its file does not hold any more', async () => {
    const [name] = await endAfterUpload(removeTargetChange('targets', 'v1'));
    await writeFile(changePath(name!), changeBytes(addTag('v2')));
    const done = await publishStaged(gun, owner);
    expect([done.found.length, done.applied.length]).toEqual([0, 1]);
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
  });

  it('of a publication elsewhere takes nothing that is staged here', async () => {
    const [name] = await endAfterUpload(addTag('v2'));
    const home = owner.directory.repository(gun);
    await home.changeList.clear();
    await stageAt(owner, addTag('v2'), addTag('v3'));
    expect((await home.changeList.list()).map((one) => one.name)).not.toContain(name);
    const done = await publishStaged(gun, owner);
    expect([done.found.length, done.applied.length]).toEqual([0, 2]);
  });

  it('names nothing outside the change list', async () => {
    await endAfterUpload(addTag('v2'));
    const other = join(owner.directory.repository(gun).path, 'other.change');
    await writeFile(other, changeBytes(addTag('v2')));
    const text = await readFile(notePath(), 'utf8');
    await writeFile(notePath(), text.replace(/"name": "[^"]+"/, '"name": "../other.change"'));
    const done = await publishStaged(gun, owner);
    expect(done.found).toEqual([]);
    expect(await readFile(other)).toEqual(changeBytes(addTag('v2')));
  });

  it('that cannot be written prevents the upload', async () => {
    await mkdir(`${notePath()}.new`, { recursive: true });
    await expect(publishAll(owner, addTag('v2'))).rejects.toMatchObject({ code: 'DISK' });
    expect(stage.uploads()).toEqual([]);
    expect(await stagedAt(owner)).toEqual(['create target v2']);
  });
});
