import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalServer } from '../../../test/client/local-server.ts';
import { digestOf, gun, publisherAt, type TestPublisher } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import {
  addDelegation,
  addTag,
  publishAll,
  stageAt,
  stagedAt,
} from '../../../test/client/staging.ts';
import { takeSnapshotHome } from '../../../test/client/upkeep.ts';
import { Failure } from '../../errors.ts';
import { parseRoot } from '../../tuf/root.ts';
import { parseSnapshot } from '../../tuf/snapshot.ts';
import { refresh } from '../consume/refresh.ts';
import {
  delegationChange,
  removeDelegationChange,
  removeTargetChange,
  witnessChange,
} from '../trustdir/change.ts';
import { forgetRepository } from './forget.ts';
import { prepareRepository } from './prepare.ts';
import { publishStaged } from './staged.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.set();
});
afterEach(() => stage.clear());

describe('staged changes', () => {
  it('are published in their order in one upload, and are not staged any more', async () => {
    const { key } = await stage.owner.keys.generate('alice');
    const done = await publishAll(
      stage.owner,
      addTag('v2=first'),
      addTag('v2=second'),
      addTag('v3'),
      removeTargetChange('targets', 'v3'),
      ...addDelegation('targets/alice', [key]),
      addTag('v4', 'targets/alice'),
    );
    expect(stage.uploads()).toEqual(['publish targets,targets/alice']);
    expect(done).toMatchObject({ outcome: 'published', uploaded: ['targets', 'targets/alice'] });
    expect(done.applied).toHaveLength(7);
    expect(await stagedAt(stage.owner)).toEqual([]);
    expect(await stage.verify('v2')).toBe(digestOf('second'));
    await expect(stage.verify('v3')).rejects.toMatchObject({ code: 'TAG_NOT_SIGNED' });
    const { set } = await refresh(gun, stage.owner);
    expect(set.targets('targets/alice')?.signed.targets.get('v4')).toBeDefined();
  });

  it('are applied to what others have published since', async () => {
    await stageAt(stage.owner, addTag('v3'));
    await stage.owner.sign('v2');
    await publishStaged(gun, stage.owner);
    for (const tag of ['v1', 'v2', 'v3']) expect(await stage.verify(tag)).toBe(digestOf(tag));
  });

  it('that came while others were published stay', async () => {
    stage.server.before = async (call) => {
      if (call === 'publish') await stageAt(stage.owner, addTag('later'));
    };
    await publishAll(stage.owner, addTag('v2'));
    expect(await stagedAt(stage.owner)).toEqual(['create target later']);
  });

  it('that say what is published already lead to a snapshot, and are done with', async () => {
    const done = await publishAll(stage.owner, addTag('v1'));
    expect(done).toMatchObject({ changed: [], uploaded: [] });
    expect(await stage.versions('targets', 'snapshot', 'timestamp')).toEqual([2, 2, 2]);
    expect(await stagedAt(stage.owner)).toEqual([]);
  });

  it('are told apart by whether they changed anything, in a first release too', async () => {
    const effects = async () => {
      const changes = [
        addTag('v2'),
        removeTargetChange('targets', 'v2'),
        removeTargetChange('targets', 'no'),
      ];
      const { applied } = await publishAll(stage.owner, ...changes);
      return applied.map(({ isEffective }) => isEffective);
    };
    expect(await effects()).toEqual([true, true, false]);
    await stage.owner.server.remove(gun);
    await forgetRepository({ gun, remote: false }, stage.owner);
    expect(await effects()).toEqual([true, true, false]);
  });

  it('of a lost race are applied again', async () => {
    const second = await stage.newPublisher();
    for (const { id } of await stage.owner.keys.list()) stage.owner.keys.give(id, second.keys);
    let isFirst = true;
    stage.server.before = async (call) => {
      if (call !== 'publish' || !isFirst) return;
      isFirst = false;
      await second.sign('v2');
    };
    await publishAll(stage.owner, addTag('v3'), removeTargetChange('targets', 'v1'));
    for (const tag of ['v2', 'v3']) expect(await stage.verify(tag)).toBe(digestOf(tag));
    await expect(stage.verify('v1')).rejects.toMatchObject({ code: 'TAG_NOT_SIGNED' });
  });
});

