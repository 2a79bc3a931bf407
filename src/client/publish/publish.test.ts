import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Consumer } from '../../../test/client/consumer.ts';
import { KeyRing } from '../../../test/client/key-ring.ts';
import { LocalServer } from '../../../test/client/local-server.ts';
import {
  digestOf,
  gun,
  imageTag,
  publisherAt,
  type TestPublisher,
} from '../../../test/client/publisher.ts';
import { changeRoot, delegate, takeSnapshotHome } from '../../../test/client/upkeep.ts';
import { Failure } from '../../errors.ts';
import type { RoleName } from '../../tuf/role.ts';
import { refresh } from '../consume/refresh.ts';
import { resolveTag } from '../consume/resolve.ts';
import { targetChange } from '../trustdir/change.ts';
import { publish } from './publish.ts';
import { signTags } from './sign-image.ts';

const dayMs = 24 * 60 * 60 * 1000;
const yearMs = 365 * dayMs;

let server: LocalServer;
let owner: TestPublisher;
const machines: Consumer[] = [];

async function newPublisher(): Promise<TestPublisher> {
  const made = await publisherAt(server);
  machines.push(made.machine);
  made.machine.clockMs = server.nowMs;
  return made;
}
async function verify(tag: string): Promise<string> {
  const consumer = await Consumer.make(server);
  machines.push(consumer);
  consumer.clockMs = owner.machine.clockMs;
  return resolveTag(await refresh(gun, consumer), tag).digest;
}
function passTime(ms: number): void {
  server.nowMs += ms;
  owner.machine.clockMs += ms;
}
/** The owner's keys but for the root key. */
function withoutRoot(): KeyRing {
  const ring = new KeyRing();
  for (const id of owner.keys.ids('targets')) owner.keys.give(id, ring);
  return ring;
}
const uploads = () => server.calls.filter((call) => call.startsWith('publish'));
const versions = async (...roles: readonly RoleName[]) =>
  Promise.all(roles.map((role) => server.version(gun, role)));

beforeEach(async () => {
  server = new LocalServer();
  owner = await newPublisher();
  await owner.sign('v1');
  server.calls.length = 0;
  owner.machine.events.length = 0;
});
afterEach(async () => {
  for (const machine of machines.splice(0)) await machine.remove();
});

