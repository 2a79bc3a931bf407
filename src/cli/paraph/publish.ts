// `paraph publish IMAGE`: everything that is staged, by whichever program, in one publication. And `paraph diff IMAGE`,
// which is the same with --dry-run: what would be published, held against what is published now.
import { versionsOf } from '../../client/consume/trusted-repository.ts';
import { previewStaged } from '../../client/publish/preview.ts';
import { type AppliedChange, publishStaged } from '../../client/publish/staged.ts';
import { changeJson, changeRow } from '../render/change.ts';
import { newKeysJson, publishedLines, uploadedJson } from '../render/signing.ts';
import { table } from '../render/table.ts';
import type { CommandBody } from './command.ts';
import { Desk, type Work } from './desk.ts';
import { refusingIncomplete } from './incomplete-purge.ts';
import { mannerOf, showPreview } from './rehearsal.ts';
import { repositoryNamed } from './repository-argument.ts';

export const run: CommandBody['run'] = async (invocation) => {
  const { name, args } = invocation;
  const [asked = ''] = args;
  const reference = repositoryNamed(asked, name);
  const isLook = name === 'diff' || mannerOf(invocation) === 'dry-run';
  return Desk.open(invocation, (desk) =>
    desk.one(reference, async (at) =>
      isLook
        ? showPreview(await previewStaged(reference.name, at.ports), at)
        : refusingIncomplete(at, (work) => publishAll(reference.name, work, desk)),
    ),
  );
};

async function publishAll(gun: string, { ports, reporter }: Work, desk: Desk): Promise<object> {
  const done = await publishStaged(gun, ports);
  const { applied, found, newKeys, uploaded, repository } = done;
  const versions = repository === undefined ? new Map() : versionsOf(repository.set);
  const { warnAfterwards } = desk.tellNewKeys({ gun, newKeys });
  if (applied.length + found.length === 0 && newKeys.length === 0) {
    reporter.notice(['Nothing was staged; a new snapshot was made of what is published.'], {
      kind: 'nothing-staged',
      gun,
    });
  }
  const rows = applied.map((change) => [outcomeOf(change), ...changeRow(change)]);
  for (const line of table([{}, {}, {}, {}], rows)) reporter.line(line);
  // With nothing to upload the server makes the snapshot by itself.
  const shown = uploaded.length === 0 ? (['snapshot'] as const) : uploaded;
  for (const line of publishedLines({ uploaded: shown, versions })) reporter.line(line);
  warnAfterwards();
  return {
    repository: gun,
    keys: newKeysJson({ newKeys }),
    applied: applied.map((change) => ({ outcome: outcomeOf(change), ...changeJson(change) })),
    ...uploadedJson({ uploaded, versions }),
  };
}

/** `nothing` for a change that the repository said already: a tag that was not there was not taken out. */
function outcomeOf({ isEffective }: AppliedChange): 'done' | 'nothing' {
  return isEffective ? 'done' : 'nothing';
}
