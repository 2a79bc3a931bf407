import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newDelegation, publishEdits, setTag } from '../../../test/client/edits.ts';
import { LocalServer } from '../../../test/client/local-server.ts';
import { gun, imageTag, publisherAt, type TestPublisher } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import { addTag, publishAll, stageAt } from '../../../test/client/staging.ts';
import { beginRepository } from './begin.ts';
import { changeWords } from './change-edits.ts';
import { changesWanted, type Intent } from './intent.ts';
import { previewChanges } from './preview.ts';
import { revocationIntent } from './revoke.ts';
import { signingIntent } from './sign-image.ts';
import { addSigner, signerIntent, signerRemovalIntent } from './signers.ts';

let stage: Stage;
let owner: TestPublisher;
beforeEach(async () => {
  stage = await Stage.set();
  ({ owner } = stage);
});
afterEach(() => stage.clear());

async function wanted(intent: Intent, at = owner): Promise<readonly string[]> {
  return (await changesWanted(intent, at)).map(changeWords);
}

describe('what is wanted, as changes', () => {
  it('of signing goes to the roles that docker would choose', async () => {
    const request = { gun, tags: [imageTag('v2')] };
    expect(await wanted(signingIntent(request, owner))).toEqual(['create target targets v2']);
    const { key } = await owner.keys.generate('alice');
    await publishEdits(owner, newDelegation('targets/alice', [key]));
    expect(await wanted(signingIntent(request, owner))).toEqual(['create target targets/alice v2']);
    const named = { ...request, roles: ['targets'] as const };
    expect(await wanted(signingIntent(named, owner))).toEqual(['create target targets v2']);
  });

  it('of revoking and of signers is what the operation would publish', async () => {
    const revoked = revocationIntent({ gun, tags: 'all' }, owner);
    expect(await wanted(revoked)).toEqual(['delete target targets v1']);
    const { key } = await owner.keys.generate('alice');
    expect(await wanted(signerIntent({ gun, name: 'alice', keys: [key] }))).toEqual([
      'create delegation targets/alice',
      'create delegation targets/releases',
    ]);
    await addSigner({ gun, name: 'alice', keys: [key] }, owner);
    expect(await wanted(signerRemovalIntent({ gun, name: 'alice' }, owner))).toEqual([
      'delete delegation targets/alice',
      'update delegation targets/releases',
    ]);
  });

  it('staged and published comes to what the operation does', async () => {
    const { key: alice } = await owner.keys.generate('alice');
    const { key: bob } = await owner.keys.generate('bob');
    for (const [name, key] of [
      ['alice', alice],
      ['bob', bob],
    ] as const) {
      const intent = signerIntent({ gun, name, keys: [key] });
      await publishAll(owner, ...(await changesWanted(intent, owner)));
    }
    const signing = signingIntent({ gun, tags: [imageTag('v2')] }, owner);
    await publishAll(owner, ...(await changesWanted(signing, owner)));
    expect(await stage.verify('v2')).toBe(imageTag('v2').digest);
    const removal = signerRemovalIntent({ gun, name: 'alice' }, owner);
    await publishAll(owner, ...(await changesWanted(removal, owner)));
    expect(await stage.verify('v2')).toBe(imageTag('v2').digest);
    const revocation = revocationIntent({ gun, tags: ['v2'] }, owner);
    await publishAll(owner, ...(await changesWanted(revocation, owner)));
    await expect(stage.verify('v2')).rejects.toMatchObject({ code: 'TAG_NOT_SIGNED' });
  });

  it('of a repository that is nowhere is its first release, where there can be one', async () => {
    const newcomer = await publisherAt(new LocalServer());
    const intent = signingIntent({ gun, tags: [imageTag('v1')] }, newcomer);
    expect(await wanted(intent, newcomer)).toEqual(['create target targets v1']);
    const revocation = revocationIntent({ gun, tags: ['v1'] }, newcomer);
    await expect(wanted(revocation, newcomer)).rejects.toMatchObject({ code: 'NO_TRUST_DATA' });
    expect(await newcomer.keys.list()).toEqual([]);
    await newcomer.machine.remove();
  });

  it('of a repository that the server has lost is refused', async () => {
    await stage.server.remove(gun);
    await expect(
      wanted(signingIntent({ gun, tags: [imageTag('v2')] }, owner)),
    ).rejects.toMatchObject({ code: 'NO_TRUST_DATA', message: expect.stringContaining('lost') });
  });
});

describe('a preview of changes that are not staged', () => {
  it('passes over what is staged, and signs nothing when nothing changes', async () => {
    await stageAt(owner, addTag('v9'));
    const preview = await previewChanges(gun, [addTag('v1')], owner);
    expect(preview).toMatchObject({ changes: [{ effect: 'nothing' }], roles: [] });
    const other = await previewChanges(gun, [addTag('v1=other')], owner);
    expect(other).toMatchObject({
      changes: [{ effect: 'replaces' }],
      roles: [{ role: 'targets', signer: 'here' }, { role: 'snapshot' }],
    });
    expect(stage.uploads()).toEqual([]);
  });

  it('names a role whose key is elsewhere', async () => {
    const outsider = await stage.newPublisher();
    const { roles } = await previewChanges(gun, [addTag('v2')], outsider);
    expect(roles[0]).toMatchObject({
      role: 'targets',
      signer: 'missing',
      keys: [{ isHere: false }],
    });
  });
});

describe('a repository that is begun', () => {
  let newcomer: TestPublisher;
  let server: LocalServer;
  beforeEach(async () => {
    server = new LocalServer();
    newcomer = await publisherAt(server);
  });
  afterEach(() => newcomer.machine.remove());

  it('lists nothing, with a snapshot key of the server', async () => {
    const { keys, uploaded } = await beginRepository({ gun, rootKeyId: undefined }, newcomer);
    expect(keys.map(({ role }) => role)).toEqual(['root', 'targets', 'snapshot', 'timestamp']);
    expect((await newcomer.keys.list()).map(({ role }) => role).toSorted()).toEqual([
      'root',
      'targets',
    ]);
    expect(uploaded).toEqual(['root', 'targets']);
    await publishEdits(newcomer, setTag('targets', 'v1'));
  });

  it('is refused where there is one, and no key is made', async () => {
    const other = await stage.newPublisher();
    await expect(beginRepository({ gun, rootKeyId: undefined }, other)).rejects.toMatchObject({
      code: 'ALREADY_INITIALISED',
    });
    expect(await other.keys.list()).toEqual([]);
  });

  it('by a run that did not hear the answer counts as made; by somebody else it does not', async () => {
    const home = newcomer.directory.repository(gun);
    await beginRepository({ gun, rootKeyId: undefined }, newcomer);
    const root = await server.fetch(gun, { role: 'root' }, 100_000);
    await home.setPendingRoot(root ?? Buffer.alloc(0));
    const again = await beginRepository({ gun, rootKeyId: undefined }, newcomer);
    expect(again).toMatchObject({ uploaded: [], keys: { length: 4 } });

    const late = await publisherAt(server);
    await late.directory.repository(gun).setPendingRoot(await foreignRoot());
    await expect(beginRepository({ gun, rootKeyId: undefined }, late)).rejects.toMatchObject({
      code: 'ROOT_CHANGED',
    });
    await late.machine.remove();
  });

  /** Of the stage's repository, which this server does not have. */
  async function foreignRoot(): Promise<Buffer> {
    return (await stage.server.fetch(gun, { role: 'root' }, 100_000)) ?? Buffer.alloc(0);
  }
});
