// The file operations that the trust directory is made of. Each failure is a DISK failure that names
// the path; a file that is not there is `undefined`, never a failure.
//
// Invariants: directories are made 0700 and files 0600; a file that this module wrote is either
// complete and synced or not there under its name; nothing is read beyond its limit.
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../errors.ts';

const directoryMode = 0o700;
const fileMode = 0o600;

const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EFBIG', 'the file size limit is reached'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOTDIR', 'a part of the path is not a directory'],
  ['EISDIR', 'there is a directory of that name'],
  ['EMFILE', 'too many open files'],
  ['ELOOP', 'too many symbolic links'],
]);

/** The `code` of a system error, such as ENOENT; empty for anything else. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** `error` of an operation on `path`, as DISK: `verb` says what could not be done. */
export function diskFailure(verb: string, path: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = errorCode(error);
  const reason = reasons.get(code) ?? (code === '' ? String(error) : code);
  return new Failure('DISK', `could not ${verb} ${path}: ${reason}`, {
    cause: error,
    facts: { path, reason },
  });
}

/** Runs `work`; a system error of one of `benign` gives undefined, any other becomes DISK. */
async function attempt<T>(
  verb: string,
  path: string,
  work: () => Promise<T>,
  ...benign: readonly string[]
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (benign.includes(errorCode(error))) return undefined;
    throw diskFailure(verb, path, error);
  }
}

/**
 * The bytes of `path`, read into one buffer of exactly their size; undefined when there is no such
 * file. More than `maxBytes` is CACHE_DAMAGED: nothing that large was ever written here.
 */
export async function readFileBounded(path: string, maxBytes: number): Promise<Buffer | undefined> {
  return attempt('read', path, () => readWhole(path, maxBytes), 'ENOENT', 'ENOTDIR');
}

async function readWhole(path: string, maxBytes: number): Promise<Buffer> {
  // O_NONBLOCK: a FIFO planted under the name must not hang the reader; it is refused below.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Failure('CACHE_DAMAGED', `${path} is not a regular file`);
    if (stat.size > maxBytes) {
      throw new Failure('CACHE_DAMAGED', `${path} is larger than ${maxBytes} bytes`, {
        facts: { path, size: `${stat.size} bytes`, limit: `${maxBytes} bytes` },
      });
    }
    const bytes = Buffer.allocUnsafeSlow(stat.size);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled);
      if (bytesRead === 0) break; // cut by another program meanwhile: the caller's check will say so
      filled += bytesRead;
    }
    return filled === bytes.length ? bytes : bytes.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

/** Makes `path` and its missing parents, for this user alone. */
export async function makeDirectory(path: string): Promise<void> {
  await attempt('make', path, () => mkdir(path, { recursive: true, mode: directoryMode }));
}

/** Writes a new file and syncs its content; an existing one is replaced in place, so use new names. */
export async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  await attempt('write', path, async () => {
    const handle = await open(path, 'w', fileMode);
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
