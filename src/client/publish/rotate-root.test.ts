import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, gun, type TestPublisher } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import { changeRoot } from '../../../test/client/upkeep.ts';
import { Failure } from '../../errors.ts';
import { parseRoot, roleKeysOf } from '../../tuf/root.ts';
import { maxRootBytes } from '../consume/limits.ts';
import { refresh } from '../consume/refresh.ts';
import { type RotationRequest, rotateKeys } from './rotate.ts';

let stage: Stage;
let owner: TestPublisher;
beforeEach(async () => {
  stage = await Stage.set();
  ({ owner } = stage);
});
afterEach(() => stage.clear());

const rotate = (more: Partial<RotationRequest> = {}) =>
  rotateKeys({ gun, role: 'root', holder: 'local', ...more }, owner);
const rootNow = async () =>
  parseRoot((await stage.server.fetch(gun, { role: 'root' }, maxRootBytes))!);
const newRootKey = async () => (await owner.keys.generate('root')).key.canonicalId;

describe('the root key', () => {
  it('gives way to a new one under a certificate for the repository; the old file and certificate stay', async () => {
    const [old] = owner.keys.ids('root');
    const before = await rootNow();
    const done = await rotate();
    expect(done).toMatchObject({
      outcome: 'rotated',
      newKeys: [{ isNew: true }],
      oldKeys: [{ id: old, fate: 'kept', location: `ring ${old}` }],
      uploaded: ['root'],
    });
    const after = await rootNow();
    const [keyId] = roleKeysOf(after.signed, 'root').keyIds;
    expect(after.signed.keys.get(keyId!)).toMatchObject({
      keyType: 'ecdsa-x509',
      canonicalId: done.newKeys[0]!.id,
    });
    const [oldKeyId] = roleKeysOf(before.signed, 'root').keyIds;
    expect(after.signed.keys.has(oldKeyId!)).toBe(true);
    expect(new Set(after.signatures.map((one) => one.keyId))).toEqual(new Set([keyId, oldKeyId]));
    expect(owner.keys.ids('root')).toHaveLength(2);
    await owner.sign('v2');
    expect(await stage.verify('v2')).toBe(digestOf('v2'));
  });

  it('is followed by consumers over several rotations, near and far behind', async () => {
    const near = await stage.newConsumer();
    const far = await stage.newConsumer();
    await refresh(gun, far);
    for (let turn = 0; turn < 4; turn += 1) {
      await rotate();
      await refresh(gun, near);
    }
    far.takeEvents();
    expect((await refresh(gun, far)).set.root.signed.version).toBe(5);
    expect(far.takeEvents()).toEqual(['root-updated']);
    expect(owner.keys.ids('root')).toHaveLength(5);
  });

  it('may be several of the store; then all of them sign', async () => {
    const keyIds = [await newRootKey(), await newRootKey()].toSorted();
    await rotate({ keyIds });
    const root = await rootNow();
    const signed = new Set(
      root.signatures.map((one) => root.signed.keys.get(one.keyId)?.canonicalId),
    );
    for (const id of keyIds) expect(signed).toContain(id);
    // Whoever has one of them goes on.
    await owner.keys.remove(keyIds[0]!);
    expect(await rotate()).toMatchObject({ outcome: 'rotated' });
  });

  it('may be the same again, under a new certificate', async () => {
    const keyIds = owner.keys.ids('root');
    const [before] = roleKeysOf((await rootNow()).signed, 'root').keyIds;
    expect(await rotate({ keyIds })).toMatchObject({ outcome: 'rotated', oldKeys: [] });
    expect(roleKeysOf((await rootNow()).signed, 'root').keyIds).not.toContain(before);
    expect(owner.keys.ids('root')).toEqual(keyIds);
  });

  it('is never another root key that lies here: the new one is made, whatever else there is', async () => {
    const others = [await newRootKey(), await newRootKey(), await newRootKey()];
    const { newKeys } = await rotate();
    expect(newKeys).toHaveLength(1);
    expect(newKeys[0]?.isNew).toBe(true);
    expect([...others]).not.toContain(newKeys[0]?.id);
  });

  it('cannot be replaced without it, and then no key is made', async () => {
    const other = await newRootKey();
    await owner.keys.remove(owner.keys.ids('root').find((id) => id !== other)!);
    await expect(rotate()).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
    await expect(rotate({ keyIds: [other] })).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
    expect(owner.keys.ids('root')).toEqual([other]);
  });

  it('that does not open stops the rotation before a key is made', async () => {
    owner.keys.locked.add(owner.keys.ids('root')[0]!);
    await expect(rotate()).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
    expect(owner.keys.ids('root')).toHaveLength(1);
  });

  it('of a role that needs two signatures is replaced by two named keys, not by one', async () => {
    const second = await newRootKey();
    await rotate({ keyIds: [...owner.keys.ids('root')] });
    await changeRoot(owner, (root) => ({
      roles: new Map(root.roles).set('root', { ...roleKeysOf(root, 'root'), threshold: 2 }),
    }));
    await expect(rotate()).rejects.toMatchObject({ code: 'ROLE_INVALID' });
    await expect(rotate({ keyIds: [second, second] })).rejects.toMatchObject({
      code: 'ROLE_INVALID',
    });
    const keyIds = [await newRootKey(), await newRootKey()];
    expect(await rotate({ keyIds })).toMatchObject({ outcome: 'rotated' });
    expect(roleKeysOf((await rootNow()).signed, 'root').threshold).toBe(2);
    expect(await stage.verify('v1')).toBe(digestOf('v1'));
  });

  it('signs for old clients with the keys of older roots, where they are here', async () => {
    const [first] = owner.keys.ids('root');
    await rotate();
    await rotate();
    const signers = async () => {
      const root = await rootNow();
      return root.signatures.map((one) => root.signed.keys.get(one.keyId)?.canonicalId);
    };
    expect(await signers()).not.toContain(first);
    await rotate({ legacyRoots: 1 });
    expect(await signers()).not.toContain(first);
    await rotate({ legacyRoots: Number.POSITIVE_INFINITY });
    expect(await signers()).toContain(first);
    await owner.keys.remove(first!);
    expect(await rotate({ legacyRoots: 10 })).toMatchObject({ outcome: 'rotated' });
    expect(await stage.verify('v1')).toBe(digestOf('v1'));
  });

  it('made by a run that did not come to its end is used by the next', async () => {
    stage.server.failAt('publish', new Failure('UPLOAD_REJECTED', 'no'));
    await expect(rotate()).rejects.toMatchObject({ code: 'UPLOAD_REJECTED' });
    await expect(rotate()).rejects.toMatchObject({ code: 'UPLOAD_REJECTED' });
    expect(owner.keys.ids('root')).toHaveLength(2);
    stage.server.before = () => undefined;
    expect(await rotate()).toMatchObject({ newKeys: [{ isNew: false }] });
    expect(owner.keys.ids('root')).toHaveLength(2);
  });
});

describe('a pin on this machine', () => {
  it('that would refuse the new root stops the rotation before a key is made', async () => {
    owner.machine.pin({ root_keys: { [gun]: [...owner.keys.ids('root')] } });
    const ports = { ...owner, pins: owner.machine.pins };
    const order = { gun, role: 'root', holder: 'local' } as const;
    await expect(rotateKeys(order, ports)).rejects.toMatchObject({
      code: 'PIN_MISMATCH',
      facts: { rule: expect.stringContaining(gun) },
    });
    const other = await newRootKey();
    await expect(rotateKeys({ ...order, keyIds: [other] }, ports)).rejects.toMatchObject({
      code: 'PIN_MISMATCH',
    });
    expect(owner.keys.ids('root')).toHaveLength(2);
    expect(stage.uploads()).toEqual([]);
    owner.machine.pin({ root_keys: { [gun]: [...owner.keys.ids('root')] } });
    const done = await rotateKeys(
      { ...order, keyIds: [other] },
      { ...ports, pins: owner.machine.pins },
    );
    expect(done.outcome).toBe('rotated');
  });
});
