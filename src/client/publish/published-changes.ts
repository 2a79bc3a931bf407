// Staged changes that are published: their files go, also after a run that was killed between its upload and that
// (client store §9.2). What such a run was about to publish is noted before the upload (trustdir/pending-publication.ts).
//
// Invariants:
// - a change counts as published by a noted run only when the verified repository holds every file of that run, to the
//   byte. Whether a later file was made from one of them cannot be known, so then it is staged as before, and known as
//   one that was tried: what it takes out may be gone;
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

/** What is known of staged changes from before they are applied. */
export interface KnownChanges {
  /** The server has them. */
  readonly published: readonly StagedChange[];
  /** A run applied them and may have uploaded them. */
  readonly tried: readonly StagedChange[];
}

/**
 * What the note says of `staged`, held against `repository`, undefined when the server does not have it. Changes
 * nothing. @throws Failure DISK
 */
export async function knownChanges(
  staged: readonly StagedChange[],
  repository: TrustedRepository | undefined,
  home: RepositoryDirectory,
): Promise<KnownChanges> {
  const note = await home.pendingPublication();
  const noted = staged.filter((one) => {
    const sha256 = changeSha256(one);
    return sha256 !== undefined && note?.changes.get(one.name) === sha256;
  });
  const isPublished = note !== undefined && repository !== undefined && isHeld(note, repository);
  return isPublished ? { published: noted, tried: [] } : { published: [], tried: noted };
}

/** The same; the files of those that are published are gone. @throws Failure DISK */
export async function takePublished(
  staged: readonly StagedChange[],
  repository: TrustedRepository,
  home: RepositoryDirectory,
): Promise<KnownChanges> {
  const known = await knownChanges(staged, repository, home);
  // The note stays for the others: the upload that it speaks of may still be on its way.
  if (known.published.length > 0) await removePublished(known.published, home);
  return known;
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
