// Publishing commands that only show what they would do (`--dry-run`), or put it aside for `paraph publish` (`--stage`).
// Neither opens a key or changes anything on a server.
import { changesWanted, type Intent } from '../../client/publish/intent.ts';
import { type Preview, previewChanges } from '../../client/publish/preview.ts';
import { stage } from '../../client/publish/staged.ts';
import type { Change } from '../../client/trustdir/change.ts';
import { Failure } from '../../errors.ts';
import { changeJson, changeRow } from '../render/change.ts';
import {
  obstacleTo,
  previewJson,
  previewLines,
  previewNotices,
  unsignable,
} from '../render/preview.ts';
import { safe } from '../render/safe-text.ts';
import { table } from '../render/table.ts';
import type { Invocation } from './command.ts';
import type { Work } from './desk.ts';
import { wrongValue } from './usage-failure.ts';

/** How a publishing command is meant. */
export type Manner = 'publish' | 'stage' | 'dry-run';

/** @throws Failure USAGE when two are asked for */
export function mannerOf({ name: command, flags }: Invocation): Manner {
  const isDry = flags.isOn('dry-run');
  if (!flags.isOn('stage')) return isDry ? 'dry-run' : 'publish';
  if (!isDry) return 'stage';
  throw wrongValue('--dry-run and --stage do not go together', { command });
}

const nsPerMs = 1_000_000n;

/** Shows or stages what `intent` comes to now; gives the document. @throws Failure as changesWanted, previewChanges; DISK */
export async function rehearse(
  manner: 'stage' | 'dry-run',
  intent: Intent,
  at: Work,
): Promise<object> {
  const changes = await changesWanted(intent, at.ports);
  return rehearseChanges(manner, { gun: intent.gun, changes }, at);
}

/** The same for changes that are known already. */
async function rehearseChanges(
  manner: 'stage' | 'dry-run',
  { gun, changes }: { readonly gun: string; readonly changes: readonly Change[] },
  at: Work,
): Promise<object> {
  const { ports, reporter } = at;
  if (manner === 'dry-run') return showPreview(await previewChanges(gun, changes, ports), at);
  const staged = changes.map((change) => ({ name: '', change, fault: undefined }));
  await stage(gun, changes, {
    directory: ports.directory,
    nowNs: () => BigInt(ports.nowMs()) * nsPerMs,
  });
  for (const line of table(
    [{}, {}, {}, {}],
    staged.map((one) => ['staged', ...changeRow(one)]),
  )) {
    reporter.line(line);
  }
  reporter.notice([`Not published yet. Next: paraph publish ${safe(gun)}`], {
    kind: 'staged',
    gun,
  });
  return { repository: gun, staged: staged.map(changeJson) };
}

/**
 * Shows a preview; gives the document. Refused is the first change that cannot be published, or a role that nobody here
 * can sign (KEY_NOT_FOUND).
 */
export function showPreview(preview: Preview, { ports, reporter, refuse }: Work): object {
  reporter.line(`${safe(preview.gun)}  ${headWords(preview)}`);
  for (const line of previewLines(preview)) reporter.line(line);
  for (const { lines, data } of previewNotices(preview, ports.nowMs()))
    reporter.notice(lines, data);
  const failure = obstacleTo(preview) ?? missingKeys(preview);
  if (failure !== undefined) refuse(failure);
  return previewJson(preview);
}

function headWords({ changes, roles, repository }: Preview): string {
  if (changes.some(({ effect }) => effect === 'fails')) return 'could not be published:';
  if (roles.some(({ signer }) => signer === 'missing')) return 'could not be signed here:';
  if (repository !== 'published') return 'would be made:';
  if (changes.length === 0) return 'nothing is staged: only a new snapshot would be made';
  if (changes.every(({ effect }) => effect === 'nothing')) return 'would stay as it is:';
  return 'would be published:';
}

/** KEY_NOT_FOUND for roles that nobody here can sign. */
export function missingKeys(preview: Pick<Preview, 'roles'>): Failure | undefined {
  const missing = unsignable(preview);
  if (missing.length === 0) return undefined;
  const roles = missing.map(({ role }) => role).join(', ');
  return new Failure('KEY_NOT_FOUND', `no key here can sign ${roles}`, {
    facts: Object.fromEntries(
      missing.map(({ role, keys }) => [role, keys.map(({ id }) => id).join(', ') || 'no key']),
    ),
    meaning: 'Nothing was published; this was a look ahead.',
  });
}
