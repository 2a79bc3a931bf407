// `notary status GUN`: what waits to be published.
import { safe } from '../render/safe-text.ts';
import type { NotaryBody } from './command.ts';
import { gunOf } from './gun-argument.ts';
import { inSession } from './session.ts';
import { notaryTable } from './table.ts';

export const run: NotaryBody['run'] = async (call) => {
  const gun = gunOf(call);
  await inSession(call, async ({ console, directory }) => {
    const staged = await directory.repository(gun).changeList.list();
    // Numbers are those of the files, so that `reset` takes the change that was meant.
    const rows = staged.flatMap(({ name, change, fault }, index) => {
      if (change !== undefined) {
        const { action, role, type, path } = change;
        return [[String(index), action, safe(role), safe(type), safe(path)]];
      }
      console.log('warning', `change ${index}, ${name}, cannot be read: ${fault?.message ?? ''}`);
      return [];
    });
    if (rows.length === 0) {
      console.print(`No unpublished changes for ${safe(gun)}`);
    } else {
      const table = notaryTable(['#', 'ACTION', 'SCOPE', 'TYPE', 'PATH'], rows);
      console.print([`Unpublished changes for ${safe(gun)}:`, '', ...table].join('\n'));
    }
  });
};
