import { describe, expect, it } from 'vitest';
import { RepositorySimulator } from '../../test/simulator/repository.ts';
import { findAll, walkRoles } from './delegation-walk.ts';
import { isTargetsRole, type TargetsRole } from './role.ts';
import { parseTargets } from './targets.ts';

function sourceOf(sim: RepositorySimulator) {
  const files = new Map(
    [...sim.files].flatMap(([role, bytes]) =>
      isTargetsRole(role) ? [[role, parseTargets(bytes, role)] as const] : [],
    ),
  );
  return (role: TargetsRole) => files.get(role);
}

const rolesWith = (sim: RepositorySimulator, tag: string) =>
  [...findAll(sourceOf(sim), tag)].map(({ role }) => role);

describe('the walk through delegations', () => {
  it('goes breadth first, in the order in which roles were delegated to', () => {
    const sim = new RepositorySimulator();
    sim.delegate('targets/b');
    sim.delegate('targets/a');
    sim.delegate('targets/b/deep');
    sim.publish();
    expect([...walkRoles(sourceOf(sim))].map(({ role }) => role)).toEqual([
      'targets',
      'targets/b',
      'targets/a',
      'targets/b/deep',
    ]);
  });

  it('finds a tag in targets before any delegation', () => {
    const sim = new RepositorySimulator();
    sim.delegate('targets/releases');
    sim.tag('1', 'from targets');
    sim.tag('1', 'from releases', 'targets/releases');
    sim.publish();
    expect(rolesWith(sim, '1')).toEqual(['targets', 'targets/releases']);
  });

  it('passes over a tag outside the paths of the role that lists it', () => {
    const sim = new RepositorySimulator();
    sim.delegate('targets/team', ['team-']);
    sim.tag('team-1', 'x', 'targets/team');
    sim.tag('other', 'x', 'targets/team');
    sim.publish();
    expect(rolesWith(sim, 'team-1')).toEqual(['targets/team']);
    expect(rolesWith(sim, 'other')).toEqual([]);
  });

  it('lets no child have paths that its parent was not given', () => {
    const sim = new RepositorySimulator();
    sim.delegate('targets/team', ['team-']);
    sim.delegate('targets/team/all', ['']);
    sim.delegate('targets/team/own', ['team-own-']);
    for (const role of ['targets/team/all', 'targets/team/own'] as const) {
      sim.tag('team-own-1', 'x', role);
      sim.tag('foreign', 'x', role);
    }
    sim.publish();
    expect(rolesWith(sim, 'foreign')).toEqual([]);
    expect(rolesWith(sim, 'team-own-1')).toEqual(['targets/team/own']);
  });

  it('visits nothing below a role that is not loaded', () => {
    const sim = new RepositorySimulator();
    sim.delegate('targets/a');
    sim.delegate('targets/a/b');
    sim.tag('1', 'x', 'targets/a/b');
    sim.publish();
    sim.files.delete('targets/a');
    expect(rolesWith(sim, '1')).toEqual([]);
  });

  it('refuses more delegations than any honest publisher makes', () => {
    const sim = new RepositorySimulator();
    const keys = [sim.newKey('targets/a')];
    const roles = Array.from({ length: 5000 }, (_, n) => ({
      name: `targets/r${n}` as const,
      paths: [''],
      keyIds: [keys[0]?.key.id ?? ''],
      threshold: 1,
    }));
    const draft = sim.targets('targets');
    sim.delegate('targets/a', [''], 1, keys);
    draft.delegations = { ...draft.delegations, roles };
    sim.publishTargets();
    const targets = parseTargets(sim.bytes('targets'), 'targets');
    const empty = parseTargets(sim.bytes('targets'), 'targets');
    const walk = () => [...walkRoles((role) => (role === 'targets' ? targets : empty))];
    expect(walk).toThrow(expect.objectContaining({ code: 'METADATA_INVALID' }));
  });
});
