import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  changeOf,
  contentOf,
  delegationsText,
  newDelegation,
  publishEdits,
  setTag,
} from '../../../test/client/edits.ts';
import { digestOf, gun, type TestPublisher } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import { takeSnapshotHome } from '../../../test/client/upkeep.ts';
import { rootCertificate } from '../../keys/root-certificate.ts';
import { type PublicKey, publicKeyFromCertificate } from '../../tuf/public-key.ts';
import { refresh } from '../consume/refresh.ts';

let stage: Stage;
let owner: TestPublisher;
/** Keys of two collaborators; the owner has them too. */
let alice: PublicKey;
let bob: PublicKey;
beforeEach(async () => {
  stage = await Stage.set();
  owner = stage.owner;
  alice = (await owner.keys.generate('alice')).key;
  bob = (await owner.keys.generate('bob')).key;
});
afterEach(() => stage.clear());

const delegationOf = async (role: string) =>
  (await contentOf(owner, 'targets'))?.delegations.roles.find(({ name }) => name === role);

describe('a delegation', () => {
  it('is made with keys and paths, and lists tags in the same publication', async () => {
    const made = newDelegation('targets/alice', [alice, bob], ['v', 'w']);
    const done = await publishEdits(owner, made, setTag('targets/alice', 'v2'));
    expect(done.uploaded).toEqual(['targets', 'targets/alice']);
    expect(await delegationOf('targets/alice')).toEqual({
      name: 'targets/alice',
      keyIds: [alice.id, bob.id],
      paths: ['v', 'w'],
      threshold: 1,
    });
    expect(await stage.versions('targets', 'targets/alice')).toEqual([3, 1]);
  });

  it('gets and loses keys and paths, and what it has already is no change', async () => {
    await publishEdits(owner, newDelegation('targets/alice', [alice], ['a', 'b']));
    const change = changeOf('targets/alice', {
      addKeys: [bob],
      removeKeyIds: [alice.canonicalId],
      addPaths: ['c'],
      removePaths: ['a'],
    });
    await publishEdits(owner, change);
    const expected = { keyIds: [bob.id], paths: ['b', 'c'] };
    expect(await delegationOf('targets/alice')).toMatchObject(expected);
    const again = { ...change, removeKeyIds: [] };
    expect((await publishEdits(owner, again)).outcome).toBe('unchanged');
    expect(await stage.versions('targets')).toEqual([4]);
  });

  it('is cleared of its paths before others are added', async () => {
    await publishEdits(owner, newDelegation('targets/alice', [alice], ['a', 'b']));
    await publishEdits(owner, changeOf('targets/alice', { clearPaths: true, addPaths: ['c'] }));
    expect(await delegationOf('targets/alice')).toMatchObject({ paths: ['c'] });
  });

  it('loses a certificate by the id of the key in it', async () => {
    const signer = await owner.keys.open(alice.canonicalId);
    const certificate = publicKeyFromCertificate(
      await rootCertificate(signer, 'alice', stage.server.nowMs),
    );
    await publishEdits(owner, newDelegation('targets/alice', [certificate, bob]));
    await publishEdits(owner, changeOf('targets/alice', { removeKeyIds: [alice.canonicalId] }));
    expect(await delegationOf('targets/alice')).toMatchObject({ keyIds: [bob.id] });
  });

  it('keeps its threshold unless another is asked for', async () => {
    await publishEdits(owner, newDelegation('targets/alice', [alice, bob], [''], 2));
    await publishEdits(owner, newDelegation('targets/alice', [alice], ['x']));
    expect(await delegationOf('targets/alice')).toMatchObject({ threshold: 2 });
    await publishEdits(owner, changeOf('targets/alice', { newThreshold: 1 }));
    expect(await delegationOf('targets/alice')).toMatchObject({ threshold: 1 });
  });

  it.each([
    ['nobody made', changeOf('targets/carol', { addPaths: ['x'] }), 'delegation does not exist'],
    [
      'is made without a key',
      changeOf('targets/carol', { isNew: true, addPaths: ['x'] }),
      'tuf: invalid role targets/carol.',
    ],
    [
      'has no parent',
      changeOf('targets/carol/x', { isNew: true, threshold: 1 }),
      'tuf: invalid role targets/carol. delegation does not exist',
    ],
  ])('that %s is refused in the words of notary', async (_what, edit, words) => {
    await expect(publishEdits(owner, edit)).rejects.toMatchObject({
      code: 'ROLE_INVALID',
      message: expect.stringContaining(words),
    });
    expect(stage.uploads()).toEqual([]);
  });

  it('without a key left stays, counts for nobody, and its publisher hears of it', async () => {
    await publishEdits(owner, newDelegation('targets/alice', [alice]));
    owner.machine.takeEvents();
    await publishEdits(owner, changeOf('targets/alice', { removeKeyIds: [alice.canonicalId] }));
    expect(owner.machine.events).toContainEqual({
      kind: 'role-unusable',
      gun,
      role: 'targets/alice',
      keys: 0,
      threshold: 1,
    });
    const role = '{"keyids":null,"name":"targets/alice","paths":[""],"threshold":1}';
    expect(await delegationsText(owner)).toBe(`{"keys":{},"roles":[${role}]}`);
  });

  it('that is removed takes the keys along that nobody else uses', async () => {
    await publishEdits(
      owner,
      newDelegation('targets/alice', [alice, bob]),
      newDelegation('targets/bob', [bob]),
    );
    await publishEdits(owner, { kind: 'remove-delegation', role: 'targets/alice' });
    const content = await contentOf(owner, 'targets');
    expect([...(content?.delegations.keys.keys() ?? [])]).toEqual([bob.id]);
    expect(content?.delegations.roles.map(({ name }) => name)).toEqual(['targets/bob']);
    await publishEdits(owner, { kind: 'remove-delegation', role: 'targets/bob' });
    expect(await delegationsText(owner)).toBe('{"keys":{},"roles":null}');
    const again = await publishEdits(owner, { kind: 'remove-delegation', role: 'targets/bob' });
    expect(again.outcome).toBe('unchanged');
  });

  it('that is removed and made again for another goes on above its old version', async () => {
    await takeSnapshotHome(owner);
    await publishEdits(
      owner,
      newDelegation('targets/alice', [alice]),
      setTag('targets/alice', 'v2'),
    );
    const consumer = await stage.newConsumer();
    await refresh(gun, consumer);
    await publishEdits(owner, { kind: 'remove-delegation', role: 'targets/alice' });
    await publishEdits(owner, newDelegation('targets/alice', [bob]), setTag('targets/alice', 'v3'));
    expect(await stage.versions('targets/alice')).toEqual([2]);
    const { set } = await refresh(gun, consumer);
    const tags = set.targets('targets/alice')?.signed.targets;
    expect([tags?.get('v2'), tags?.get('v3')]).toEqual([undefined, expect.anything()]);
  });

  it('that is removed and made again is missed by nobody who saw that it was gone', async () => {
    await takeSnapshotHome(owner);
    const signed = [
      newDelegation('targets/alice', [alice]),
      setTag('targets/alice', 'v2'),
    ] as const;
    await publishEdits(owner, ...signed, newDelegation('targets/bob', [bob]));
    const consumer = await stage.newConsumer();
    await refresh(gun, consumer);
    await publishEdits(owner, { kind: 'remove-delegation', role: 'targets/alice' });
    await refresh(gun, consumer);
    await publishEdits(owner, newDelegation('targets/alice', [alice]));
    await publishEdits(owner, setTag('targets', 'v3'));
    const { set } = await refresh(gun, consumer);
    expect(set.targets('targets')?.signed.targets.get('v3')).toBeDefined();
    expect(set.targets('targets/alice')).toBeUndefined();
  });

  it('that is removed and made again at once is to consumers one that changed', async () => {
    await takeSnapshotHome(owner);
    const signed = [
      newDelegation('targets/alice', [alice]),
      setTag('targets/alice', 'v2'),
      newDelegation('targets/alice/deep', [alice]),
      setTag('targets/alice/deep', 'v3'),
    ] as const;
    await publishEdits(owner, ...signed);
    const consumer = await stage.newConsumer();
    await refresh(gun, consumer);
    const remove = { kind: 'remove-delegation', role: 'targets/alice' } as const;
    await publishEdits(owner, remove, newDelegation('targets/alice', [alice], ['v']));
    expect((await contentOf(owner, 'targets/alice'))?.targets.get('v2')).toBeDefined();
    expect((await contentOf(owner, 'targets/alice/deep'))?.targets.get('v3')).toBeDefined();
    await publishEdits(owner, remove, newDelegation('targets/alice', [bob]));
    const { skipped } = await refresh(gun, consumer);
    expect(skipped.get('targets/alice')).toMatchObject({ code: 'THRESHOLD_UNMET' });
  });

  it('that is removed and made again goes on above it also where nobody knew the old one', async () => {
    await takeSnapshotHome(owner);
    const edits = [newDelegation('targets/alice', [alice]), setTag('targets/alice', 'v2')] as const;
    await publishEdits(owner, ...edits);
    await publishEdits(owner, setTag('targets/alice', 'v3'));
    await publishEdits(owner, { kind: 'remove-delegation', role: 'targets/alice' });
    const second = await stage.newPublisher();
    for (const { id } of await owner.keys.list()) owner.keys.give(id, second.keys);
    await publishEdits(second, ...edits);
    expect(await stage.versions('targets/alice')).toEqual([3]);
  });

  it('that is removed and made again in one publication does not bring back what it listed', async () => {
    await publishEdits(
      owner,
      newDelegation('targets/alice', [alice]),
      setTag('targets/alice', 'v2'),
      newDelegation('targets/alice/deep', [alice]),
      setTag('targets/alice/deep', 'v3'),
    );
    await publishEdits(
      owner,
      { kind: 'remove-delegation', role: 'targets/alice' },
      newDelegation('targets/alice', [bob]),
      newDelegation('targets/alice/deep', [bob]),
      setTag('targets/alice', 'v4'),
      setTag('targets/alice/deep', 'v5'),
    );
    for (const [role, tags] of [
      ['targets/alice', ['v4']],
      ['targets/alice/deep', ['v5']],
    ] as const) {
      const content = await contentOf(owner, role);
      expect([...(content?.targets.entries() ?? [])].map(([name]) => name)).toEqual(tags);
      expect(content?.version).toBe(2);
    }
  });
});

