import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newDelegation, publishEdits, setTag } from '../../../test/client/edits.ts';
import { LocalServer } from '../../../test/client/local-server.ts';
import { gun, publisherAt, type TestPublisher } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import { addDelegation, addTag, stageAt, stagedAt } from '../../../test/client/staging.ts';
import { takeSnapshotHome } from '../../../test/client/upkeep.ts';
import {
  type Change,
  delegationChange,
  removeDelegationChange,
  removeTargetChange,
  witnessChange,
} from '../trustdir/change.ts';
import { prepareRepository } from './prepare.ts';
import { previewStaged } from './preview.ts';

let stage: Stage;
let owner: TestPublisher;
beforeEach(async () => {
  stage = await Stage.set();
  ({ owner } = stage);
});
afterEach(() => stage.clear());

async function effects(...changes: readonly Change[]): Promise<readonly string[]> {
  await stageAt(owner, ...changes);
  const preview = await previewStaged(gun, owner);
  return preview.changes.map(({ effect, failure }) =>
    failure === undefined ? effect : `${effect} ${failure.code}`,
  );
}

describe('a preview of staged changes', () => {
  it('says what each comes to after those before it', async () => {
    expect(
      await effects(
        addTag('v1'),
        addTag('v1=other'),
        addTag('v2'),
        removeTargetChange('targets', 'v2'),
        removeTargetChange('targets', 'v2'),
        witnessChange('targets'),
      ),
    ).toEqual(['nothing', 'replaces', 'adds', 'removes', 'nothing', 'replaces']);
  });

  it('says it of delegations', async () => {
    const { key } = await owner.keys.generate('alice');
    const role = 'targets/alice';
    const keyIds = { removeKeyIds: [key.canonicalId] };
    expect(
      await effects(
        ...addDelegation(role, [key]),
        delegationChange(role, 'update', { removePaths: [''] }),
        delegationChange(role, 'update', { addPaths: ['a'], clearPaths: true }),
        delegationChange('targets/*', 'update', keyIds),
        removeDelegationChange(role),
        removeDelegationChange(role),
      ),
    ).toEqual(['adds', 'adds', 'removes', 'replaces', 'removes', 'removes', 'nothing']);
    const { notices } = await previewStaged(gun, owner);
    expect(notices).toEqual([{ kind: 'role-unusable', role, keys: 0, threshold: 1 }]);
  });

  it('names what would fail, and looks at the rest all the same', async () => {
    const home = owner.directory.repository(gun);
    await stageAt(owner, addTag('v2', 'targets/bob'), addTag('v3'));
    await writeFile(`${home.path}/changelist/00000000000000000001_x.change`, '{');
    expect(await effects(addTag('x\ty'))).toEqual([
      'fails CACHE_DAMAGED',
      'fails ROLE_INVALID',
      'adds',
      'fails METADATA_INVALID',
    ]);
  });

  it('says who would sign, and whether the keys are here', async () => {
    const bob = await stage.newPublisher();
    const { key } = await bob.keys.generate('bob');
    await stageAt(owner, ...addDelegation('targets/bob', [key]), addTag('v2', 'targets/bob'));
    const [targets] = owner.keys.ids('targets');
    const preview = await previewStaged(gun, owner);
    expect(preview.repository).toBe('published');
    expect(preview.roles).toEqual([
      { role: 'targets', keys: [{ id: targets, isHere: true }], threshold: 1, signer: 'here' },
      {
        role: 'targets/bob',
        keys: [{ id: key.canonicalId, isHere: false }],
        threshold: 1,
        signer: 'missing',
      },
      { role: 'snapshot', keys: [expect.anything()], threshold: 1, signer: 'server' },
    ]);
    await takeSnapshotHome(owner);
    expect((await previewStaged(gun, owner)).roles.at(-1)).toMatchObject({ signer: 'here' });
  });

  it('has a root signed with the keys before it and its own', async () => {
    const { key } = await owner.keys.generate('targets', gun);
    const keys = [{ keytype: key.keyType, keyval: { public: key.publicBytes.toString('base64') } }];
    const data = Buffer.from(JSON.stringify({ keys, role: 'targets' }));
    expect(
      await effects({ action: 'create', type: 'role', role: 'root', path: 'targets', data }),
    ).toEqual(['replaces']);
    const { roles } = await previewStaged(gun, owner);
    expect(roles.map(({ role, signer }) => `${role} ${signer}`)).toEqual([
      'root here',
      'targets here',
      'snapshot server',
    ]);
  });

  it('counts a role that is witnessed although it does not count', async () => {
    const { key: alice } = await owner.keys.generate('alice');
    const { key: bob } = await owner.keys.generate('bob');
    const role = 'targets/alice';
    await publishEdits(owner, newDelegation(role, [alice]), setTag(role, 'v2'));
    await publishEdits(owner, {
      ...newDelegation(role, [bob]),
      removeKeyIds: [alice.canonicalId],
    });
    expect(await effects(addTag('v3', role))).toEqual(['fails THRESHOLD_UNMET']);
    await owner.directory.repository(gun).changeList.clear();
    expect(await effects(witnessChange(role), addTag('v2', role), addTag('v3', role))).toEqual([
      'replaces',
      'nothing',
      'adds',
    ]);
  });

  it('opens no key, uploads nothing, and leaves everything staged', async () => {
    owner.keys.opened.length = 0;
    await effects(addTag('v2'), removeTargetChange('targets', 'v1'));
    expect(owner.keys.opened).toEqual([]);
    expect(stage.server.calls.filter((call) => !call.startsWith('fetch'))).toEqual([]);
    expect(await stagedAt(owner)).toHaveLength(2);
  });

  it('of nothing is a new snapshot', async () => {
    const { changes, roles } = await previewStaged(gun, owner);
    expect(changes).toEqual([]);
    expect(roles.map(({ role }) => role)).toEqual(['snapshot']);
  });
});

describe('a preview of the first publication', () => {
  let newcomer: TestPublisher;
  beforeEach(async () => {
    newcomer = await publisherAt(new LocalServer());
  });
  afterEach(() => newcomer.machine.remove());

  it('of a prepared repository knows its keys', async () => {
    await prepareRepository({ gun, snapshotHolder: 'local' }, newcomer);
    await stageAt(newcomer, addTag('v1'));
    expect(await previewStaged(gun, newcomer)).toMatchObject({
      repository: 'prepared',
      changes: [{ effect: 'adds' }],
      roles: [
        { role: 'targets', signer: 'here' },
        { role: 'snapshot', signer: 'here' },
      ],
    });
  });

  it('of one that is nowhere shows the changes alone, and makes no key', async () => {
    await stageAt(newcomer, addTag('v1'), addTag('v2', 'targets/bob'));
    expect(await previewStaged(gun, newcomer)).toMatchObject({
      repository: 'absent',
      changes: [{ effect: 'adds' }, { effect: 'fails', failure: { code: 'ROLE_INVALID' } }],
      roles: [],
    });
    expect(await newcomer.keys.list()).toEqual([]);
  });
});
