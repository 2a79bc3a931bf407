import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, gun, publisherAt } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import { removeFile } from '../../disk/files.ts';
import { Failure } from '../../errors.ts';
import { baseRoles } from '../../tuf/role.ts';
import { refresh } from '../consume/refresh.ts';
import { targetChange } from '../trustdir/change.ts';
import { forgetRepository } from './forget.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.set();
});
afterEach(() => stage.clear());

const here = () => join(stage.owner.directory.path, 'tuf', gun);
const filesHere = async () =>
  (await readdir(here(), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
const forget = (remote: boolean) => forgetRepository({ gun, remote }, stage.owner);

describe('forgetting a repository on this machine', () => {
  it('removes cache, staged changes and trust, and no key', async () => {
    const { changeList } = stage.owner.directory.repository(gun);
    await changeList.add(1n, targetChange('targets', 'staged', { length: 1, hashes: new Map() }));
    const keys = await stage.owner.keys.list();
    const done = await forget(false);
    expect(done).toMatchObject({ gun, wasKnown: true, stagedChanges: 1 });
    expect(done.keptKeys.map(({ role }) => role).toSorted()).toEqual(['root', 'targets']);
    expect(await filesHere()).toEqual(['forgotten.json']);
    expect(await stage.owner.keys.list()).toEqual(keys);
    expect(stage.server.calls).toEqual([]);
  });

  it('removes the notes of rotations, which speak of keys of a repository that is gone', async () => {
    const home = stage.owner.directory.repository(gun);
    for (const role of baseRoles) {
      const lists = { keysBefore: [], newKeys: ['ab'.repeat(32)], replaced: [] };
      await home.setPendingRotation(role, { sinceMs: 0, holder: 'local', ...lists });
    }
    await forget(false);
    expect(await filesHere()).toEqual(['forgotten.json']);
  });

  it('is a first contact the next time, and says that the root key is the same', async () => {
    const [root] = stage.owner.keys.ids('root');
    await forget(false);
    await refresh(gun, stage.owner);
    expect(stage.owner.machine.events).toMatchObject([
      { kind: 'trust-began', reason: 'first-use', rootKeyIds: [root], formerRootKeyIds: [root] },
    ]);
    expect(await stage.owner.directory.repository(gun).cache.generations()).toHaveLength(1);
  });

  it('ends the floors: a server that was put back to an older state is believed as at first contact', async () => {
    const { cache } = stage.owner.directory.repository(gun);
    await stage.owner.sign('v2');
    expect((await cache.generations()).at(-1)?.floors.get('targets')).toBe(3);
    await forget(false);
    expect(await cache.generations()).toEqual([]);
    await refresh(gun, stage.owner);
    expect((await cache.generations()).map(({ reason }) => reason)).toEqual(['first-use']);
  });

  it('leaves a repository alone whose name begins with this name', async () => {
    // `notary delete` removes it, with what is staged there.
    const below = stage.owner.directory.repository(`${gun}/tool`);
    const names = [`${gun}/metadata`, `${gun}/changelist`];
    const odd = names.map((name) => stage.owner.directory.repository(name));
    for (const one of [below, ...odd]) {
      const change = targetChange('targets', 'staged', { length: 1, hashes: new Map() });
      await one.changeList.add(1n, change);
      await mkdir(join(one.path, 'metadata'), { recursive: true });
      await writeFile(one.cache.pathOf('root'), 'a root');
    }
    await forget(false);
    for (const one of [below, ...odd]) {
      expect(await one.changeList.list()).toHaveLength(1);
      expect((await one.cache.read('root', 10))?.toString()).toBe('a root');
    }
  });

  it('helps against a damaged memory, which stops everything else', async () => {
    await writeFile(join(here(), '.paraph', 'generations.json'), 'not JSON');
    await expect(refresh(gun, stage.owner)).rejects.toMatchObject({ code: 'CACHE_DAMAGED' });
    expect(await forget(false)).toMatchObject({ wasKnown: true });
    await refresh(gun, stage.owner);
  });

  it('is done already where nothing is known, and leaves no trace there', async () => {
    const other = await publisherAt(stage.server);
    const done = await forgetRepository({ gun, remote: false }, other);
    expect(done).toMatchObject({ wasKnown: false, stagedChanges: 0, keptKeys: [] });
    expect(await readdir(other.directory.path)).toEqual([]);
    await other.machine.remove();
  });

  it('can be done twice', async () => {
    await forget(false);
    expect(await forget(false)).toMatchObject({ wasKnown: false });
    expect(await filesHere()).toEqual(['forgotten.json']);
  });

  it('is not undone by a refresh that was under way', async () => {
    stage.server.before = async (call) => {
      if (call !== 'fetch') return;
      stage.server.before = () => undefined;
      await forget(false);
    };
    await refresh(gun, stage.owner);
    expect(await filesHere()).toEqual(['forgotten.json']);
  });

  it('a memory of it that cannot be read any more hinders nobody', async () => {
    await forget(false);
    await writeFile(join(here(), '.paraph', 'forgotten.json'), '{"generations":[{}]}');
    await refresh(gun, stage.owner);
    expect(stage.owner.machine.takeEvents()).toEqual(['trust-began']);
    await forget(false);
    expect(await stage.owner.directory.repository(gun).cache.forgotten()).toHaveLength(1);
  });
});

describe('deleting a repository on the server as well', () => {
  it('asks the server first: while it refuses, everything stays here', async () => {
    const before = await filesHere();
    for (const code of ['UNAUTHORIZED', 'FORBIDDEN', 'UNREACHABLE'] as const) {
      stage.server.failAt('remove', new Failure(code, 'no'));
      await expect(forget(true)).rejects.toMatchObject({ code });
    }
    expect(await filesHere()).toEqual(before);
    expect(await stage.verify('v1')).toBe(digestOf('v1'));
  });

  it('works for a repository that is not known here', async () => {
    const other = await stage.newPublisher();
    await forgetRepository({ gun, remote: true }, other);
    await expect(stage.verify('v1')).rejects.toMatchObject({ code: 'NO_TRUST_DATA' });
  });

  it('says what the server did when removing here fails', async () => {
    const { cache } = stage.owner.directory.repository(gun);
    await removeFile(cache.pathOf('root'));
    await mkdir(cache.pathOf('root')); // cannot be removed as a file
    await expect(forget(true)).rejects.toMatchObject({
      code: 'DISK',
      facts: { server: expect.stringContaining('has deleted') },
    });
  });

  it('lets the repository be made anew; old consumers are told that the root changed, new ones see nothing odd', async () => {
    const consumer = await stage.newConsumer();
    await refresh(gun, consumer);
    await forget(true);
    const { newKeys } = await stage.owner.sign('v2');
    expect(newKeys.map(({ role, isNew }) => [role, isNew])).toMatchObject([
      ['root', false],
      ['targets', false],
      ['snapshot', true],
      ['timestamp', true],
    ]);
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
    await expect(refresh(gun, consumer)).rejects.toMatchObject({
      code: 'ROOT_CHANGED',
      meaning: expect.stringContaining(
        'could not validate the path to a trusted root: failed to validate data with current trusted certificates',
      ),
    });
    // On this machine the new repository is what was made here, a generation of its own.
    const { cache } = stage.owner.directory.repository(gun);
    expect(await cache.generations()).toMatchObject([{ reason: 'made-here' }]);
    expect(await cache.forgotten()).toMatchObject([{ reason: 'made-here' }]);
    await forgetRepository(
      { gun, remote: false },
      { ...stage.owner, directory: consumer.directory },
    );
    expect((await refresh(gun, consumer)).set.targets('targets')?.signed.targets.size).toBe(1);
  });
});