describe('nested delegations', () => {
  beforeEach(async () => {
    await publishEdits(owner, newDelegation('targets/a', [alice], ['a/', 'b/']));
  });

  it('are said by the file of the role above, signed with its key alone', async () => {
    const delegate = await stage.newPublisher();
    owner.keys.give(alice.canonicalId, delegate.keys);
    const done = await publishEdits(delegate, newDelegation('targets/a/x', [bob], ['a/x']));
    expect(done.uploaded).toEqual(['targets/a']);
    owner.keys.give(bob.canonicalId, delegate.keys);
    await publishEdits(delegate, setTag('targets/a/x', 'a/x1'));
    expect((await contentOf(owner, 'targets/a/x'))?.targets.get('a/x1')).toBeDefined();
  });

  it('have paths below those of the role above', async () => {
    await expect(
      publishEdits(owner, newDelegation('targets/a/x', [bob], ['a/x', 'c/'])),
    ).rejects.toMatchObject({
      code: 'ROLE_INVALID',
      message: 'tuf: invalid role targets/a/x. invalid paths to add to role',
    });
  });

  it('bind a tag by the paths of all roles above, and let any tag be taken out', async () => {
    await publishEdits(
      owner,
      newDelegation('targets/a/x', [bob], ['a/', 'b/']),
      setTag('targets/a/x', 'a/1'),
    );
    await publishEdits(owner, changeOf('targets/a', { removePaths: ['a/'] }));
    await expect(publishEdits(owner, setTag('targets/a/x', 'a/2'))).rejects.toMatchObject({
      code: 'ROLE_INVALID',
    });
    const remove = { kind: 'remove-tag', role: 'targets/a/x', name: 'a/1' } as const;
    expect((await publishEdits(owner, remove)).uploaded).toEqual(['targets/a/x']);
  });
});

