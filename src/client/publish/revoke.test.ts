import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gun, imageTag, type TestPublisher } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import { delegate } from '../../../test/client/upkeep.ts';
import type { TargetsRole } from '../../tuf/role.ts';
import { refresh } from '../consume/refresh.ts';
import { resolveTag } from '../consume/resolve.ts';
import { type RevokedTag, revokeTags, stillSigned } from './revoke.ts';
import { signTags } from './sign-image.ts';

let stage: Stage;
let owner: TestPublisher;
beforeEach(async () => {
  stage = await Stage.set();
  ({ owner } = stage);
});
afterEach(() => stage.clear());

const revoke = (
  who: TestPublisher,
  tags: readonly string[] | 'all',
  roles?: readonly TargetsRole[],
) => revokeTags({ gun, tags, roles }, who);
const expectUnsigned = (tag: string) =>
  expect(stage.verify(tag)).rejects.toMatchObject({ code: 'TAG_NOT_SIGNED' });

describe('what a revocation left to be pulled', () => {
  const tag = (
    name: string,
    outcome: RevokedTag['outcome'],
    ...stillSignedBy: readonly TargetsRole[]
  ) => ({ tag: name, removedFrom: [], stillSignedBy, outcome });

  it('is nothing when every tag is gone, or stands where it counts for nobody', () => {
    const tags = [tag('a', 'revoked'), tag('b', 'unchanged', 'targets/alice')];
    expect(stillSigned({ tags })).toBeUndefined();
    expect(stillSigned({ tags: [] })).toBeUndefined();
  });

  it('is the tags in their order, and each role once', () => {
    const tags = [
      tag('b', 'still-signed', 'targets/releases', 'targets'),
      tag('c', 'revoked', 'targets/alice'),
      tag('a', 'still-signed', 'targets'),
    ];
    expect(stillSigned({ tags })).toEqual({
      tags: ['b', 'a'],
      roles: ['targets/releases', 'targets'],
      isOwners: true,
    });
  });

  it('needs the repository key only where it has signed', () => {
    const tags = [tag('a', 'still-signed', 'targets/releases')];
    expect(stillSigned({ tags })?.isOwners).toBe(false);
  });
});

describe('without delegations', () => {
  it('a tag is taken out of targets; others stay, and keys too', async () => {
    await owner.sign('v2');
    const done = await revoke(owner, ['v1']);
    expect(done).toMatchObject({ gun, uploaded: ['targets'] });
    expect(done.tags).toEqual([
      { tag: 'v1', removedFrom: ['targets'], stillSignedBy: [], outcome: 'revoked' },
    ]);
    expect(done.versions.get('targets')).toBe(4);
    await expectUnsigned('v1');
    await stage.verify('v2');
    expect(await owner.keys.list()).toHaveLength(2);
  });

  it('several tags, or all, are one publication', async () => {
    await owner.sign('v2', 'v3', 'v4');
    stage.server.calls.length = 0;
    await revoke(owner, ['v4', 'v2', 'v4']);
    expect((await revoke(owner, 'all')).tags.map(({ tag }) => tag)).toEqual(['v1', 'v3']);
    expect(stage.uploads()).toEqual(['publish targets', 'publish targets']);
    for (const tag of ['v1', 'v2', 'v3', 'v4']) await expectUnsigned(tag);
  });

  it.each([
    ['a tag', ['none'], 'No valid trust data for none'],
    ['one of several tags', ['v1', 'none'], 'No valid trust data for none'],
  ] as const)(
    '%s that nobody signed is TAG_NOT_SIGNED, and nothing is published',
    async (_what, tags, words) => {
      await expect(revoke(owner, tags)).rejects.toMatchObject({
        code: 'TAG_NOT_SIGNED',
        message: expect.stringContaining(words),
      });
      expect(stage.uploads()).toEqual([]);
    },
  );

  it('all tags where there is none is TAG_NOT_SIGNED in the words of docker', async () => {
    await revoke(owner, 'all');
    await expect(revoke(owner, 'all')).rejects.toMatchObject({
      code: 'TAG_NOT_SIGNED',
      message: expect.stringContaining('no signed tags to remove'),
    });
  });

  it('without the key nothing is revoked', async () => {
    await owner.keys.remove(owner.keys.ids('targets')[0]!);
    await expect(revoke(owner, ['v1'])).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
    await stage.verify('v1');
  });
});