describe('signing more', () => {
  it('is a no-op, reported as such, for what is signed already: no key is opened', async () => {
    owner.keys.opened.length = 0;
    const result = await owner.sign('v1');
    expect(result).toMatchObject({ uploaded: [], tags: [{ tag: 'v1', outcome: 'unchanged' }] });
    expect(uploads()).toEqual([]);
    expect(owner.keys.opened).toEqual([]);
  });

  it('tells the tags that changed from those that did not', async () => {
    const { tags } = await owner.sign('v1', 'v2');
    expect(tags.map(({ tag, outcome }) => [tag, outcome])).toEqual([
      ['v1', 'unchanged'],
      ['v2', 'signed'],
    ]);
  });

  it('uploads only what changed, and reads back no file that it has just made', async () => {
    await owner.sign('v2');
    expect(uploads()).toEqual(['publish targets']);
    expect(server.calls.filter((call) => /sha256.*"targets"|"targets".*sha256/.test(call))).toEqual(
      [],
    );
  });

  it('from a second machine starts from what is published now', async () => {
    const second = await newPublisher();
    for (const { id } of await owner.keys.list()) owner.keys.give(id, second.keys);
    await second.sign('v2');
    await owner.sign('v3');
    for (const tag of ['v1', 'v2', 'v3']) expect(await verify(tag)).toBe(digestOf(tag));
  });

  it('without the key of the role is KEY_NOT_FOUND, naming the id that is wanted', async () => {
    const [id] = owner.keys.ids('targets');
    owner.keys.remove(id!);
    await expect(owner.sign('v2')).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      facts: { role: 'targets', needs: '1 of 1', 'one of these': id },
    });
    expect(uploads()).toEqual([]);
  });

  it('with a wrong passphrase is PASSPHRASE_WRONG before anything is uploaded', async () => {
    owner.keys.locked.add(owner.keys.ids('targets')[0]!);
    await expect(owner.sign('v2')).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
    expect(uploads()).toEqual([]);
  });

  it.each(['UNAUTHORIZED', 'FORBIDDEN'] as const)(
    'without the right to write is %s before a key is opened',
    async (code) => {
      owner.keys.opened.length = 0;
      server.failAt('serverKey', new Failure(code, 'no'));
      await expect(owner.sign('v2')).rejects.toMatchObject({ code });
      expect(owner.keys.opened).toEqual([]);
    },
  );

  it('needs the server: an offline publisher hears that it is UNREACHABLE', async () => {
    server.failAt('fetch', new Failure('UNREACHABLE', 'no'));
    await expect(owner.sign('v2')).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  it('leaves changes that others staged alone', async () => {
    const { changeList } = owner.directory.repository(gun);
    await changeList.add(targetChange('targets', 'staged', { length: 1, hashes: new Map() }), 1n);
    await owner.sign('v2');
    expect((await changeList.list()).map(({ change }) => change?.path)).toEqual(['staged']);
    await expect(verify('staged')).rejects.toMatchObject({ code: 'TAG_NOT_SIGNED' });
  });

  it('reports success when only reading back failed, and says so', async () => {
    let uploaded = false;
    server.after = (call) => void (uploaded ||= call === 'publish');
    server.before = (call) => {
      if (uploaded && call === 'fetch') throw new Failure('UNREACHABLE', 'gone');
    };
    const result = await owner.sign('v2');
    expect(result).toMatchObject({ uploaded: ['targets'], tags: [{ outcome: 'signed' }] });
    expect(result.versions.size).toBe(0);
    expect(owner.machine.takeEvents()).toEqual(['cache-not-updated']);
  });

  it('removes a tag', async () => {
    await owner.sign('v2');
    const edit = { kind: 'remove-tag', role: 'targets', name: 'v1' } as const;
    expect(await publish(gun, async () => [edit], owner)).toMatchObject({ outcome: 'published' });
    expect(await publish(gun, async () => [edit], owner)).toMatchObject({ outcome: 'unchanged' });
    await expect(verify('v1')).rejects.toMatchObject({ code: 'TAG_NOT_SIGNED' });
    expect(await verify('v2')).toBe(digestOf('v2'));
  });
});