describe('purging a key', () => {
  const purge = (...keys: readonly PublicKey[]) =>
    ({ kind: 'purge-keys', keyIds: keys.map(({ canonicalId }) => canonicalId) }) as const;

  beforeEach(async () => {
    await publishEdits(
      owner,
      newDelegation('targets/a', [alice, bob]),
      newDelegation('targets/b', [bob]),
      newDelegation('targets/a/x', [alice, bob]),
    );
  });

  it('takes it out of every delegation, nested ones too', async () => {
    const done = await publishEdits(owner, purge(alice));
    expect(done.uploaded).toEqual(['targets', 'targets/a']);
    for (const role of ['targets', 'targets/a'] as const) {
      expect(await delegationsText(owner, role)).not.toContain(alice.id);
      expect(await delegationsText(owner, role)).toContain(bob.id);
    }
  });

  it('signs a nested role with what is left of its keys, and tells what nobody here can sign', async () => {
    for (const key of [alice, bob]) await owner.keys.remove(key.canonicalId);
    owner.machine.takeEvents();
    const done = await publishEdits(owner, purge(alice));
    expect(done.uploaded).toEqual(['targets']);
    expect(owner.machine.events).toContainEqual({
      kind: 'purge-incomplete',
      gun,
      role: 'targets/a',
      keyIds: [alice.canonicalId],
    });
  });

  it('that is the only key of a role here leaves what is below that role alone', async () => {
    await owner.keys.remove(bob.canonicalId);
    const done = await publishEdits(owner, purge(alice));
    expect(done.uploaded).toEqual(['targets']);
  });

  it('that no role here can be signed without is refused: it would count as before', async () => {
    for (const id of owner.keys.ids('targets')) await owner.keys.remove(id);
    for (const key of [alice, bob]) await owner.keys.remove(key.canonicalId);
    await expect(publishEdits(owner, purge(alice))).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      facts: { 'listed in': 'targets, targets/a' },
    });
  });

  it('of one part of the repository leaves the others', async () => {
    const done = await publishEdits(owner, { ...purge(bob), below: 'targets/a' });
    expect(done.uploaded).toEqual(['targets/a']);
  });
});

