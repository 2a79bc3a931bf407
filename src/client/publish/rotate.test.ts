import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { digestOf, gun, type TestPublisher } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import { delegate } from '../../../test/client/upkeep.ts';
import { Failure } from '../../errors.ts';
import { generatePrivateKey } from '../../keys/private-key.ts';
import { parseRoot, roleKeysOf } from '../../tuf/root.ts';
import { maxRootBytes } from '../consume/limits.ts';
import { refresh } from '../consume/refresh.ts';
import { prepareRepository } from './prepare.ts';
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
async function listed(role: 'root' | 'targets' | 'snapshot' | 'timestamp') {
  const root = parseRoot((await stage.server.fetch(gun, { role: 'root' }, maxRootBytes))!).signed;
  return roleKeysOf(root, role).keyIds.map((id) => root.keys.get(id)!.canonicalId);
}
const calls = (kind: string) => stage.server.calls.filter((call) => call.startsWith(kind));

describe('what may not be rotated', () => {
  it.each([
    ['targets', 'server', 'notary does not permit the server managing the targets key'],
    ['root', 'server', 'notary does not permit the server managing the root key'],
    ['timestamp', 'local', 'notary does not permit the client managing the timestamp key'],
    ['foo', 'local', 'notary does not currently permit rotating the foo key'],
    ['targets/x', 'server', 'notary does not currently permit rotating the targets/x key'],
  ] as const)('%s to %s is refused before anything is asked', async (role, holder, message) => {
    await expect(rotate(role, holder)).rejects.toMatchObject({ code: 'ROLE_INVALID', message });
    expect(stage.server.calls).toEqual([]);
  });

  it('a key cannot be given to the server', async () => {
    const keyIds = owner.keys.ids('root');
    await expect(rotate('snapshot', 'server', { keyIds })).rejects.toMatchObject({ code: 'USAGE' });
    expect(stage.server.calls).toEqual([]);
  });

  it('a repository that the server does not have', async () => {
    await stage.server.remove(gun);
    await expect(rotate('targets')).rejects.toMatchObject({ code: 'NO_TRUST_DATA' });
    expect(owner.keys.ids('targets')).toHaveLength(1);
  });
});

describe('the targets key', () => {
  it('gives way to a new one, whose file alone is left; tags stay, and consumers follow silently', async () => {
    const consumer = await stage.newConsumer();
    await refresh(gun, consumer);
    const [old] = owner.keys.ids('targets');
    const done = await rotate('targets');
    const [id] = owner.keys.ids('targets');
    expect(id).not.toBe(old);
    expect(done).toMatchObject({
      outcome: 'rotated',
      role: 'targets',
      newKeys: [{ id, isNew: true, location: `ring ${id}` }],
      oldKeys: [{ id: old, fate: 'removed' }],
      stillTrustedBy: [],
      uploaded: ['root', 'targets'],
    });
    expect(await listed('targets')).toEqual([id]);
    consumer.takeEvents();
    await refresh(gun, consumer);
    expect(consumer.takeEvents()).toEqual(['root-updated']);
    await owner.sign('v2');
    for (const tag of ['v1', 'v2']) expect(await stage.verify(tag)).toBe(digestOf(tag));
  });

  it('is recovered with the root key after it was lost', async () => {
    const [old] = owner.keys.ids('targets');
    await owner.keys.remove(old!);
    expect(await rotate('targets')).toMatchObject({ oldKeys: [{ id: old, fate: 'elsewhere' }] });
    await owner.sign('v2');
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
  });

  it('may be one of the store, or several', async () => {
    const [old] = owner.keys.ids('targets');
    const keyIds = [await newKey('targets', gun), await newKey('targets', gun)].toSorted();
    const done = await rotate('targets', 'local', { keyIds });
    expect(done.newKeys.map(({ id, isNew }) => [id, isNew])).toEqual(
      keyIds.map((id) => [id, false]),
    );
    expect(owner.keys.ids('targets')).toEqual(keyIds);
    expect(owner.keys.ids('targets')).not.toContain(old);
    expect(await rotate('targets', 'local', { keyIds })).toMatchObject({ outcome: 'unchanged' });
    expect(owner.keys.ids('targets')).toEqual(keyIds);
    await owner.sign('v2');
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
  });

  it.each([
    ['targets', 'registry.test/team/other'],
    ['root', undefined],
    ['alice', undefined],
  ] as const)('is none that was made as %s of %s', async (role, of) => {
    const keyIds = [await newKey(role, of)];
    await expect(rotate('targets', 'local', { keyIds })).rejects.toMatchObject({
      code: 'KEY_ROLE_MISMATCH',
    });
    expect(stage.uploads()).toEqual([]);
  });

  it('that was named and is not here is KEY_NOT_FOUND', async () => {
    const keyIds = [generatePrivateKey().publicKey.canonicalId];
    await expect(rotate('targets', 'local', { keyIds })).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
    });
  });

  it('is still trusted by a delegation that lists it, which is told', async () => {
    const [old] = owner.keys.ids('targets');
    const { key } = await owner.keys.open(old!);
    await delegate(owner, { name: 'targets/ci', keys: [key] });
    expect(await rotate('targets')).toMatchObject({ stillTrustedBy: ['targets/ci'] });
  });

  it('is left to others by those who do not hold the root key, and no key is made', async () => {
    await owner.keys.remove(owner.keys.ids('root')[0]!);
    await expect(rotate('targets')).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
    expect(owner.keys.ids('targets')).toHaveLength(1);
    expect(stage.uploads()).toEqual([]);
  });
});

