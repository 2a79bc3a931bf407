import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, gun, publisherAt, type TestPublisher } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import { delegate } from '../../../test/client/upkeep.ts';
import { Failure } from '../../errors.ts';
import { generatePrivateKey } from '../../keys/private-key.ts';
import { rootCertificate } from '../../keys/root-certificate.ts';
import {
  type PublicKey,
  publicKeyFromCertificate,
  publicKeyFromSpki,
} from '../../tuf/public-key.ts';
import { delegationIn } from '../../tuf/targets.ts';
import { refresh } from '../consume/refresh.ts';
import { publish } from './publish.ts';
import { addSigner, removeSigner, signerSituation } from './signers.ts';

let stage: Stage;
let owner: TestPublisher;
let alice: TestPublisher;
let aliceKey: PublicKey;
let bob: TestPublisher;
let bobKey: PublicKey;
beforeEach(async () => {
  stage = await Stage.set();
  ({ owner } = stage);
  alice = await stage.newPublisher();
  bob = await stage.newPublisher();
  aliceKey = (await alice.keys.generate('alice')).key;
  bobKey = (await bob.keys.generate('bob')).key;
});
afterEach(() => stage.clear());

const add = (name: string, ...keys: readonly PublicKey[]) => addSigner({ gun, name, keys }, owner);
const remove = (name: string, keyIds?: readonly string[]) =>
  removeSigner({ gun, name, keyIds }, owner);

/** Canonical ids of the keys of a role, its paths and threshold, as a stranger reads them. */
async function delegated(name: string) {
  const { set } = await refresh(gun, await stage.newConsumer());
  const targets = set.targets('targets')!.signed;
  const found = delegationIn(targets, `targets/${name}`);
  if (found === undefined) return undefined;
  const keys = found.keyIds.map((id) => targets.delegations.keys.get(id)!.canonicalId);
  return { keys, paths: found.paths, threshold: found.threshold };
}

