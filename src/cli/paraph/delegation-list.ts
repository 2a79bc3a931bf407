// `paraph delegation list IMAGE`: the roles beside the repository key, with their keys and the tags that they may sign.
import { inspectRepository, type RoleView } from '../../client/consume/inspect.ts';
import { delegatedCells, delegatedJson } from '../render/delegated-role.ts';
import { safe } from '../render/safe-text.ts';
import { table } from '../render/table.ts';
import type { CommandBody } from './command.ts';
import { listing } from './listing.ts';

export const run: CommandBody['run'] = (invocation) =>
  listing(invocation, (repository, reporter) => {
    const roles = inspectRepository(repository).roles.filter(({ role }) =>
      role.startsWith('targets/'),
    );
    const lines = roles.length === 0 ? [] : roleTable(roles, invocation.flags.isOn('no-trunc'));
    const { gun } = repository;
    reporter.result(lines, { repository: gun, delegations: roles.map(delegatedJson) });
    if (roles.length > 0) return;
    reporter.notice([`${safe(gun)} has no delegation: its own key signs every tag.`], {
      kind: 'no-delegations',
      gun,
    });
  });

function roleTable(roles: readonly RoleView[], isFull: boolean): readonly string[] {
  return table(
    [
      { title: 'ROLE' },
      { title: 'KEYS' },
      { title: 'NEEDS', align: 'right' },
      { title: 'MAY SIGN' },
      { title: 'SIGNED UNTIL' },
    ],
    roles.map((view) => {
      const { keys, paths, until } = delegatedCells(view, isFull);
      return [safe(view.role), keys, `${view.threshold} of ${view.keys.length}`, paths, until];
    }),
  );
}