describe('the snapshot key', () => {
  it('comes home and goes back, and its file with it', async () => {
    expect(await rotate('snapshot')).toMatchObject({
      outcome: 'rotated',
      uploaded: ['root', 'snapshot'],
    });
    expect(await listed('snapshot')).toEqual(owner.keys.ids('snapshot'));
    await owner.sign('v2');
    expect(stage.uploads().at(-1)).toBe('publish targets,snapshot');
    expect(await rotate('snapshot', 'server')).toMatchObject({
      newKeys: [{ location: stage.server.url, isNew: true }],
      oldKeys: [{ fate: 'removed' }],
      uploaded: ['root'],
    });
    expect(owner.keys.ids('snapshot')).toEqual([]);
    await owner.sign('v3');
    expect(stage.uploads().at(-1)).toBe('publish targets');
    for (const tag of ['v1', 'v2', 'v3']) expect(await stage.verify(tag)).toBe(digestOf(tag));
  });

  it('at home signs with every other rotation', async () => {
    await rotate('snapshot');
    for (const role of ['targets', 'root', 'snapshot']) {
      expect((await rotate(role)).uploaded).toContain('snapshot');
    }
    expect((await rotate('timestamp', 'server')).uploaded).toEqual(['root', 'snapshot']);
    expect(await stage.verify('v1')).toBe(digestOf('v1'));
    expect(owner.keys.ids('snapshot')).toHaveLength(1);
  });

  it('that does not open stops other rotations before a key is made', async () => {
    await rotate('snapshot');
    owner.keys.locked.add(owner.keys.ids('snapshot')[0]!);
    await expect(rotate('targets')).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
    expect(owner.keys.ids('targets')).toHaveLength(1);
  });

  it('that was lost at home goes to the server', async () => {
    await rotate('snapshot');
    await owner.keys.remove(owner.keys.ids('snapshot')[0]!);
    expect(await rotate('snapshot', 'server')).toMatchObject({ oldKeys: [{ fate: 'elsewhere' }] });
    await owner.sign('v2');
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
  });
});