describe('adding a signer', () => {
  it('gives the key to the role of the signer and to releases, in one publication', async () => {
    const done = await add('alice', aliceKey);
    expect(done).toMatchObject({
      outcome: 'added',
      keyIds: [aliceKey.canonicalId],
      newKeys: [],
      uploaded: ['targets'],
    });
    const expected = { keys: [aliceKey.canonicalId], paths: [''], threshold: 1 };
    expect(await delegated('alice')).toEqual(expected);
    expect(await delegated('releases')).toEqual(expected);
    await alice.sign('v2');
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
  });

  it('again, with another key, adds the key to both roles; with the same key changes nothing', async () => {
    await add('alice', aliceKey);
    const second = (await alice.keys.generate('alice')).key;
    expect(await add('alice', second)).toMatchObject({ outcome: 'key-added' });
    const keys = [aliceKey.canonicalId, second.canonicalId];
    expect(await delegated('alice')).toMatchObject({ keys });
    expect(await delegated('releases')).toMatchObject({ keys });
    expect(await add('alice', aliceKey, second)).toMatchObject({
      outcome: 'unchanged',
      uploaded: [],
    });
  });

  it('takes several keys, and certificates', async () => {
    const signer = await alice.keys.open(aliceKey.canonicalId);
    const pem = await rootCertificate(signer, 'alice', stage.server.nowMs);
    await add('alice', publicKeyFromCertificate(pem), bobKey);
    expect(await delegated('alice')).toMatchObject({
      keys: [aliceKey.canonicalId, bobKey.canonicalId],
    });
    await alice.sign('v2');
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
  });

  it('makes the repository where there is none, its snapshot key with the server', async () => {
    const other = 'registry.test/team/new';
    const done = await addSigner({ gun: other, name: 'alice', keys: [aliceKey] }, owner);
    expect(done.newKeys.map(({ role, isNew, location }) => [role, isNew, location])).toMatchObject([
      ['root', false, expect.any(String)],
      ['targets', true, expect.any(String)],
      ['snapshot', true, stage.server.url],
      ['timestamp', true, stage.server.url],
    ]);
    expect(done).toMatchObject({ outcome: 'added', uploaded: ['root', 'targets'] });
    const { set } = await refresh(other, await stage.newConsumer());
    const { roles } = set.targets('targets')!.signed.delegations;
    expect(roles.map(({ name }) => name)).toEqual(['targets/alice', 'targets/releases']);
  });

  it('to a repository that somebody else made meanwhile is one more publication', async () => {
    const other = 'registry.test/team/new';
    const machine = await publisherAt(stage.server);
    let isFirst = true;
    stage.server.before = async (call) => {
      if (call !== 'publish' || !isFirst) return;
      isFirst = false;
      await addSigner({ gun: other, name: 'bob', keys: [bobKey] }, machine);
    };
    await expect(
      addSigner({ gun: other, name: 'alice', keys: [aliceKey] }, owner),
    ).rejects.toBeInstanceOf(Failure); // the repository is the other's, whose keys are not here
    const { set } = await refresh(other, await stage.newConsumer());
    const { roles } = set.targets('targets')!.signed.delegations;
    expect(roles.map(({ name }) => name)).toEqual(['targets/bob', 'targets/releases']);
    await machine.machine.remove();
  });

  it('leaves a role the paths that it has; docker would let it sign every tag', async () => {
    const limited = { keys: [aliceKey], paths: ['1.'] };
    await delegate(owner, { name: 'targets/alice', ...limited });
    await add('alice', bobKey);
    expect(await delegated('alice')).toMatchObject({ paths: ['1.'] });
    expect(await delegated('releases')).toMatchObject({ paths: [''] });
  });

  it('gives paths to a role that has none', async () => {
    await delegate(owner, { name: 'targets/alice', keys: [aliceKey], paths: [] });
    await add('alice', bobKey);
    expect(await delegated('alice')).toMatchObject({ paths: [''] });
  });

  it.each([
    ['releases', 'releases is a reserved keyword, use a different signer name'],
    ['root', 'is the name of a role, use a different signer name'],
    ['targets', 'is the name of a role'],
    ['snapshot', 'is the name of a role'],
    ['timestamp', 'is the name of a role'],
    ['Alice', 'must start with lowercase alphanumeric characters'],
    ['', 'must start with'],
    ['-alice', 'must start with'],
    ['a/b', 'must start with'],
    ['a b', 'must start with'],
    ['x'.repeat(300), 'must start with'],
    ['__proto__', 'must start with'],
  ])('called %s is refused before anything is asked', async (name, words) => {
    await expect(add(name, aliceKey)).rejects.toMatchObject({
      code: 'ROLE_INVALID',
      message: expect.stringContaining(words),
    });
    expect(stage.server.calls).toEqual([]);
  });

  it('without a key, or with one that would never verify, is refused', async () => {
    await expect(add('alice')).rejects.toMatchObject({ code: 'USAGE' });
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const weak = publicKeyFromSpki(publicKey.export({ type: 'spki', format: 'der' }));
    await expect(add('alice', aliceKey, weak)).rejects.toMatchObject({
      code: 'ALGORITHM_UNSUPPORTED',
    });
    expect(stage.server.calls).toEqual([]);
  });

  it('needs the repository key', async () => {
    await owner.keys.remove(owner.keys.ids('targets')[0]!);
    await expect(add('alice', aliceKey)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
    expect(stage.uploads()).toEqual([]);
  });
});

describe('removing a signer', () => {
  beforeEach(async () => {
    await add('alice', aliceKey);
    await add('bob', bobKey);
    stage.server.calls.length = 0;
  });

  it('takes role and keys out in one publication; what another signed last still counts', async () => {
    await alice.sign('v2');
    await bob.sign('v3');
    stage.server.calls.length = 0;
    const situation = await signerSituation(gun, 'alice', owner);
    expect(situation).toEqual({
      gun,
      name: 'alice',
      isKnown: true,
      keyIds: [aliceKey.canonicalId],
      otherSigners: ['bob'],
      releases: 'intact',
      isLast: false,
    });
    expect(await remove('alice')).toMatchObject({
      outcome: 'removed',
      keyIds: [aliceKey.canonicalId],
      releases: 'intact',
      sharedWith: [],
      uploaded: ['targets'],
    });
    expect(stage.uploads()).toEqual(['publish targets']);
    expect(await delegated('alice')).toBeUndefined();
    expect(await delegated('releases')).toMatchObject({ keys: [bobKey.canonicalId] });
    for (const tag of ['v2', 'v3']) expect(await stage.verify(tag)).toBe(digestOf(tag));
    await expect(alice.sign('v4')).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });

  it('who signed last leaves releases without a signature that counts, which is told', async () => {
    await alice.sign('v2');
    expect(await signerSituation(gun, 'alice', owner)).toMatchObject({
      releases: 'unsigned',
      isLast: true,
    });
    expect(await remove('alice')).toMatchObject({ outcome: 'removed', releases: 'unsigned' });
    await expect(stage.verify('v2')).rejects.toMatchObject({ code: 'THRESHOLD_UNMET' });
    // What the front end tells to do, where bob's key is.
    await publish(gun, async () => [{ kind: 'witness', role: 'targets/releases' }], bob);
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
  });

  it('who signed last is made good at once where the key of another signer is here', async () => {
    await alice.sign('v2');
    bob.keys.give(bobKey.canonicalId, owner.keys);
    expect(await signerSituation(gun, 'alice', owner)).toMatchObject({
      releases: 're-signed',
      isLast: false,
    });
    expect(await remove('alice')).toMatchObject({
      releases: 're-signed',
      uploaded: ['targets', 'targets/releases'],
    });
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
    expect(await stage.versions('targets/releases')).toEqual([2]);
  });

  it('does not sign again what did not count before', async () => {
    await alice.sign('v2');
    await remove('alice');
    await add('carol', (await alice.keys.generate('carol')).key);
    bob.keys.give(bobKey.canonicalId, owner.keys);
    expect(await signerSituation(gun, 'carol', owner)).toMatchObject({
      releases: 'unsigned',
      isLast: false,
    });
    expect(await remove('carol')).toMatchObject({ releases: 'unsigned', uploaded: ['targets'] });
    await expect(stage.verify('v2')).rejects.toMatchObject({ code: 'THRESHOLD_UNMET' });
  });

  it('who is the only one leaves releases without keys', async () => {
    await remove('bob');
    await alice.sign('v2');
    expect(await signerSituation(gun, 'alice', owner)).toMatchObject({
      releases: 'without-keys',
      isLast: true,
      otherSigners: [],
    });
    owner.machine.takeEvents();
    expect(await remove('alice')).toMatchObject({ releases: 'without-keys' });
    expect(owner.machine.takeEvents()).toContain('role-unusable');
    // Ended by the publisher, so that `targets` decides again.
    expect(await stage.verify('v1')).toBe(digestOf('v1'));
    await expect(stage.verify('v2')).rejects.toMatchObject({ code: 'TAG_NOT_SIGNED' });
  });

  it('of a repository where nothing was released works, too; docker refuses', async () => {
    expect(await signerSituation(gun, 'alice', owner)).toMatchObject({
      releases: 'never-signed',
      isLast: false,
    });
    expect(await remove('alice')).toMatchObject({ releases: 'never-signed' });
    expect(await delegated('releases')).toMatchObject({ keys: [bobKey.canonicalId] });
  });

  it('works where there is no releases role', async () => {
    await publish(
      gun,
      async () => [{ kind: 'remove-delegation', role: 'targets/releases' }],
      owner,
    );
    expect(await remove('alice')).toMatchObject({ releases: 'absent' });
    expect(await delegated('alice')).toBeUndefined();
  });

  it('names others who share a key', async () => {
    await add('carol', aliceKey);
    expect(await remove('alice')).toMatchObject({ sharedWith: ['carol'] });
    expect(await delegated('releases')).toMatchObject({ keys: [bobKey.canonicalId] });
    expect(await delegated('carol')).toMatchObject({ keys: [aliceKey.canonicalId] });
  });

  it('who is none is ROLE_INVALID in the words of docker, and unknown to the question before', async () => {
    for (const name of ['carol', 'alice/x']) {
      await expect(remove(name)).rejects.toMatchObject({
        code: 'ROLE_INVALID',
        message: `no signer ${name} for repository ${gun}`,
      });
      expect(await signerSituation(gun, name, owner)).toMatchObject({
        isKnown: false,
        isLast: false,
      });
    }
    await expect(remove('releases')).rejects.toMatchObject({
      code: 'ROLE_INVALID',
      message: 'releases is a reserved keyword and cannot be removed',
    });
    expect(stage.uploads()).toEqual([]);
  });

  it('who has a name that docker would not give can be removed', async () => {
    await delegate(owner, { name: 'targets/_old', keys: [aliceKey] });
    expect(await remove('_old')).toMatchObject({ outcome: 'removed' });
  });

  it('says how releases stands in the end when somebody else signed it at the same time', async () => {
    await alice.sign('v2');
    let isFirst = true;
    stage.server.before = async (call) => {
      if (call !== 'publish' || !isFirst) return;
      isFirst = false;
      await bob.sign('v3');
    };
    expect(await remove('alice')).toMatchObject({ releases: 'intact' });
    for (const tag of ['v2', 'v3']) expect(await stage.verify(tag)).toBe(digestOf(tag));
  });
});

describe('removing keys of a signer', () => {
  let second: PublicKey;
  beforeEach(async () => {
    second = (await alice.keys.generate('alice')).key;
    await add('alice', aliceKey, second);
  });

  it('takes them out of both roles in one publication, by a part of the id', async () => {
    stage.server.calls.length = 0;
    const done = await remove('alice', [second.canonicalId.slice(0, 12)]);
    expect(done).toMatchObject({ outcome: 'keys-removed', keyIds: [second.canonicalId] });
    expect(stage.uploads()).toEqual(['publish targets']);
    const keys = [aliceKey.canonicalId];
    expect(await delegated('alice')).toMatchObject({ keys });
    expect(await delegated('releases')).toMatchObject({ keys });
  });

  it('keeps releases good with the key that stays', async () => {
    await alice.sign('v2'); // with both keys
    expect(await remove('alice', [second.canonicalId])).toMatchObject({ releases: 'intact' });
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
  });

  it('all of them is the removal of the signer', async () => {
    const keyIds = [aliceKey.canonicalId, second.canonicalId];
    expect(await remove('alice', keyIds)).toMatchObject({ outcome: 'removed' });
    expect(await delegated('alice')).toBeUndefined();
  });

  it.each(['abc', '', generatePrivateKey().publicKey.canonicalId])(
    'that are not of the signer (%s) is KEY_ROLE_MISMATCH, and nothing is published',
    async (id) => {
      stage.server.calls.length = 0;
      await expect(remove('alice', [second.canonicalId, id])).rejects.toMatchObject({
        code: 'KEY_ROLE_MISMATCH',
      });
      expect(stage.uploads()).toEqual([]);
    },
  );
});