describe('with delegations', () => {
  let alice: TestPublisher;
  let bob: TestPublisher;
  beforeEach(async () => {
    alice = await stage.newPublisher();
    bob = await stage.newPublisher();
    const first = (await alice.keys.generate('alice')).key;
    const second = (await bob.keys.generate('bob')).key;
    await delegate(
      owner,
      { name: 'targets/alice', keys: [first] },
      { name: 'targets/bob', keys: [second] },
      { name: 'targets/releases', keys: [first, second] },
    );
  });

  it('a signer takes a tag out of own role and releases; what others signed stays, and is told', async () => {
    await alice.sign('v2');
    await bob.sign('v2');
    expect((await revoke(alice, ['v2'])).tags).toEqual([
      {
        tag: 'v2',
        removedFrom: ['targets/alice', 'targets/releases'],
        stillSignedBy: ['targets/bob'],
        outcome: 'revoked',
      },
    ]);
    await expectUnsigned('v2');
  });

  it('a tag of the repository key is reported as still signed, not as revoked', async () => {
    const { tags, uploaded } = await revoke(alice, ['v1']);
    expect(tags).toEqual([
      { tag: 'v1', removedFrom: [], stillSignedBy: ['targets'], outcome: 'still-signed' },
    ]);
    expect(uploaded).toEqual([]);
    await stage.verify('v1');
  });

  it('an older entry of the repository key that comes to light is reported as still signed', async () => {
    const before = await stage.verify('v1');
    await alice.sign('v1=new');
    expect(await stage.verify('v1')).not.toBe(before);
    expect((await revoke(alice, ['v1'])).tags).toMatchObject([
      {
        removedFrom: ['targets/alice', 'targets/releases'],
        stillSignedBy: ['targets'],
        outcome: 'still-signed',
      },
    ]);
    expect(await stage.verify('v1')).toBe(before);
  });

  it('roles that are named are the ones changed', async () => {
    await alice.sign('v1=new');
    expect((await revoke(owner, ['v1'], ['targets'])).tags).toMatchObject([
      { removedFrom: ['targets'], outcome: 'still-signed' },
    ]);
    await revoke(alice, ['v1'], ['targets/releases']);
    await expectUnsigned('v1');
    expect((await revoke(alice, 'all')).tags).toMatchObject([
      { tag: 'v1', removedFrom: ['targets/alice'], stillSignedBy: [], outcome: 'revoked' },
    ]);
  });

  it('a tag that stands where nobody here can change it is reported as unchanged', async () => {
    await signTags({ gun, tags: [imageTag('v2')], roles: ['targets/bob'] }, bob);
    expect((await revoke(alice, ['v2'])).tags).toEqual([
      { tag: 'v2', removedFrom: [], stillSignedBy: ['targets/bob'], outcome: 'unchanged' },
    ]);
  });

  it('all takes what can be taken, and names what is left', async () => {
    await alice.sign('v2', 'v3');
    const { tags } = await revoke(alice, 'all');
    expect(tags.map(({ tag, outcome }) => [tag, outcome])).toEqual([
      ['v1', 'still-signed'],
      ['v2', 'revoked'],
      ['v3', 'revoked'],
    ]);
  });

  it('all passes over tags outside the paths of every delegation, unless there is nothing else', async () => {
    const keys = [(await alice.keys.open(alice.keys.ids('alice')[0]!)).key];
    await alice.sign('v2');
    await delegate(
      owner,
      { name: 'targets/alice', keys, paths: ['v2'] },
      { name: 'targets/bob', keys: [], paths: [] },
      { name: 'targets/releases', keys, paths: ['v2'] },
    );
    const { tags } = await revoke(alice, 'all');
    expect(tags.map(({ tag, outcome }) => [tag, outcome])).toEqual([
      ['v1', 'still-signed'],
      ['v2', 'revoked'],
    ]);
    await expect(revoke(alice, 'all')).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });

  it('the owner of the repository key alone cannot revoke by the rule, only by name', async () => {
    await expect(revoke(owner, ['v1'])).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
    await revoke(owner, ['v1'], ['targets']);
    await expectUnsigned('v1');
  });

  it('releases that does not count now is reported as perhaps listing the tag', async () => {
    await alice.sign('v1=new');
    const keys = [(await bob.keys.open(bob.keys.ids('bob')[0]!)).key];
    await delegate(owner, { name: 'targets/releases', keys });
    expect((await revoke(alice, ['v1'])).tags).toEqual([
      {
        tag: 'v1',
        removedFrom: ['targets/alice'],
        stillSignedBy: ['targets/releases', 'targets'],
        outcome: 'still-signed',
      },
    ]);
    const repository = await refresh(gun, await stage.newConsumer());
    expect(() => resolveTag(repository, 'v1')).toThrow(/cannot be decided/);
  });

  it('is applied again when somebody else published meanwhile', async () => {
    await alice.sign('v2');
    let isFirst = true;
    stage.server.before = async (call) => {
      if (call !== 'publish' || !isFirst) return;
      isFirst = false;
      await bob.sign('v3');
    };
    expect((await revoke(alice, ['v2'])).tags).toMatchObject([{ outcome: 'revoked' }]);
    await expectUnsigned('v2');
    await stage.verify('v3');
  });
});

describe('what is read back after a revocation', () => {
  let other: TestPublisher;
  beforeEach(async () => {
    other = await stage.newPublisher();
    for (const { id } of await owner.keys.list()) owner.keys.give(id, other.keys);
  });

  it('decides: a tag that somebody signed again at once is still signed', async () => {
    let isFirst = true;
    stage.server.after = async (call) => {
      if (call !== 'publish' || !isFirst) return;
      isFirst = false;
      await other.sign('v1');
    };
    expect((await revoke(owner, ['v1'])).tags).toMatchObject([
      { outcome: 'still-signed', stillSignedBy: ['targets'] },
    ]);
  });

  it('must be what was uploaded, and not another file of the same version', async () => {
    const publish = stage.server.publish.bind(stage.server);
    let isFirst = true;
    stage.server.publish = async (...upload) => {
      if (!isFirst) return publish(...upload);
      isFirst = false;
      await other.sign('v2');
    };
    await expect(revoke(owner, ['v1'])).rejects.toMatchObject({ code: 'SERVER_ERROR' });
    await stage.verify('v1');
  });
});
