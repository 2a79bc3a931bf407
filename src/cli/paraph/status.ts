// `paraph status IMAGE`: what is staged for a repository on this machine, by whichever program; --reset takes some or all
// of it back. No server is asked.

import type { StagedChange } from '../../client/trustdir/change-list.ts';
import { TrustDirectory } from '../../client/trustdir/trust-directory.ts';
import { exitStatus } from '../../errors.ts';
import { placesOf } from '../places.ts';
import { changeJson, changeRow } from '../render/change.ts';
import { safe } from '../render/safe-text.ts';
import { table } from '../render/table.ts';
import type { CommandBody } from './command.ts';
import { namedPlaces } from './named-places.ts';
import { openReporter } from './open-reporter.ts';
import { repositoryNamed } from './repository-argument.ts';
import { wrongValue } from './usage-failure.ts';

export const run: CommandBody['run'] = async ({ args, flags, world, ...rest }) => {
  const reporter = openReporter({ args, flags, world, ...rest });
  const [asked = ''] = args;
  const { name: gun } = repositoryNamed(asked, 'status');
  const { trustDir } = placesOf(world, namedPlaces(flags));
  const { changeList } = new TrustDirectory(trustDir).repository(gun);
  const staged = await changeList.list();
  const wanted = flags.text('reset');
  const going = wanted === undefined ? [] : chosen(staged, wanted);
  await changeList.remove(going.map(({ name }) => name));
  const shown = wanted === undefined ? staged : going;
  const numbered = shown.map((change) => ({ number: staged.indexOf(change), change }));
  reporter.result(rowsOf(numbered, wanted === undefined ? 'staged' : 'reset'), {
    repository: gun,
    [wanted === undefined ? 'staged' : 'reset']: numbered.map(({ number, change }) => ({
      number,
      ...changeJson(change),
      file: changeList.pathOf(change.name),
    })),
  });
  if (shown.length === 0) {
    reporter.notice([`Nothing is staged for ${safe(gun)}.`], { kind: 'nothing-staged', gun });
  }
  return exitStatus.done;
};

interface Numbered {
  readonly number: number;
  readonly change: StagedChange;
}

function rowsOf(numbered: readonly Numbered[], verb: string): readonly string[] {
  const rows = numbered.map(({ number, change }) => [String(number), verb, ...changeRow(change)]);
  return rows.length === 0 ? [] : table([{ align: 'right' }, {}, {}, {}, {}], rows);
}

/** @throws Failure USAGE for a number that there is not; nothing is reset then */
function chosen(staged: readonly StagedChange[], wanted: string): readonly StagedChange[] {
  if (wanted === 'all') return staged;
  const numbers = new Set(wanted.split(','));
  return [...numbers].map((text) => {
    const change = /^\d{1,9}$/.test(text) ? staged[Number(text)] : undefined;
    if (change !== undefined) return change;
    throw wrongValue(`--reset ${wanted}: there is no staged change with number ${text}`, {
      command: 'status',
      hints: ['paraph status shows the numbers; all takes back everything. Nothing was reset.'],
    });
  });
}
