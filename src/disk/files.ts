// The file operations that keys and the trust directory are made of. Each failure is a DISK failure that
// names the path; a file that is not there is `undefined`, never a failure.
//
// Invariants: directories are made 0700 and files 0600; a file that this module wrote is either
// complete and synced or not there under its name.
import { mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { attempt } from './system-error.ts';

const directoryMode = 0o700;
const fileMode = 0o600;

/** Makes `path` and its missing parents, for this user alone. Gives the topmost that was made, if any was. */
export async function makeDirectory(path: string): Promise<string | undefined> {
  return attempt('make', path, () => mkdir(path, { recursive: true, mode: directoryMode }));
}

/**
 * Writes a file and syncs its content. An existing one is replaced in place, so use new names; with `wx` it is
 * DISK, as is a symbolic link.
 */
export async function writeSynced(
  path: string,
  bytes: Uint8Array,
  flag: 'w' | 'wx' = 'w',
): Promise<void> {
  await attempt('write', path, async () => {
    const handle = await open(path, flag, fileMode);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

/** Makes the entries of a directory durable. File systems that cannot sync a directory are let pass. */
export async function syncDirectory(path: string): Promise<void> {
  await attempt('sync', path, async () => {
    const handle = await open(path, 'r');
    try {
      await attempt('sync', path, () => handle.sync(), 'EINVAL', 'EPERM', 'EISDIR', 'ENOTSUP');
    } finally {
      await handle.close();
    }
  });
}

/** Moves `from` to `to`, replacing it; false when `from` is not there. Sync the directory afterwards. */
export async function move(from: string, to: string): Promise<boolean> {
  const done = await attempt('write', to, () => rename(from, to).then(() => true), 'ENOENT');
  return done ?? false;
}

/** Replaces the file at `path` by `bytes` in one step: the old or the new content, never a part. */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  temporaryPath: string,
): Promise<void> {
  try {
    await writeSynced(temporaryPath, bytes);
    await move(temporaryPath, path);
  } catch (error) {
    await removeTree(temporaryPath).catch(() => undefined); // the first failure is the one to report
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Names in a directory, sorted; none when it is not there. */
export async function listNames(path: string): Promise<readonly string[]> {
  const names = await attempt('list', path, () => readdir(path), 'ENOENT', 'ENOTDIR');
  return (names ?? []).sort();
}

/** Removes one file; nothing happens when it is gone already. */
export async function removeFile(path: string): Promise<void> {
  await attempt('remove', path, () => unlink(path), 'ENOENT');
}

/** Removes a directory of ours with all in it. */
export async function removeTree(path: string): Promise<void> {
  await attempt('remove', path, () => rm(path, { recursive: true, force: true }));
}
