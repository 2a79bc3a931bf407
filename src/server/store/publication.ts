// The order in which the rows of one publish are inserted, and what a version may be. Pure; the stores
// apply it inside their transactions.
import { Failure } from '../../errors.ts';
import type { RoleName } from '../../tuf/role.ts';
import { checkVersionStep } from '../../tuf/version.ts';
import type { NewFile, Publication } from './store.ts';

/**
 * The files in the order in which Go inserts them: root, targets by depth and name, snapshot, timestamp.
 * Readers that page through the table by id rely on a timestamp coming last.
 * @throws Failure VERSION_CONFLICT when a role occurs twice.
 */
export function inInsertionOrder(publication: Publication): readonly NewFile[] {
  const seen = new Set<RoleName>();
  for (const { role } of publication.files) {
    if (seen.has(role)) throw conflict(publication.gun, `${role} occurs twice in one publish`);
    seen.add(role);
  }
  return [...publication.files].sort((a, b) => compareRoles(a.role, b.role));
}

/** Refuses a publish whose author saw another timestamp than the one that is newest now. */
export function judgeBase(publication: Publication, newestTimestamp: number | undefined): void {
  if (publication.basedOn === newestTimestamp) return;
  const now = newestTimestamp === undefined ? 'it is gone' : `it is at ${newestTimestamp}`;
  const then = publication.basedOn === undefined ? 'none' : `${publication.basedOn}`;
  throw conflict(
    publication.gun,
    `the timestamp was ${then} when the files were checked, now ${now}`,
  );
}

/** Refuses a version that is not newer than `highest` (0 when there is none), or that leaps. */
export function judgeVersion(gun: string, file: NewFile, highest: number): void {
  if (file.version <= highest) {
    throw conflict(gun, `${file.role} ${file.version} is not newer than ${highest}`);
  }
  checkVersionStep(file.role, highest, file.version);
}

function conflict(gun: string, what: string): Failure {
  return new Failure('VERSION_CONFLICT', `${gun}: ${what}`);
}

/** Compares as Go's role list does: fewer segments first, then by name; base roles around them. */
export function compareRoles(a: RoleName, b: RoleName): number {
  const byPlace = place(a) - place(b);
  if (byPlace !== 0) return byPlace;
  return a < b ? -1 : Number(a > b);
}

function place(role: RoleName): number {
  if (role === 'root') return 0;
  if (role === 'snapshot') return Number.MAX_SAFE_INTEGER - 1;
  if (role === 'timestamp') return Number.MAX_SAFE_INTEGER;
  return role.split('/').length;
}
