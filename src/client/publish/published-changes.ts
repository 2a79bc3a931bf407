// Staged changes that are published: their files go, also after a run that was killed between its upload and that
// (client store §9.2). What such a run was about to publish is noted before the upload (trustdir/pending-publication.ts).
//
// Invariants:
// - a change counts as published by a noted run only when the verified repository holds every file of that run, to the
//   byte. Whether a later file was made from one of them cannot be known, so then it is staged as before;
// - only a change that is noted goes, and only while its file says what it said: what others stage, or write over a
//   noted file, stays.
import { createHash } from 'node:crypto';
import { Failure, isFailure } from '../../errors.ts';
import type { RoleName } from '../../tuf/role.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import { changeBytes } from '../trustdir/change.ts';
import type { StagedChange } from '../trustdir/change-list.ts';
import type { PendingPublication } from '../trustdir/pending-publication.ts';
import type { RepositoryDirectory } from '../trustdir/trust-directory.ts';
import { fileOf } from './confirm.ts';

/** Call before each upload. One without files can be run again: it changes nothing, and is not noted. */
export async function noteUpload(
  applied: readonly StagedChange[],
  files: ReadonlyMap<RoleName, Buffer>,
  home: RepositoryDirectory,
): Promise<void> {
  if (files.size === 0) return;
  const changes = applied.flatMap((one) => {
    const sha256 = changeSha256(one);
    return sha256 === undefined ? [] : [[one.name, sha256] as const];
  });
  const hashes = [...files].map(([role, bytes]) => [role, sha256Of(bytes)] as const);
  await home.setPendingPublication({ changes: new Map(changes), files: new Map(hashes) });
}

/**
 * Those of `staged` that `repository` holds by a noted run; their files and the note are gone. The note is forgotten
 * also when the server has something else.
 * @throws Failure DISK
 */
export async function takePublished(
  staged: readonly StagedChange[],
  repository: TrustedRepository,
  home: RepositoryDirectory,
): Promise<readonly StagedChange[]> {
  const note = await home.pendingPublication();
  if (note !== undefined && isHeld(note, repository)) {
    const published = staged.filter((one) => {
      const sha256 = changeSha256(one);
      return sha256 !== undefined && note.changes.get(one.name) === sha256;
    });
    await removePublished(published, home);
    return published;
  }
  // What the cache holds says nothing about an upload that it has not seen.
  if (repository.source === 'server') await home.clearPendingPublication();
  return [];
}

function isHeld({ files }: PendingPublication, { set }: TrustedRepository): boolean {
  return [...files].every(([role, sha256]) => {
    const held = fileOf(role, set);
    return held !== undefined && sha256Of(held.bytes) === sha256;
  });
}

/** What is published must not be applied again later: it might undo what others did in between. @throws Failure DISK */
export async function removePublished(
  published: readonly StagedChange[],
  home: RepositoryDirectory,
): Promise<void> {
  try {
    await home.changeList.remove(published.map(({ name }) => name));
  } catch (cause) {
    if (!isFailure(cause)) throw cause;
    throw new Failure(cause.code, `published, but still staged: ${cause.message}`, {
      cause,
      facts: cause.facts,
      meaning:
        'The server has what was staged. Published once more, it would undo what others change until then.',
      remedy: 'Remove the files that are named from the change list by hand.',
    });
  }
  await home.clearPendingPublication(); // last: a run that is killed before is told once more what is published
}

/** Of what the change says, as it would be staged here. */
function changeSha256({ change }: StagedChange): string | undefined {
  return change === undefined ? undefined : sha256Of(changeBytes(change));
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