describe('a lost race', () => {
  /** Lets `other` sign just before each of the first `times` uploads of the owner. */
  function overtake(other: TestPublisher, times: number): void {
    let left = times;
    let isOther = false;
    server.before = async (call) => {
      if (call !== 'publish' || isOther || left === 0) return;
      left -= 1;
      isOther = true;
      await other.sign(`other-${left}`);
      isOther = false;
    };
  }
  let other: TestPublisher;
  beforeEach(async () => {
    other = await newPublisher();
    for (const { id } of await owner.keys.list()) owner.keys.give(id, other.keys);
  });

  it('is fetched, applied and tried again, and nothing of either is lost', async () => {
    overtake(other, 3);
    await owner.sign('mine');
    for (const tag of ['v1', 'other-0', 'other-1', 'other-2', 'mine']) {
      expect(await verify(tag), tag).toBe(digestOf(tag));
    }
    expect(owner.machine.events.filter(({ kind }) => kind === 'publish-retried')).toMatchObject([
      { attempt: 1, problem: { code: 'VERSION_CONFLICT' } },
      { attempt: 2 },
      { attempt: 3 },
    ]);
  });

  it('is given up after many attempts as VERSION_CONFLICT, with bounded random waits', async () => {
    overtake(other, 1000);
    const waits: number[] = [];
    const patient = { ...owner, pause: async (ms: number) => void waits.push(ms) };
    const request = { gun, tags: [imageTag('mine')] };
    await expect(signTags(request, patient)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
    expect(waits).toHaveLength(15);
    expect(Math.max(...waits)).toBeLessThan(3000);
    expect(new Set(waits).size).toBeGreaterThan(5);
  });

  it('that leaves nothing to do ends as unchanged', async () => {
    let isOther = false;
    server.before = async (call) => {
      if (call !== 'publish' || isOther) return;
      isOther = true;
      await other.sign('same');
    };
    expect((await owner.sign('same')).tags).toMatchObject([{ outcome: 'unchanged' }]);
  });

  it('is told from a refusal by the timestamp that moved', async () => {
    let refusals = 1;
    let isOther = false;
    server.before = async (call) => {
      if (call !== 'publish' || isOther || refusals === 0) return;
      refusals -= 1;
      isOther = true;
      await other.sign('other');
      isOther = false;
      throw new Failure('UPLOAD_REJECTED', 'Go says so when its validation lost the race');
    };
    expect((await owner.sign('mine')).uploaded).toEqual(['targets']);
    expect(await verify('other')).toBe(digestOf('other'));
  });

  it('is not suspected behind a refusal when nothing moved', async () => {
    server.failAt('publish', new Failure('UPLOAD_REJECTED', 'no'));
    await expect(owner.sign('mine')).rejects.toMatchObject({ code: 'UPLOAD_REJECTED' });
    expect(uploads()).toHaveLength(1);
  });

  it('of eight publishers at once costs nobody an update', async () => {
    const crowd = await Promise.all(Array.from({ length: 8 }, () => newPublisher()));
    for (const one of crowd) {
      for (const { id } of await owner.keys.list()) owner.keys.give(id, one.keys);
    }
    const patient = crowd.map((one) => ({
      ...one,
      pause: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms / 20)),
    }));
    await Promise.all(
      patient.map((one, index) => signTags({ gun, tags: [imageTag(`crowd-${index}`)] }, one)),
    );
    for (const index of crowd.keys()) {
      expect(await verify(`crowd-${index}`)).toBe(digestOf(`crowd-${index}`));
    }
  }, 30_000);

  it('on one machine is not run at all: publishers take turns', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map((tag) => owner.sign(tag)));
    expect(owner.machine.takeEvents()).toEqual([]);
    for (const tag of ['a', 'b', 'c', 'd']) expect(await verify(tag)).toBe(digestOf(tag));
  });
});

