// What a publication would change, and who would sign it, before anything is done.
import type { Preview, PreviewedChange, PreviewedRole } from '../../client/publish/preview.ts';
import type { Failure } from '../../errors.ts';
import { changeJson, changeRow } from './change.ts';
import { idList, noticeJson, noticeLines } from './notice.ts';
import { safe } from './safe-text.ts';
import { table } from './table.ts';

/** Lines of the result: each change with its effect, then who would sign. */
export function previewLines(preview: Preview): readonly string[] {
  const { changes, roles, repository } = preview;
  const rows = changes.map((change) => [change.effect, ...changeRow(change.staged)]);
  return [
    ...(rows.length === 0 ? [] : table([{}, {}, {}, {}], rows)),
    ...(repository === 'absent'
      ? ['The repository is not there yet: its keys would be made.']
      : []),
    ...(repository === 'prepared'
      ? ['The repository was prepared here, and would go up for the first time.']
      : []),
    ...(roles.length === 0 ? [] : ['', ...signerLines(roles)]),
  ];
}

/** What a publisher should know although nothing fails. */
export function previewNotices({ gun, notices }: Preview, nowMs: number): readonly Notice[] {
  return notices.map((notice) => {
    const event = { ...notice, gun };
    return { lines: noticeLines(event, nowMs), data: noticeJson(event) };
  });
}

interface Notice {
  readonly lines: readonly string[];
  readonly data: object;
}

/** Who would sign what. */
export function signerLines(roles: readonly PreviewedRole[]): readonly string[] {
  return table([{}, {}, {}], roles.map(signerRow));
}

function signerRow({ role, keys, threshold, signer }: PreviewedRole): readonly string[] {
  const ids = keys.map(({ id }) => id);
  const here = keys.filter(({ isHere }) => isHere).map(({ id }) => id);
  switch (signer) {
    case 'here':
      return ['signs', safe(role), `here, with ${safe(idList(here))}`];
    case 'server':
      return ['signs', safe(role), 'the trust server'];
    default:
      return [
        'MISSING',
        safe(role),
        `needs ${threshold} of ${safe(idList(ids)) || 'no key'}; here: ${safe(idList(here)) || 'none'}`,
      ];
  }
}

/** Why the publication would fail; undefined when nothing speaks against it. */
export function obstacleTo({ changes }: Preview): Failure | undefined {
  return changes.find(({ failure }) => failure !== undefined)?.failure;
}

/** Roles that nobody here can sign, so that the publication would fail. */
export function unsignable({ roles }: Pick<Preview, 'roles'>): readonly PreviewedRole[] {
  return roles.filter(({ signer }) => signer === 'missing');
}

export function previewJson(preview: Preview): object {
  const { gun, repository, changes, roles, notices } = preview;
  return {
    repository: gun,
    state: repository,
    publishable: obstacleTo(preview) === undefined && unsignable(preview).length === 0,
    changes: changes.map(previewedJson),
    roles: roles.map(signerJson),
    notices,
  };
}

export function signerJson({ role, keys, threshold, signer }: PreviewedRole): object {
  return { role, keys: keys.map(({ id, isHere }) => ({ id, here: isHere })), threshold, signer };
}

function previewedJson({ staged, effect, failure }: PreviewedChange): object {
  const why =
    failure === undefined ? {} : { failure: { code: failure.code, message: failure.message } };
  return { effect, ...changeJson(staged), ...why };
}
