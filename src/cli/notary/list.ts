// `notary list GUN`: the targets of a repository, by the roles asked for (notary CLI §2).
import { type ListedTarget, listTargets } from '../../client/consume/listing.ts';
import { refresh } from '../../client/consume/refresh.ts';
import { safe } from '../render/safe-text.ts';
import type { NotaryBody } from './command.ts';
import { gunOf } from './gun-argument.ts';
import { inSession } from './session.ts';
import { notaryTable } from './table.ts';

export const run: NotaryBody['run'] = async (call) => {
  const gun = gunOf(call);
  const roles = call.flags.list('roles');
  await inSession(call, async (session) => {
    const repository = await refresh(gun, await session.consumer());
    const targets = listTargets(repository, roles.length === 0 ? undefined : roles);
    if (targets.length === 0) session.console.write('\nNo targets present in this repository.\n\n');
    else session.console.print(tableOf(targets).join('\n'));
  });
};

function tableOf(targets: readonly ListedTarget[]): readonly string[] {
  return notaryTable(
    ['NAME', 'DIGEST', 'SIZE (BYTES)', 'ROLE'],
    targets.map(({ name, target, role }) => [
      safe(name),
      target.hashes.get('sha256')?.toString('hex') ?? '',
      String(target.length),
      role,
    ]),
  );
}
