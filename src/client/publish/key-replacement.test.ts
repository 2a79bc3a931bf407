import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publishEdits, setTag } from '../../../test/client/edits.ts';
import { digestOf, gun, type TestPublisher } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import { takeSnapshotHome } from '../../../test/client/upkeep.ts';
import { rootCertificate } from '../../keys/root-certificate.ts';
import { type PublicKey, publicKeyFromCertificate } from '../../tuf/public-key.ts';
import type { BaseRole } from '../../tuf/role.ts';
import { parseRoot, type RootFile, roleKeysOf } from '../../tuf/root.ts';
import { refresh } from '../consume/refresh.ts';
import { replaceKeys } from './key-replacement.ts';

let stage: Stage;
let owner: TestPublisher;
beforeEach(async () => {
  stage = await Stage.set();
  ({ owner } = stage);
});
afterEach(() => stage.clear());

const rootNow = async (): Promise<RootFile> =>
  parseRoot((await stage.server.fetch(gun, { role: 'root' }, 1024 * 1024))!);
const keyOf = async (role: string): Promise<PublicKey> =>
  (await owner.keys.generate(role, role === 'root' ? undefined : gun)).key;
const replacement = (role: BaseRole, ...keys: readonly PublicKey[]) =>
  ({ kind: 'replace-keys', role, keys }) as const;

/** A new root key under a certificate for the repository. */
async function newRoot(): Promise<PublicKey> {
  const signer = await owner.keys.generate('root');
  return publicKeyFromCertificate(await rootCertificate(signer, gun, stage.server.nowMs));
}

describe('other keys for a role', () => {
  it('take the place of the old ones, which go unless another role uses them', async () => {
    const { signed } = await rootNow();
    const [old] = roleKeysOf(signed, 'targets').keyIds;
    const key = await keyOf('targets');
    const next = replaceKeys(signed, replacement('targets', key, key));
    expect(next && roleKeysOf(next, 'targets').keyIds).toEqual([key.id]);
    expect([...(next?.keys.keys() ?? [])]).not.toContain(old);

    const shared = {
      ...signed,
      roles: new Map(signed.roles).set('extra', { keyIds: [old!], threshold: 1 }),
    };
    expect(replaceKeys(shared, replacement('targets', key))?.keys.has(old!)).toBe(true);
  });

  it('that are the present ones change nothing', async () => {
    const { signed } = await rootNow();
    const keys = roleKeysOf(signed, 'targets').keyIds.map((id) => signed.keys.get(id)!);
    expect(replaceKeys(signed, replacement('targets', ...keys))).toBeUndefined();
    const done = await publishEdits(owner, replacement('targets', ...keys));
    expect(done.outcome).toBe('unchanged');
  });

  it.each(['root', 'targets', 'snapshot', 'timestamp'] as const)(
    'never leave %s with fewer than it needs',
    async (role) => {
      const { signed } = await rootNow();
      const two = {
        ...signed,
        roles: new Map(signed.roles).set(role, { ...roleKeysOf(signed, role), threshold: 2 }),
      };
      const key = await keyOf('targets');
      expect(() => replaceKeys(signed, replacement(role))).toThrow(
        expect.objectContaining({ code: 'ROLE_INVALID' }),
      );
      expect(() => replaceKeys(two, replacement(role, key, key))).toThrow(
        expect.objectContaining({ code: 'ROLE_INVALID' }),
      );
    },
  );

  it('of targets sign targets again in the publication that lists them', async () => {
    const key = await keyOf('targets');
    const done = await publishEdits(owner, replacement('targets', key), setTag('targets', 'v2'));
    expect(done.uploaded).toEqual(['root', 'targets']);
    for (const tag of ['v1', 'v2']) expect(await stage.verify(tag)).toBe(digestOf(tag));
  });

  it('of the snapshot sign it when they are here, and leave it to the server when not', async () => {
    const done = await publishEdits(owner, replacement('snapshot', await keyOf('snapshot')));
    expect(done.uploaded).toEqual(['root', 'snapshot']);
    const held = await stage.server.rotateServerKey(gun, 'snapshot');
    const back = await publishEdits(owner, replacement('snapshot', held));
    expect(back.uploaded).toEqual(['root']);
    expect(await stage.verify('v1')).toBe(digestOf('v1'));
  });

  it('of the timestamp come with a snapshot of ours, when that is kept here', async () => {
    await takeSnapshotHome(owner);
    const held = await stage.server.rotateServerKey(gun, 'timestamp');
    const done = await publishEdits(owner, replacement('timestamp', held));
    expect(done.uploaded).toEqual(['root', 'snapshot']);
    expect(await stage.verify('v1')).toBe(digestOf('v1'));
  });

  it('of several roles come in one root', async () => {
    const targets = await keyOf('targets');
    const snapshot = await keyOf('snapshot');
    await publishEdits(
      owner,
      replacement('targets', targets),
      replacement('snapshot', snapshot),
      replacement('root', await newRoot()),
    );
    expect((await rootNow()).signed.version).toBe(2);
    expect(await stage.verify('v1')).toBe(digestOf('v1'));
  });
});