describe('with delegations', () => {
  let alice: TestPublisher;
  beforeEach(async () => {
    alice = await newPublisher();
    const { key } = await alice.keys.generate('alice');
    await delegate(
      owner,
      { name: 'targets/alice', keys: [key] },
      { name: 'targets/releases', keys: [key] },
    );
  });

  it('a signer signs in own role and in releases, in one publication, without the repository key', async () => {
    const result = await alice.sign('v2');
    expect(result.tags[0]?.roles).toEqual(['targets/alice', 'targets/releases']);
    expect(result.uploaded).toEqual(['targets/alice', 'targets/releases']);
    expect(await verify('v2')).toBe(digestOf('v2'));
    expect(await versions('targets/alice', 'targets/releases')).toEqual([1, 1]);
    await alice.sign('v3');
    expect(await versions('targets/alice', 'targets/releases')).toEqual([2, 2]);
  });

  it('the owner of the repository key alone signs nothing', async () => {
    await expect(owner.sign('v2')).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      message: 'no valid signing keys for delegation roles',
      facts: { 'targets/alice': alice.keys.ids('alice')[0]!.slice(0, 7) },
    });
  });

  it('roles that are named are signed instead', async () => {
    const request = { gun, tags: [imageTag('v2')], roles: ['targets'] as const };
    expect((await signTags(request, owner)).uploaded).toEqual(['targets']);
    expect(await verify('v2')).toBe(digestOf('v2'));
  });

  it('tags outside the paths of every role are refused, by the rule and by the role', async () => {
    const [key] = await Promise.all(alice.keys.ids('alice').map((id) => alice.keys.open(id)));
    const limited = { keys: [key!.key], paths: ['1.'] };
    await delegate(
      owner,
      { name: 'targets/alice', ...limited },
      { name: 'targets/releases', ...limited },
    );
    expect((await alice.sign('1.0')).tags[0]?.roles).toEqual(['targets/alice', 'targets/releases']);
    await expect(alice.sign('2.0')).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
    const request = { gun, tags: [imageTag('2.0')], roles: ['targets/releases'] as const };
    await expect(signTags(request, alice)).rejects.toMatchObject({ code: 'ROLE_INVALID' });
  });

  it('a role that nobody delegates to is refused', async () => {
    const request = { gun, tags: [imageTag('v2')], roles: ['targets/bob'] as const };
    await expect(signTags(request, alice)).rejects.toMatchObject({ code: 'ROLE_INVALID' });
  });

  it('two signers on different machines both count', async () => {
    const bob = await newPublisher();
    const { key } = await bob.keys.generate('bob');
    const [first] = alice.keys.ids('alice');
    const aliceKey = (await alice.keys.open(first!)).key;
    await delegate(
      owner,
      { name: 'targets/bob', keys: [key] },
      { name: 'targets/releases', keys: [aliceKey, key] },
    );
    await alice.sign('v2');
    await bob.sign('v2');
    await bob.sign('v3');
    for (const tag of ['v2', 'v3']) expect(await verify(tag)).toBe(digestOf(tag));
    expect(await versions('targets/alice', 'targets/bob', 'targets/releases')).toEqual([1, 2, 2]);
  });

  it('a threshold of two needs two keys here, and is met with them', async () => {
    const bob = await newPublisher();
    const { key } = await bob.keys.generate('bob');
    const [first] = alice.keys.ids('alice');
    const aliceKey = (await alice.keys.open(first!)).key;
    const both = { keys: [aliceKey, key], threshold: 2 };
    await delegate(
      owner,
      { name: 'targets/releases', ...both },
      { name: 'targets/alice', keys: [aliceKey] },
    );
    await expect(alice.sign('v2')).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      facts: { role: 'targets/releases', needs: '2 of 2' },
    });
    bob.keys.give(key.canonicalId, alice.keys);
    await alice.sign('v2');
    expect(await verify('v2')).toBe(digestOf('v2'));
  });

  it('one of two keys that does not open is no matter while the other suffices', async () => {
    const { key } = await alice.keys.generate('spare');
    const [first] = alice.keys.ids('alice');
    const aliceKey = (await alice.keys.open(first!)).key;
    await delegate(owner, { name: 'targets/releases', keys: [key, aliceKey] });
    alice.keys.locked.add(key.canonicalId);
    await alice.sign('v2');
    expect(await verify('v2')).toBe(digestOf('v2'));
  });

  it('a role whose signer was replaced is not overwritten unasked', async () => {
    await alice.sign('v2');
    const { key } = await owner.keys.generate('carol');
    await delegate(owner, { name: 'targets/releases', keys: [key] });
    const request = { gun, tags: [imageTag('v3')], roles: ['targets/releases'] as const };
    await expect(signTags(request, owner)).rejects.toMatchObject({
      code: 'THRESHOLD_UNMET',
      message: expect.stringContaining('targets/releases does not count now'),
    });
  });
});

describe('a snapshot key at home', () => {
  beforeEach(() => takeSnapshotHome(owner));

  it('signs the snapshot in the same upload', async () => {
    server.calls.length = 0;
    const result = await owner.sign('v2');
    expect(result.uploaded).toEqual(['targets', 'snapshot']);
    expect(await verify('v2')).toBe(digestOf('v2'));
    await owner.sign('v3');
    expect(await verify('v3')).toBe(digestOf('v3'));
  });

  it('that does not open ends the run before the upload', async () => {
    server.calls.length = 0;
    owner.keys.locked.add(owner.keys.ids('snapshot')[0]!);
    await expect(owner.sign('v2')).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
    expect(uploads()).toEqual([]);
  });

  it('that is elsewhere is told by the server', async () => {
    owner.keys.remove(owner.keys.ids('snapshot')[0]!);
    await expect(owner.sign('v2')).rejects.toMatchObject({ code: 'UPLOAD_REJECTED' });
    expect(await versions('targets')).toEqual([2]);
  });
});