describe('with nothing staged', () => {
  it('the server is asked for a new snapshot and timestamp, as notary does', async () => {
    const done = await publishStaged(gun, stage.owner);
    expect(done).toMatchObject({ outcome: 'published', changed: [], uploaded: [] });
    expect(stage.uploads()).toEqual(['publish ']);
    expect(await stage.versions('root', 'targets', 'snapshot', 'timestamp')).toEqual([1, 2, 2, 2]);
  });

  it('a snapshot whose key is here is signed anew', async () => {
    await takeSnapshotHome(stage.owner);
    const [before] = await stage.versions('snapshot');
    expect((await publishStaged(gun, stage.owner)).uploaded).toEqual(['snapshot']);
    expect(await stage.versions('snapshot')).toEqual([before! + 1]);
  });

  it('an answer that is lost is a failure: nobody can tell whether there is a new snapshot', async () => {
    stage.server.after = (call) => {
      if (call === 'publish') throw new Failure('TIMEOUT', 'no answer');
    };
    await expect(publishStaged(gun, stage.owner)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});

describe('a change that cannot be published ends the run, and all stay staged', () => {
  const refused = [
    [
      'a tag in a role that nobody delegates to',
      addTag('v3', 'targets/bob'),
      { code: 'ROLE_INVALID', change: 'create target targets/bob v3' },
    ],
    [
      'paths for a delegation that is not there',
      delegationChange('targets/bob', 'create', { addPaths: [''] }),
      { code: 'ROLE_INVALID', change: 'create delegation targets/bob' },
    ],
    [
      'a witness for a role that never signed',
      witnessChange('targets/bob'),
      { code: 'ROLE_INVALID', change: 'update witness targets/bob' },
    ],
    [
      'a tag that Go could not write',
      addTag('v\t3'),
      { code: 'METADATA_INVALID', change: 'create target targets v\t3' },
    ],
  ] as const;

  it.each(refused)('%s', async (_what, change, { code, change: words }) => {
    await stageAt(stage.owner, addTag('v2'), change, addTag('v4'));
    await expect(publishStaged(gun, stage.owner)).rejects.toMatchObject({
      code,
      facts: { change: words, file: expect.stringMatching(/changelist\/\d{20}_.*\.change$/) },
      meaning: expect.stringContaining('all changes stay staged'),
    });
    expect(stage.uploads()).toEqual([]);
    expect(await stagedAt(stage.owner)).toHaveLength(3);
  });

  it('one without a key here, found out before anything is signed', async () => {
    const bob = await stage.newPublisher();
    const { key } = await bob.keys.generate('bob');
    await stageAt(stage.owner, ...addDelegation('targets/bob', [key]), addTag('v2', 'targets/bob'));
    await expect(publishStaged(gun, stage.owner)).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      facts: { role: 'targets/bob', change: 'create target targets/bob v2' },
    });
    expect(stage.uploads()).toEqual([]);
    expect(await stagedAt(stage.owner)).toHaveLength(3);
  });

  it('one whose file cannot be read: none is left out', async () => {
    await stageAt(stage.owner, addTag('v2'));
    const path = `${stage.owner.directory.repository(gun).path}/changelist/00000000000000000001_x.change`;
    await writeFile(path, '{"action":');
    await expect(publishStaged(gun, stage.owner)).rejects.toMatchObject({
      code: 'CACHE_DAMAGED',
      facts: { file: path },
    });
    expect(stage.server.calls).toEqual([]);
    expect(await stagedAt(stage.owner)).toEqual(['unreadable', 'create target v2']);
    expect(await readFile(path, 'utf8')).toBe('{"action":');
  });

  it.each(['UPLOAD_REJECTED', 'UNREACHABLE', 'FORBIDDEN'] as const)(
    'an upload that fails as %s',
    async (code) => {
      await stageAt(stage.owner, addTag('v2'));
      stage.server.failAt('publish', new Failure(code, 'no'));
      await expect(publishStaged(gun, stage.owner)).rejects.toMatchObject({ code });
      expect(await stagedAt(stage.owner)).toEqual(['create target v2']);
    },
  );
});

describe('removing a delegation', () => {
  it('leaves a snapshot of ours without its file, and one of the server with it', async () => {
    const { key } = await stage.owner.keys.generate('alice');
    const add = [...addDelegation('targets/alice', [key]), addTag('v2', 'targets/alice')];
    await publishAll(stage.owner, ...add);
    await publishAll(stage.owner, removeDelegationChange('targets/alice'));
    expect(await listed()).toContain('targets/alice');

    await takeSnapshotHome(stage.owner);
    await publishAll(stage.owner, ...add, addTag('v3', 'targets/alice'));
    expect(await listed()).toContain('targets/alice');
    await publishAll(stage.owner, removeDelegationChange('targets/alice'));
    expect(await listed()).not.toContain('targets/alice');
  });

  async function listed(): Promise<readonly string[]> {
    const bytes = await stage.server.fetch(gun, { role: 'snapshot' }, 1024 * 1024);
    return [...parseSnapshot(bytes!).signed.meta.keys()];
  }
});

describe('the first publication', () => {
  let server: LocalServer;
  let owner: TestPublisher;
  beforeEach(async () => {
    server = new LocalServer();
    owner = await publisherAt(server);
  });
  afterEach(() => owner.machine.remove());

  const versions = () =>
    Promise.all(
      (['root', 'targets', 'targets/alice', 'snapshot', 'timestamp'] as const).map((role) =>
        server.version(gun, role),
      ),
    );

  it('of a prepared repository uploads its root as it is, and targets and snapshot one up', async () => {
    await prepareRepository({ gun, snapshotHolder: 'local' }, owner);
    const prepared = await readFile(owner.directory.repository(gun).cache.pathOf('root'));
    const done = await publishAll(owner, addTag('v1'));
    expect(done.uploaded).toEqual(['root', 'targets', 'snapshot']);
    expect(await server.fetch(gun, { role: 'root' }, 1024 * 1024)).toEqual(prepared);
    expect(await versions()).toEqual([1, 2, undefined, 2, 1]);
    expect(await stagedAt(owner)).toEqual([]);
    expect(owner.machine.takeEvents()).not.toContain('trust-found');
    const { generation } = await refresh(gun, owner);
    expect(generation.reason).toBe('made-here');
  });

  it('may hold delegations and what they list', async () => {
    await prepareRepository({ gun, snapshotHolder: 'server' }, owner);
    const { key } = await owner.keys.generate('alice');
    const changes = [...addDelegation('targets/alice', [key]), addTag('v1', 'targets/alice')];
    const done = await publishAll(owner, ...changes);
    expect(done.uploaded).toEqual(['root', 'targets', 'targets/alice']);
    expect(await versions()).toEqual([1, 2, 1, 1, 1]);
  });

  it('with nothing staged makes a repository that lists nothing', async () => {
    await prepareRepository({ gun, snapshotHolder: 'local' }, owner);
    expect((await publishStaged(gun, owner)).outcome).toBe('published');
    expect(await versions()).toEqual([1, 2, undefined, 2, 1]);
  });

  it('of something staged for a repository that nobody prepared makes it, snapshot key here', async () => {
    const done = await publishAll(owner, addTag('v1'));
    expect(done.uploaded).toEqual(['root', 'targets', 'snapshot']);
    expect(owner.keys.ids('snapshot')).toHaveLength(1);
    expect(done.newKeys.map(({ role }) => role)).toEqual([
      'root',
      'targets',
      'snapshot',
      'timestamp',
    ]);
  });

  it('of nothing for a repository that nobody knows is NO_TRUST_DATA, and makes no key', async () => {
    await expect(publishStaged(gun, owner)).rejects.toMatchObject({
      code: 'NO_TRUST_DATA',
      message: `there is nothing to publish for ${gun}`,
    });
    expect(await owner.keys.list()).toEqual([]);
    expect(await versions()).toEqual(Array(5).fill(undefined));
  });

  it('that is refused leaves everything staged and prepared, and can be run again', async () => {
    await prepareRepository({ gun, snapshotHolder: 'local' }, owner);
    server.failAt('publish', new Failure('UNREACHABLE', 'no'));
    await expect(publishAll(owner, addTag('v1'))).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(await stagedAt(owner)).toEqual(['create target v1']);
    server.before = () => undefined;
    await publishStaged(gun, owner);
    expect(await versions()).toEqual([1, 2, undefined, 2, 1]);
  });

  it('names the change that stands in its way', async () => {
    await prepareRepository({ gun, snapshotHolder: 'local' }, owner);
    await expect(publishAll(owner, addTag('v1', 'targets/bob'))).rejects.toMatchObject({
      code: 'ROLE_INVALID',
      facts: { change: 'create target targets/bob v1' },
    });
    expect(await versions()).toEqual(Array(5).fill(undefined));
  });

  it('that somebody else was quicker with is refused: his root is not the one that was made here', async () => {
    const other = await publisherAt(server, owner.keys);
    let isFirst = true;
    server.before = async (call) => {
      if (call !== 'publish' || !isFirst) return;
      isFirst = false;
      await other.sign('v0');
    };
    await prepareRepository({ gun, snapshotHolder: 'server' }, owner);
    await expect(publishAll(owner, addTag('v1'))).rejects.toMatchObject({ code: 'ROOT_CHANGED' });
    expect(await stagedAt(owner)).toEqual(['create target v1']);
    const root = await server.fetch(gun, { role: 'root' }, 1024 * 1024);
    expect(parseRoot(root!).signed.version).toBe(1);
    await other.machine.remove();
  });
});