describe('another root key', () => {
  it('signs the root, first, and the old one after it; the old certificate stays', async () => {
    const before = await rootNow();
    const [old] = roleKeysOf(before.signed, 'root').keyIds;
    const key = await newRoot();
    await publishEdits(owner, replacement('root', key));
    const after = await rootNow();
    expect(after.signatures.map(({ keyId }) => keyId)).toEqual([key.id, old]);
    expect(after.signed.keys.has(old!)).toBe(true);
    expect(roleKeysOf(after.signed, 'root').keyIds).toEqual([key.id]);
  });

  it('is followed by consumers over many roots, with changes of other roles between', async () => {
    const consumer = await stage.newConsumer();
    await refresh(gun, consumer);
    for (let turn = 0; turn < 3; turn += 1) {
      await publishEdits(owner, replacement('root', await newRoot()));
      await publishEdits(owner, replacement('targets', await keyOf('targets')));
    }
    const { set } = await refresh(gun, consumer);
    expect(set.root.signed.version).toBe(7);
    expect(set.targets('targets')?.signed.targets.get('v1')).toBeDefined();
  });

  it('needs the old one here', async () => {
    const [old] = owner.keys.ids('root');
    const key = await newRoot();
    await owner.keys.remove(old!);
    await expect(publishEdits(owner, replacement('root', key))).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      facts: { role: 'root', 'one of these': old },
    });
    expect(stage.uploads()).toEqual([]);
  });

  it('is refused here when its certificate is for another repository', async () => {
    const signer = await owner.keys.generate('root');
    const pem = await rootCertificate(signer, 'registry.test/other', stage.server.nowMs);
    const edit = replacement('root', publicKeyFromCertificate(pem));
    await expect(publishEdits(owner, edit)).rejects.toMatchObject({ code: 'ROOT_INVALID' });
    expect(stage.uploads()).toEqual([]);
  });

  it('is joined by keys of older roots that are here, for consumers of long ago', async () => {
    const first = await rootNow();
    const [firstId] = roleKeysOf(first.signed, 'root').keyIds;
    await publishEdits(owner, replacement('root', await newRoot()));
    const alsoSignedBy = [first.signed.keys.get(firstId!)!, await keyOf('absent')];
    await owner.keys.remove(alsoSignedBy[1]!.canonicalId);
    const done = await publishEdits(owner, {
      ...replacement('root', await newRoot()),
      alsoSignedBy,
    });
    expect(done.uploaded).toEqual(['root']);
    expect((await rootNow()).signatures.map(({ keyId }) => keyId)).toHaveLength(3);
    expect((await rootNow()).signatures.at(-1)?.keyId).toBe(firstId);
  });
});