describe('what runs out', () => {
  it('a root near its end is signed again by the next publication', async () => {
    await changeRoot(owner, () => ({}), 100 * dayMs);
    expect((await owner.sign('v2')).uploaded).toEqual(['root', 'targets']);
    expect(await versions('root')).toEqual([3]);
    expect((await owner.sign('v3')).uploaded).toEqual(['targets']);
  });

  it('a root near its end does not stop a publisher who has not the root key', async () => {
    await changeRoot(owner, () => ({}), 100 * dayMs);
    owner.keys.remove(owner.keys.ids('root')[0]!);
    expect((await owner.sign('v2')).uploaded).toEqual(['targets']);
    expect(owner.machine.events).toContainEqual(
      expect.objectContaining({ kind: 'near-expiry', role: 'root', what: 'metadata' }),
    );
  });

  it('a root that has run out needs the root key, and is repaired with it', async () => {
    await changeRoot(owner, () => ({}), 100 * dayMs);
    passTime(200 * dayMs);
    await expect(verify('v1')).rejects.toMatchObject({ code: 'METADATA_EXPIRED' });
    const [id] = owner.keys.ids('root');
    const spare = await newPublisher();
    owner.keys.give(id!, spare.keys);
    owner.keys.remove(id!);
    await expect(owner.sign('v2')).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      facts: { role: 'root' },
    });
    await owner.sign('v2').catch(() => undefined); // now its cache is as out of date as the server
    spare.keys.give(id!, owner.keys);
    await owner.sign('v2');
    expect(await verify('v2')).toBe(digestOf('v2'));
  });

  it('a root that has run out is repaired from a machine with an empty cache, too', async () => {
    await changeRoot(owner, () => ({}), 100 * dayMs);
    for (const tag of ['a', 'b', 'c', 'd', 'e']) {
      await signTags({ gun, tags: [imageTag(tag)] }, { ...owner, keys: withoutRoot() });
    }
    passTime(200 * dayMs);
    const fresh = await newPublisher();
    for (const { id } of await owner.keys.list()) owner.keys.give(id, fresh.keys);
    await fresh.sign('v2');
    for (const tag of ['a', 'e', 'v1', 'v2']) expect(await verify(tag)).toBe(digestOf(tag));
  });

  it('root and certificate near their end are renewed with the same key; consumers follow', async () => {
    const consumer = await Consumer.make(server);
    machines.push(consumer);
    await refresh(gun, consumer);
    passTime(10 * yearMs - 150 * dayMs);
    consumer.clockMs = owner.machine.clockMs;
    expect((await owner.sign('v2')).uploaded).toEqual(['root', 'targets']);
    const trusted = await refresh(gun, consumer);
    expect(resolveTag(trusted, 'v2').digest).toBe(digestOf('v2'));
    passTime(2 * yearMs);
    consumer.clockMs = owner.machine.clockMs;
    expect((await refresh(gun, consumer)).set.root.signed.version).toBe(2);
    expect(owner.keys.ids('root')).toHaveLength(1);
  });

  it('a repository whose certificate ran out long ago is continued with a new one of the same key', async () => {
    passTime(11 * yearMs);
    await expect(verify('v1')).rejects.toMatchObject({ exit: 5 });
    await owner.sign('v2');
    expect(await verify('v2')).toBe(digestOf('v2'));
    expect(await verify('v1')).toBe(digestOf('v1'));
  });

  it('targets that ran out are signed again with the next tag', async () => {
    passTime(3 * yearMs + dayMs);
    await expect(verify('v1')).rejects.toMatchObject({ code: 'METADATA_EXPIRED' });
    await owner.sign('v2');
    expect(await verify('v1')).toBe(digestOf('v1'));
  });

  it('targets that ran out are signed again even when no tag changes', async () => {
    passTime(3 * yearMs + dayMs);
    expect((await owner.sign('v1')).uploaded).toEqual(['targets']);
    expect(await verify('v1')).toBe(digestOf('v1'));
  });
});
