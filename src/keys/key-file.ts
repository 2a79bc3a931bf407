// One key file on disk: reading it with a bound, and creating it so that a crash, a full disk or another
// process at any step leaves either no file or the whole file.
//
// Creating goes: temporary file (mode 0600) in the same directory, written and synced; a hard link to the
// final name, which the system refuses when the name is taken; the temporary name removed; the directory
// synced. So a file that exists is never replaced. Temporary names do not end in `.key`, so that neither
// notary nor docker nor we take them for keys; what a crash leaves of them is removed by a later creation.
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  unlink,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../errors.ts';

/** More than fifty keys of 4096 bits; a larger file is no key file. */
const maxBytes = 64 * 1024;
/** A temporary file of this age belongs to no process that is still writing it. */
const abandonedAfterMs = 10 * 60_000;

const temporaryName = /^\..*\.key\.[0-9a-f]{16}\.tmp$/;

/** What systems answer that know no hard links. */
const noHardLinks: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
]);
/** What opening answers for a name that is no file: gone, below a file, a symbolic link, a socket. */
const noFile: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO']);

/** The system's code of an error, `ENOENT` and so on; empty for any other value. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}

function diskFailure(what: string, path: string, cause: unknown): Failure {
  const reason = systemCode(cause);
  return new Failure('DISK', `${path} could not be ${what}${reason && ` (${reason})`}`, { cause });
}

/**
 * The text of a key file; undefined when there is no regular file of that name, as when it vanished
 * meanwhile. Symbolic links are not followed. @throws Failure KEY_LIMITS above 64 KiB, DISK
 */
export async function readKeyFile(path: string): Promise<string | undefined> {
  let file: FileHandle;
  try {
    // Without O_NONBLOCK a named pipe in the directory would hold us for ever.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    file = await open(path, flags);
  } catch (error) {
    if (noFile.has(systemCode(error))) return undefined;
    throw diskFailure('read', path, error);
  }
  try {
    return (await file.stat()).isFile() ? await readBounded(file, path) : undefined;
  } catch (error) {
    throw error instanceof Failure ? error : diskFailure('read', path, error);
  } finally {
    await file.close();
  }
}

async function readBounded(file: FileHandle, path: string): Promise<string> {
  const buffer = Buffer.alloc(maxBytes + 1);
  let length = 0;
  try {
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > maxBytes) {
      throw new Failure('KEY_LIMITS', `${path} is larger than a key file may be (64 KiB)`);
    }
    return buffer.toString('utf8', 0, length);
  } finally {
    buffer.fill(0);
  }
}

/** Makes the directory of keys and what is above it, for the owner alone. @throws Failure DISK */
export async function ensureKeyDirectory(path: string): Promise<void> {
  try {
    const firstMade = await mkdir(path, { recursive: true, mode: 0o700 });
    if (firstMade !== undefined) await syncDirectory(dirname(firstMade));
  } catch (error) {
    throw diskFailure('made', path, error);
  }
}

/**
 * Creates a key file that holds `text`. False when the name is taken: the file there is left as it is.
 * @throws Failure DISK; then no file of that name was made
 */
export async function createKeyFile(path: string, text: string): Promise<boolean> {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`);
  let isCreated = false;
  try {
    const writtenMs = await writeSynced(temporary, text);
    isCreated = await claimName(temporary, path);
    await unlink(temporary).catch(ignoreMissing);
    await syncDirectory(directory);
    await removeAbandoned(directory, writtenMs).catch(() => undefined);
    return isCreated;
  } catch (error) {
    // What may not survive a loss of power is not left behind either, as the caller reports a failure.
    if (isCreated) await unlink(path).catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    throw diskFailure('written', path, error);
  }
}

/** Writes and syncs a new file; returns when it was written, by the clock of the file system. */
async function writeSynced(path: string, text: string): Promise<number> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    return (await file.stat()).mtimeMs;
  } finally {
    await file.close();
  }
}

/** Gives the finished file its final name unless that is taken. */
async function claimName(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return false;
    if (!noHardLinks.has(code)) throw error;
  }
  const isTaken = await lstat(path).then(
    () => true,
    () => false,
  );
  if (!isTaken) await rename(temporary, path);
  return !isTaken;
}

async function removeAbandoned(directory: string, nowMs: number): Promise<void> {
  const names = await readdir(directory);
  for (const name of names.filter((entry) => temporaryName.test(entry))) {
    const path = join(directory, name);
    const writtenMs = await lstat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => nowMs,
    );
    if (nowMs - writtenMs > abandonedAfterMs) await unlink(path).catch(ignoreMissing);
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function ignoreMissing(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error;
}
