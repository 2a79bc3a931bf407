// A role that is delegated to, as cells and as data. Its name, its paths and its problem come from publishers and are
// escaped here.
import type { RoleView } from '../../client/consume/inspect.ts';
import { pathWords } from './change.ts';
import { safe } from './safe-text.ts';
import { tableId } from './short-id.ts';
import { day } from './time.ts';

/** Its keys, the tags that it may sign, and until when what it signed counts. */
export function delegatedCells(
  view: RoleView,
  isFull: boolean,
): { readonly keys: string; readonly paths: string; readonly until: string } {
  const keys = view.keys.map(({ canonicalId }) => tableId(canonicalId, isFull)).join(' ');
  return { keys: keys || 'none', paths: pathWords(view.paths ?? []), until: signedUntil(view) };
}

function signedUntil({ expiresMs, problem }: RoleView): string {
  if (problem !== undefined) return `does not count: ${safe(problem)}`;
  return expiresMs === undefined ? 'nothing yet' : day(expiresMs);
}

export function delegatedJson(view: RoleView): object {
  const { role, keys, threshold, paths, version, expiresMs, problem } = view;
  return {
    role,
    keys: keys.map(({ canonicalId, keyType }) => ({ id: canonicalId, type: keyType })),
    threshold,
    paths: paths ?? [],
    version: version ?? null,
    expires: expiresMs === undefined ? null : new Date(expiresMs).toISOString(),
    ...(problem === undefined ? {} : { problem }),
  };
}
