import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Consumer } from '../../../test/client/consumer.ts';
import { SimulatedServer } from '../../../test/client/simulated-server.ts';
import { RepositorySimulator } from '../../../test/simulator/repository.ts';
import { findTarget, listDelegations, listTargets } from './listing.ts';
import { refresh } from './refresh.ts';

let repository: RepositorySimulator;
let consumer: Consumer;

beforeEach(async () => {
  repository = new RepositorySimulator();
  consumer = await Consumer.make(new SimulatedServer(repository));
});
afterEach(() => consumer.remove());

async function trusted() {
  repository.publish();
  return refresh(repository.gun, consumer);
}
async function listed(...roles: readonly string[]) {
  const targets = listTargets(await trusted(), roles.length === 0 ? undefined : roles);
  return targets.map(({ name, role }) => `${name} ${role}`);
}

describe('targets', () => {
  beforeEach(() => {
    repository.delegate('targets/a');
    repository.delegate('targets/a/b');
    repository.delegate('targets/c');
    repository.tag('own', 'x');
    repository.tag('shared', 'of targets');
    repository.tag('shared', 'of a', 'targets/a');
    repository.tag('deep', 'x', 'targets/a/b');
    repository.tag('é', 'x', 'targets/c');
    repository.tag('__proto__', 'x', 'targets/c');
  });

  it('are those of targets and of every role below, sorted by the bytes of their names', async () => {
    expect(await listed()).toEqual([
      '__proto__ targets/c',
      'deep targets/a/b',
      'own targets',
      'shared targets',
      'é targets/c',
    ]);
  });

  it('are those of the roles asked for, the first before the next', async () => {
    expect(await listed('targets/a')).toEqual(['deep targets/a/b', 'shared targets/a']);
    expect(await listed('targets/a', 'targets')).toContain('shared targets/a');
    expect(await listed('targets', 'targets/a')).toContain('shared targets');
    expect(await listed('targets/none', 'root', '')).toEqual([]);
  });

  it('of a role asked for later do not come with the role above it', async () => {
    repository.tag('shared', 'of b', 'targets/a/b');
    expect(await listed('targets/a/b', 'targets/a')).toContain('shared targets/a/b');
    expect(await listed('targets/a', 'targets/a/b')).toContain('shared targets/a');
  });

  it('count only where a role may sign them', async () => {
    repository.delegate('targets/narrow', ['team/']);
    repository.tag('team/x', 'x', 'targets/narrow');
    repository.tag('other', 'x', 'targets/narrow');
    expect(await listed('targets/narrow')).toEqual(['team/x targets/narrow']);
    expect(findTarget(await trusted(), 'other')).toBeUndefined();
  });

  it('are found one by one, from targets on', async () => {
    expect(findTarget(await trusted(), 'shared')).toMatchObject({ role: 'targets' });
    expect(findTarget(await trusted(), 'deep')).toMatchObject({ role: 'targets/a/b' });
    expect(findTarget(await trusted(), 'constructor')).toBeUndefined();
  });
});

describe('delegations', () => {
  it('are those of every role, sorted, with sorted paths and canonical ids', async () => {
    repository.delegate('targets/z', ['z/', 'a/']);
    repository.delegate('targets/b');
    repository.delegate('targets/b/c');
    const all = listDelegations(await trusted());
    expect(all.map(({ role }) => role)).toEqual(['targets/b', 'targets/b/c', 'targets/z']);
    expect(all[2]).toMatchObject({
      paths: ['a/', 'z/'],
      keyIds: [repository.signers.get('targets/z')?.[0]?.key.canonicalId],
      threshold: 1,
    });
  });

  it('are none in a repository without', async () => {
    expect(listDelegations(await trusted())).toEqual([]);
  });
});