describe('witnessing', () => {
  it('signs a role again as it is', async () => {
    const done = await publishEdits(owner, { kind: 'witness', role: 'targets' });
    expect(done.uploaded).toEqual(['targets']);
    expect(await stage.versions('targets')).toEqual([3]);
    expect(await stage.verify('v1')).toBe(digestOf('v1'));
  });

  it('takes over a role whose signer was replaced, with all that it lists and delegates', async () => {
    await publishEdits(
      owner,
      newDelegation('targets/a', [alice]),
      setTag('targets/a', 'v2'),
      newDelegation('targets/a/x', [alice]),
    );
    await publishEdits(
      owner,
      changeOf('targets/a', { addKeys: [bob], removeKeyIds: [alice.canonicalId] }),
    );
    expect(await contentOf(owner, 'targets/a')).toBeUndefined();

    await publishEdits(owner, { kind: 'witness', role: 'targets/a' }, setTag('targets/a', 'v3'));
    const content = await contentOf(owner, 'targets/a');
    expect([content?.targets.get('v2'), content?.targets.get('v3')]).not.toContain(undefined);
    expect(content?.delegations.roles).toHaveLength(1);
    expect(content?.version).toBe(2);
  });

  it('renews a role that has run out', async () => {
    await publishEdits(owner, newDelegation('targets/a', [alice]), setTag('targets/a', 'v2'));
    stage.passTime(4 * 365 * 24 * 60 * 60 * 1000);
    await publishEdits(
      owner,
      { kind: 'witness', role: 'targets' },
      { kind: 'witness', role: 'targets/a' },
    );
    expect((await contentOf(owner, 'targets/a'))?.targets.get('v2')).toBeDefined();
  });

  it('of a role that lacks keys is refused in the words of notary', async () => {
    await publishEdits(owner, newDelegation('targets/a', [alice]), setTag('targets/a', 'v2'));
    await publishEdits(owner, changeOf('targets/a', { removeKeyIds: [alice.canonicalId] }));
    await expect(publishEdits(owner, { kind: 'witness', role: 'targets/a' })).rejects.toMatchObject(
      {
        code: 'ROLE_INVALID',
        message: expect.stringContaining('does not specify enough valid signing keys'),
      },
    );
  });

  it('of a role that nobody knows is refused in the words of notary', async () => {
    await expect(
      publishEdits(owner, { kind: 'witness', role: 'targets/zoe' }),
    ).rejects.toMatchObject({
      code: 'ROLE_INVALID',
      message: 'tuf: invalid role targets/zoe. this role is not known',
    });
  });

  it('takes over nothing but the file that the snapshot names', async () => {
    await publishEdits(owner, newDelegation('targets/a', [alice]), setTag('targets/a', 'v2'));
    await publishEdits(
      owner,
      changeOf('targets/a', { addKeys: [bob], removeKeyIds: [alice.canonicalId] }),
    );
    const forged = await stage.server.fetch(gun, { role: 'targets' }, 1024 * 1024);
    const fetch = stage.server.fetch.bind(stage.server);
    stage.server.fetch = async (name, file, maxBytes) =>
      file.role === 'targets/a' ? forged! : fetch(name, file, maxBytes);
    await expect(publishEdits(owner, { kind: 'witness', role: 'targets/a' })).rejects.toMatchObject(
      { code: expect.stringMatching(/HASH_MISMATCH|RESPONSE_TOO_LARGE/) },
    );
  });
});