describe('keys of the server', () => {
  it.each(['snapshot', 'timestamp'] as const)(
    'a new %s key comes from the server, asked once',
    async (role) => {
      const [old] = await listed(role);
      const done = await rotate(role, 'server');
      expect(calls('rotateServerKey')).toEqual([`rotateServerKey ${role}`]);
      expect(done).toMatchObject({ outcome: 'rotated', oldKeys: [{ id: old, fate: 'elsewhere' }] });
      expect(await listed(role)).toEqual(done.newKeys.map(({ id }) => id));
      expect(await listed(role)).not.toEqual([old]);
      expect(await stage.verify('v1')).toBe(digestOf('v1'));
    },
  );

  it('are not asked for by other rotations, nor by one that is refused before', async () => {
    await rotate('targets');
    await rotate('root');
    owner.keys.locked.add(owner.keys.ids('root')[0]!);
    owner.keys.locked.add(owner.keys.ids('root')[1]!);
    await expect(rotate('timestamp', 'server')).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
    stage.server.failAt('serverKey', new Failure('FORBIDDEN', 'no'));
    await expect(rotate('timestamp', 'server')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(calls('rotateServerKey')).toEqual([]);
  });

  it('a publication that fails afterwards is said, and the next run gets the key that is pending', async () => {
    stage.server.failAt('publish', new Failure('UPLOAD_REJECTED', 'no'));
    const failed = await rotate('timestamp', 'server').catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: 'UPLOAD_REJECTED',
      facts: {
        'new key': expect.stringMatching(/^[0-9a-f]{7} https:\/\/trust\.test$/),
        'old key': 'kept, and it still counts',
      },
    });
    const { facts } = failed as Failure;
    stage.server.before = () => undefined;
    const [key] = (await rotate('timestamp', 'server')).newKeys;
    expect(facts['new key']).toContain(key!.id.slice(0, 7));
  });

  it('a server that gives the key it has, or one of another role, is not believed', async () => {
    for (const role of ['timestamp', 'snapshot'] as const) {
      const { keys } = (await refresh(gun, owner)).set.root.signed;
      const [id] = await listed(role);
      const key = [...keys.values()].find((one) => one.canonicalId === id)!;
      vi.spyOn(stage.server, 'rotateServerKey').mockResolvedValue(key);
      await expect(rotate('timestamp', 'server')).rejects.toMatchObject({ code: 'SERVER_ERROR' });
    }
    expect(stage.uploads()).toEqual([]);
  });
});

describe('a repository that was prepared here and never published', () => {
  it.each([
    ['snapshot', 'server', ['root', 'targets']],
    ['targets', 'local', ['root', 'targets', 'snapshot']],
    ['root', 'local', ['root', 'targets', 'snapshot']],
  ] as const)(
    'is published with its %s key held %s, as notary does',
    async (role, holder, files) => {
      const other = 'registry.test/team/prepared';
      await prepareRepository({ gun: other, snapshotHolder: 'local' }, owner);
      const done = await rotateKeys({ gun: other, role, holder }, owner);
      expect(done).toMatchObject({ outcome: 'rotated', uploaded: files });
      expect(done.versions.get('root')).toBe(2);
      const { set } = await refresh(other, await stage.newConsumer());
      expect(set.root.signed.version).toBe(2);
      const mine = (await owner.keys.list()).filter((key) => key.gun === other);
      expect(mine.filter((key) => key.role === 'targets')).toHaveLength(1);
      expect(mine.filter((key) => key.role === 'snapshot')).toHaveLength(
        holder === 'server' ? 0 : 1,
      );
    },
  );

  it('and one that nobody prepared is NO_TRUST_DATA, and no key is made', async () => {
    const keys = await owner.keys.list();
    await expect(
      rotateKeys({ gun: 'registry.test/team/none', role: 'targets', holder: 'local' }, owner),
    ).rejects.toMatchObject({ code: 'NO_TRUST_DATA' });
    expect(await owner.keys.list()).toEqual(keys);
  });
});

async function newKey(role: string, of: string | undefined): Promise<string> {
  return (await owner.keys.generate(role, of)).key.canonicalId;
}
