import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, gun, imageTag, type TestPublisher } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import { delegate } from '../../../test/client/upkeep.ts';
import { rootCertificate } from '../../keys/root-certificate.ts';
import { publicKeyFromCertificate } from '../../tuf/public-key.ts';
import { signTags } from './sign-image.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.set();
});
afterEach(() => stage.clear());

describe('with delegations', () => {
  let alice: TestPublisher;
  beforeEach(async () => {
    alice = await stage.newPublisher();
    const { key } = await alice.keys.generate('alice');
    await delegate(
      stage.owner,
      { name: 'targets/alice', keys: [key] },
      { name: 'targets/releases', keys: [key] },
    );
  });

  it('a signer signs in own role and in releases, in one publication, without the repository key', async () => {
    const result = await alice.sign('v2');
    expect(result.tags[0]?.roles).toEqual(['targets/alice', 'targets/releases']);
    expect(result.uploaded).toEqual(['targets/alice', 'targets/releases']);
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
    expect(await stage.versions('targets/alice', 'targets/releases')).toEqual([1, 1]);
    await alice.sign('v3');
    expect(await stage.versions('targets/alice', 'targets/releases')).toEqual([2, 2]);
  });

  it('the owner of the repository key alone signs nothing', async () => {
    await expect(stage.owner.sign('v2')).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      message: 'no valid signing keys for delegation roles',
      facts: { 'targets/alice': alice.keys.ids('alice')[0]!.slice(0, 7) },
    });
  });

  it('roles that are named are signed instead', async () => {
    const request = { gun, tags: [imageTag('v2')], roles: ['targets'] as const };
    expect((await signTags(request, stage.owner)).uploaded).toEqual(['targets']);
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
  });

  it('tags outside the paths of every role are refused, by the rule and by the role', async () => {
    const [key] = await Promise.all(alice.keys.ids('alice').map((id) => alice.keys.open(id)));
    const limited = { keys: [key!.key], paths: ['1.'] };
    await delegate(
      stage.owner,
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
    const bob = await stage.newPublisher();
    const { key } = await bob.keys.generate('bob');
    const [first] = alice.keys.ids('alice');
    const aliceKey = (await alice.keys.open(first!)).key;
    await delegate(
      stage.owner,
      { name: 'targets/bob', keys: [key] },
      { name: 'targets/releases', keys: [aliceKey, key] },
    );
    await alice.sign('v2');
    await bob.sign('v2');
    await bob.sign('v3');
    for (const tag of ['v2', 'v3']) expect(await stage.verify(tag)).toBe(digestOf(tag));
    expect(await stage.versions('targets/alice', 'targets/bob', 'targets/releases')).toEqual([
      1, 2, 2,
    ]);
  });

  it('a threshold of two needs two keys here, and is met with them', async () => {
    const bob = await stage.newPublisher();
    const { key } = await bob.keys.generate('bob');
    const [first] = alice.keys.ids('alice');
    const aliceKey = (await alice.keys.open(first!)).key;
    const both = { keys: [aliceKey, key], threshold: 2 };
    await delegate(
      stage.owner,
      { name: 'targets/releases', ...both },
      { name: 'targets/alice', keys: [aliceKey] },
    );
    await expect(alice.sign('v2')).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      facts: { role: 'targets/releases', needs: '2 of 2' },
    });
    bob.keys.give(key.canonicalId, alice.keys);
    await alice.sign('v2');
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
  });

  it('a threshold of two is not met by one key under two certificates', async () => {
    const [first] = alice.keys.ids('alice');
    const signer = await alice.keys.open(first!);
    const certificates = await Promise.all(
      ['a', 'b'].map((name) => rootCertificate(signer, name, stage.server.nowMs)),
    );
    const keys = certificates.map((pem) => publicKeyFromCertificate(pem));
    await delegate(stage.owner, { name: 'targets/releases', keys, threshold: 2 });
    await expect(alice.sign('v2')).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      facts: { role: 'targets/releases', needs: '2 of 2' },
    });
    await delegate(stage.owner, { name: 'targets/releases', keys });
    await alice.sign('v2');
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
  });

  it('one of two keys that does not open is no matter while the other suffices', async () => {
    const { key } = await alice.keys.generate('spare');
    const [first] = alice.keys.ids('alice');
    const aliceKey = (await alice.keys.open(first!)).key;
    await delegate(stage.owner, { name: 'targets/releases', keys: [key, aliceKey] });
    alice.keys.locked.add(key.canonicalId);
    await alice.sign('v2');
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
  });

  it('a role whose signer was replaced is not overwritten unasked', async () => {
    await alice.sign('v2');
    const { key } = await stage.owner.keys.generate('carol');
    await delegate(stage.owner, { name: 'targets/releases', keys: [key] });
    const request = { gun, tags: [imageTag('v3')], roles: ['targets/releases'] as const };
    await expect(signTags(request, stage.owner)).rejects.toMatchObject({
      code: 'THRESHOLD_UNMET',
      message: expect.stringContaining('targets/releases does not count now'),
    });
  });
});
