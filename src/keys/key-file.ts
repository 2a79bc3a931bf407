// One key file on disk: reading it with a bound, and creating it so that a crash, a full disk or another
// process at any step leaves either no file or the whole file.
//
// Replacing goes: temporary file, synced, read back and checked; renamed over the old one; the directory synced.
// Creating goes: temporary file (mode 0600) in the same directory, written and synced; a hard link to the
// final name, which the system refuses when the name is taken; the temporary name removed; the directory
// synced. So a file that exists is never replaced. Temporary names do not end in `.key`, so that neither
// notary nor docker nor we take them for keys; what a crash leaves of them is removed by a later creation.
import { randomBytes } from 'node:crypto';
import { link, lstat, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readBounded } from '../disk/bounded-read.ts';
import { makeDirectory, move, removeFile, syncDirectory, writeSynced } from '../disk/files.ts';
import { diskFailure, isNoHardLinks, systemCode } from '../disk/system-error.ts';
import { Failure } from '../errors.ts';

/** More than fifty keys of 4096 bits; a larger file is no key file. */
const maxBytes = 64 * 1024;
/** A temporary file of this age belongs to no process that is still writing it. */
const abandonedAfterMs = 10 * 60_000;

const temporaryName = /^\..*\.key\.[0-9a-f]{16}\.tmp$/;

/**
 * The text of a key file; undefined when there is no regular file of that name, as when it vanished
 * meanwhile. Symbolic links are not followed. @throws Failure KEY_LIMITS above 64 KiB, DISK
 */
export async function readKeyFile(path: string): Promise<string | undefined> {
  const read = await readBounded(path, maxBytes, false);
  if (read.kind === 'too-large') {
    throw new Failure('KEY_LIMITS', `${path} is larger than a key file may be (64 KiB)`);
  }
  if (read.kind !== 'bytes') return undefined;
  const text = read.bytes.toString('utf8');
  read.bytes.fill(0);
  return text;
}

/** Makes the directory of keys and what is above it, for the owner alone. @throws Failure DISK */
export async function ensureKeyDirectory(path: string): Promise<void> {
  const firstMade = await makeDirectory(path);
  if (firstMade !== undefined) await syncDirectory(dirname(firstMade));
}

/**
 * Creates a key file that holds `text`. False when the name is taken: the file there is left as it is.
 * @throws Failure DISK; then no file of that name was made
 */
export async function createKeyFile(path: string, text: string): Promise<boolean> {
  const directory = dirname(path);
  const temporary = temporaryPath(path);
  let isCreated = false;
  try {
    await writeSynced(temporary, Buffer.from(text), 'wx');
    const { mtimeMs } = await lstat(temporary); // the clock of the file system
    isCreated = await claimName(temporary, path);
    await removeFile(temporary);
    await syncDirectory(directory);
    await removeAbandoned(directory, mtimeMs).catch(() => undefined);
    return isCreated;
  } catch (error) {
    // What may not survive a loss of power is not left behind either, as the caller reports a failure.
    if (isCreated) await unlink(path).catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    // Who reads this knows the key file, not its temporary name.
    throw diskFailure('write', path, error instanceof Failure ? error.cause : error);
  }
}

/**
 * Replaces a key file in one step: a process that is killed leaves the old file or the new one.
 * @param former the text that the file must still have when the new one takes its place
 * @param check called with the new text as the disk has it; when it throws, the old file stays
 * @throws Failure DISK, and what `check` throws
 */
export async function replaceKeyFile(
  path: string,
  text: string,
  former: string,
  check: (written: string) => Promise<unknown>,
): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await writeSynced(temporary, Buffer.from(text), 'wx');
    await check((await readKeyFile(temporary)) ?? '');
    if ((await readKeyFile(path)) !== former) {
      throw new Failure('DISK', `${path} was changed by another program meanwhile`, {
        remedy: 'Run the command again; it starts from what the file holds now.',
      });
    }
    await move(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Removes a key file for good; nothing happens when it is gone already. @throws Failure DISK */
export async function removeKeyFile(path: string): Promise<void> {
  await removeFile(path);
  await syncDirectory(dirname(path)).catch((error: unknown) => {
    // Another process, done with the same, may have removed the folder as well.
    if (!(error instanceof Failure) || systemCode(error.cause) !== 'ENOENT') throw error;
  });
}

function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`);
}

/** Gives the finished file its final name unless that is taken. */
async function claimName(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    if (!isNoHardLinks(error)) throw error;
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
    if (nowMs - writtenMs > abandonedAfterMs) await removeFile(path);
  }
}
