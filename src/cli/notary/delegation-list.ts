// `notary delegation list GUN`: who may sign what beside the repository's own key (notary CLI §3).
import { type ListedDelegation, listDelegations } from '../../client/consume/listing.ts';
import { refresh } from '../../client/consume/refresh.ts';
import { safe } from '../render/safe-text.ts';
import type { NotaryBody } from './command.ts';
import { withPrefix } from './prefix.ts';
import { inSession } from './session.ts';
import { notaryTable, shownPaths } from './table.ts';
import { usageFirst } from './usage-first.ts';

export const run: NotaryBody['run'] = async (call) => {
  const [gun] = call.args;
  if (gun === undefined || call.args.length !== 1) {
    throw usageFirst(call, 'Please provide a Global Unique Name as an argument to list');
  }
  await inSession(call, async (session) => {
    const consumer = await session.consumer();
    const repository = await withPrefix(
      `Error retrieving delegation roles for repository ${gun}: `,
      () => refresh(gun, consumer),
    );
    const delegations = listDelegations(repository);
    const lines =
      delegations.length === 0
        ? ['', 'No delegations present in this repository.', '']
        : tableOf(delegations);
    session.console.print(['', ...lines, ''].join('\n'));
  });
};

function tableOf(delegations: readonly ListedDelegation[]): readonly string[] {
  return notaryTable(
    ['ROLE', 'PATHS', 'KEY IDS', 'THRESHOLD'],
    delegations.flatMap(({ role, paths, keyIds, threshold }) => {
      const shown = shownPaths(paths).map(safe);
      const rows = Math.max(1, shown.length, keyIds.length);
      return Array.from({ length: rows }, (_, index) => [
        index === 0 ? role : '',
        shown[index] ?? '',
        keyIds[index] ?? '',
        index === 0 ? String(threshold) : '',
      ]);
    }),
  );
}
