// Carrying out what is wanted of one repository in the manner that was asked for: shown, staged, or published and told
// change by change.
//
// Invariant: a change is told as done only after the server confirmed it.

import { type IntentPublished, publishIntent } from '../../client/publish/delegations.ts';
import type { Edit } from '../../client/publish/edit.ts';
import type { Intent } from '../../client/publish/intent.ts';
import { editJson, editRow } from '../render/change.ts';
import { safe } from '../render/safe-text.ts';
import { publishedLines, uploadedJson, verbCell } from '../render/signing.ts';
import { table } from '../render/table.ts';
import type { Work } from './desk.ts';
import { type Manner, rehearse } from './rehearsal.ts';

/** Gives the document. @throws Failure as rehearse and publishIntent */
export async function carryOut(manner: Manner, intent: Intent, at: Work): Promise<object> {
  if (manner !== 'publish') return rehearse(manner, intent, at);
  const done = await publishIntent(intent, at.ports);
  const rows = done.planned.map((edit) => [verbCell(outcomeOf(edit, done)), ...editRow(edit)]);
  for (const line of table([{}, {}, {}, {}], rows)) at.reporter.line(line);
  for (const line of publishedLines(done)) at.reporter.line(line);
  tellUnsigned(done, at);
  return {
    repository: intent.gun,
    changes: done.planned.map((edit) => ({ outcome: outcomeOf(edit, done), ...editJson(edit) })),
    ...uploadedJson(done),
  };
}

function outcomeOf(edit: Edit, { changed }: IntentPublished): 'done' | 'unchanged' {
  return changed.includes(edit) ? 'done' : 'unchanged';
}

/** A role whose keys changed may be left with signatures that count no more. */
function tellUnsigned({ gun, planned, skipped }: IntentPublished, { reporter }: Work): void {
  const roles = planned.flatMap((edit) =>
    edit.kind === 'change-delegation' && skipped.has(edit.role) ? [edit.role] : [],
  );
  for (const role of roles) {
    reporter.notice(
      [
        `What ${role} lists does not count until it is signed again, with a key that it has now:`,
        `  paraph delegation witness ${safe(gun)} ${role}`,
      ],
      { kind: 'role-unsigned', gun, role },
    );
  }
}
