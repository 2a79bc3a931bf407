import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issuedCertificate } from '../../../test/client/issued-certificate.ts';
import { KeyRing } from '../../../test/client/key-ring.ts';
import { digestOf, gun, imageTag, type TestPublisher } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import { changeRoot, delegate, useCertificate } from '../../../test/client/upkeep.ts';
import { refresh } from '../consume/refresh.ts';
import { resolveTag } from '../consume/resolve.ts';
import { signTags } from './sign-image.ts';

const dayMs = 24 * 60 * 60 * 1000;
const yearMs = 365 * dayMs;

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.set();
});
afterEach(() => stage.clear());

/** The owner's keys but for the root key. */
function withoutRoot(): KeyRing {
  const ring = new KeyRing();
  for (const id of stage.owner.keys.ids('targets')) stage.owner.keys.give(id, ring);
  return ring;
}

describe('what runs out', () => {
  it('a root near its end is signed again by the next publication', async () => {
    await changeRoot(stage.owner, () => ({}), 100 * dayMs);
    expect((await stage.owner.sign('v2')).uploaded).toEqual(['root', 'targets']);
    expect(await stage.versions('root')).toEqual([3]);
    expect((await stage.owner.sign('v3')).uploaded).toEqual(['targets']);
  });

  it('a root near its end does not stop a publisher who has not the root key', async () => {
    await changeRoot(stage.owner, () => ({}), 100 * dayMs);
    await stage.owner.keys.remove(stage.owner.keys.ids('root')[0]!);
    expect((await stage.owner.sign('v2')).uploaded).toEqual(['targets']);
    expect(stage.owner.machine.events).toContainEqual(
      expect.objectContaining({ kind: 'near-expiry', role: 'root', what: 'metadata' }),
    );
  });

  it('a root that has run out needs the root key, and is repaired with it', async () => {
    await changeRoot(stage.owner, () => ({}), 100 * dayMs);
    stage.passTime(200 * dayMs);
    await expect(stage.verify('v1')).rejects.toMatchObject({ code: 'METADATA_EXPIRED' });
    const [id] = stage.owner.keys.ids('root');
    const spare = await stage.newPublisher();
    stage.owner.keys.give(id!, spare.keys);
    await stage.owner.keys.remove(id!);
    await expect(stage.owner.sign('v2')).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      facts: { role: 'root' },
    });
    await stage.owner.sign('v2').catch(() => undefined); // now its cache is as out of date as the server
    spare.keys.give(id!, stage.owner.keys);
    await stage.owner.sign('v2');
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
  });

  it('a root that has run out is repaired from a machine with an empty cache, too', async () => {
    await changeRoot(stage.owner, () => ({}), 100 * dayMs);
    for (const tag of ['a', 'b', 'c', 'd', 'e']) {
      await signTags({ gun, tags: [imageTag(tag)] }, { ...stage.owner, keys: withoutRoot() });
    }
    stage.passTime(200 * dayMs);
    const fresh = await stage.newPublisher();
    for (const { id } of await stage.owner.keys.list()) stage.owner.keys.give(id, fresh.keys);
    await fresh.sign('v2');
    for (const tag of ['a', 'e', 'v1', 'v2']) expect(await stage.verify(tag)).toBe(digestOf(tag));
  });

  it('root and certificate near their end are renewed with the same key; consumers follow', async () => {
    const consumer = await stage.newConsumer();
    await refresh(gun, consumer);
    stage.passTime(10 * yearMs - 150 * dayMs);
    expect((await stage.owner.sign('v2')).uploaded).toEqual(['root', 'targets']);
    const trusted = await refresh(gun, consumer);
    expect(resolveTag(trusted, 'v2').digest).toBe(digestOf('v2'));
    stage.passTime(2 * yearMs);
    expect((await refresh(gun, consumer)).set.root.signed.version).toBe(2);
    expect(stage.owner.keys.ids('root')).toHaveLength(1);
  });

  it('a repository whose certificate ran out long ago is continued with a new one of the same key', async () => {
    stage.passTime(11 * yearMs);
    await expect(stage.verify('v1')).rejects.toMatchObject({ exit: 5 });
    await stage.owner.sign('v2');
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
    expect(await stage.verify('v1')).toBe(digestOf('v1'));
  });

  it('a certificate that an authority issued is not replaced by a self-signed one', async () => {
    const root = await stage.owner.keys.open(stage.owner.keys.ids('root')[0]!);
    const issued = issuedCertificate(root.key, gun, stage.server.nowMs, 100 * dayMs);
    await useCertificate(stage.owner, root, issued);
    expect((await stage.owner.sign('v2')).uploaded).toEqual(['targets']);
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
    stage.passTime(110 * dayMs);
    await expect(stage.owner.sign('v3')).rejects.toMatchObject({
      code: 'CERTIFICATE_EXPIRED',
      remedy: expect.stringContaining('authority'),
    });
  });

  it('targets that ran out are signed again with the next tag', async () => {
    stage.passTime(3 * yearMs + dayMs);
    await expect(stage.verify('v1')).rejects.toMatchObject({ code: 'METADATA_EXPIRED' });
    await stage.owner.sign('v2');
    expect(await stage.verify('v1')).toBe(digestOf('v1'));
  });

  it('targets that ran out are signed again even when no tag changes', async () => {
    stage.passTime(3 * yearMs + dayMs);
    expect((await stage.owner.sign('v1')).uploaded).toEqual(['targets']);
    expect(await stage.verify('v1')).toBe(digestOf('v1'));
  });
});

describe('a delegate who lets his role run out', () => {
  let alice: TestPublisher;
  let bob: TestPublisher;
  beforeEach(async () => {
    [alice, bob] = [await stage.newPublisher(), await stage.newPublisher()];
    const { key: aliceKey } = await alice.keys.generate('alice');
    const { key: bobKey } = await bob.keys.generate('bob');
    await delegate(stage.owner, { name: 'targets/alice', keys: [aliceKey] });
    await alice.sign('by-alice');
    stage.passTime(2 * yearMs);
    await delegate(
      stage.owner,
      { name: 'targets/bob', keys: [bobKey] },
      { name: 'targets/releases', keys: [aliceKey, bobKey] },
    );
    stage.passTime(1.5 * yearMs);
  });

  it('stops neither other delegates nor the owner, and they hear of it', async () => {
    expect((await bob.sign('v2')).uploaded).toEqual(['targets/bob', 'targets/releases']);
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
    expect(bob.machine.events).toContainEqual(
      expect.objectContaining({ kind: 'near-expiry', role: 'targets/alice' }),
    );
    const request = { gun, tags: [imageTag('v3')], roles: ['targets'] as const };
    expect((await signTags(request, stage.owner)).uploaded).toEqual(['targets']);
  });

  it('renews it by signing in it again, also what it says already', async () => {
    const request = { gun, tags: [imageTag('by-alice')], roles: ['targets/alice'] as const };
    expect((await signTags(request, alice)).uploaded).toEqual(['targets/alice']);
    expect((await refresh(gun, await stage.newConsumer())).skipped.size).toBe(0);
  });

  it('signs, while targets runs out too, without the key of targets', async () => {
    stage.passTime(2 * yearMs);
    expect((await bob.sign('v2')).uploaded).toEqual(['targets/bob', 'targets/releases']);
    await expect(stage.verify('v2')).rejects.toMatchObject({ code: 'METADATA_EXPIRED' });
    const request = { gun, tags: [imageTag('v3')], roles: ['targets'] as const };
    await signTags(request, stage.owner);
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
  });
});
