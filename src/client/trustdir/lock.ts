// A lock between processes: a file that exists while it is held. Go's programs do not know it, so it
// orders Paraph's processes alone; what is read from the cache is verified whoever wrote it.
//
// Invariants:
// - the file appears with its whole content (it is linked into place), so a reader never sees a part; where there
//   are no hard links a part may be seen, and counts as held;
// - only its holder removes it, unless the holder is gone;
// - a gone holder is succeeded by exactly one: the successor first takes the lock that is named after
//   the dead one's token, then looks again, then replaces the file. Nobody else replaces that file
//   meanwhile, and a successor that dies half-way is succeeded by the same rule;
// - a holder that lives is waited for, bounded, and never pushed aside.
import { randomInt } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listNames, makeDirectory, move, removeFile, writeSynced } from '../../disk/files.ts';
import { diskFailure, isNoHardLinks, systemCode } from '../../disk/system-error.ts';
import { Failure } from '../../errors.ts';
import {
  elsewherePatienceMs,
  type Holder,
  holderBytes,
  isGone,
  parseHolder,
  thisHolder,
} from './holder.ts';
import { readStored } from './stored-file.ts';

export interface Lock {
  /** Gives the lock back. Safe to call once only, also after an error. */
  release(): Promise<void>;
}

/** How long a caller that names no time waits for a living holder. */
const defaultWaitMs = 10_000;
/** Between two looks at a held lock; a random part keeps waiters from moving in step. */
const pollMs = 20;
const maxLockBytes = 4096;

/** A held lock as one look found it. */
interface Sighting {
  readonly holder: Holder | undefined;
  readonly token: string;
  readonly sinceMs: number;
}

/**
 * Takes the lock at `path`, waiting up to `waitMs` for a living holder.
 * @throws Failure LOCKED naming the process that holds it; DISK when the file cannot be made
 */
export async function acquireLock(path: string, waitMs: number = defaultWaitMs): Promise<Lock> {
  await makeDirectory(dirname(path));
  const self = await thisHolder();
  const claimPath = `${path}.${self.token}`;
  const deadline = performance.now() + waitMs;
  await writeSynced(claimPath, holderBytes(self));
  try {
    for (;;) {
      if (await linkInto(claimPath, path)) return await heldLock(path, self);
      const seen = await look(path);
      if (seen === undefined) {
        // Given back between the two calls; or a link that leads nowhere, which is there and cannot be read.
        if (performance.now() >= deadline) throw unreadable(path);
      } else if (await isGone(seen.holder, self, (await modifiedMs(claimPath)) - seen.sinceMs)) {
        if (await succeed(path, seen, claimPath, deadline)) return await heldLock(path, self);
      } else if (performance.now() >= deadline) throw lockedBy(path, seen);
      await sleep(pollMs + randomInt(pollMs));
    }
  } finally {
    await removeFile(claimPath);
  }
}

/** Runs `work` while the lock at `path` is held. */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  waitMs?: number,
): Promise<T> {
  const lock = await acquireLock(path, waitMs);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function heldLock(path: string, self: Holder): Promise<Lock> {
  await sweep(path);
  return {
    async release() {
      // Someone who thought us gone (a clock or a container that deceives) may hold it by now.
      const seen = await look(path);
      if (seen?.token === self.token) await removeFile(path);
    },
  };
}

/** Removes claims and turns that killed processes left beside the lock which we now hold. */
async function sweep(path: string): Promise<void> {
  const heldSinceMs = await modifiedMs(path);
  for (const name of await listNames(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.`)) continue;
    const left = join(dirname(path), name);
    if (heldSinceMs - (await modifiedMs(left)) > elsewherePatienceMs) await removeFile(left);
  }
}

/** Makes the claim appear under the lock's name; false when that name is taken. */
async function linkInto(claimPath: string, path: string): Promise<boolean> {
  try {
    await link(claimPath, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    if (isNoHardLinks(error)) return copyInto(claimPath, path);
    throw diskFailure('lock', path, error);
  }
}

/** The same where there are no hard links. Should the copy be cut short, it is judged by its age. */
async function copyInto(claimPath: string, path: string): Promise<boolean> {
  try {
    await copyFile(claimPath, path, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw diskFailure('lock', path, error);
  }
}

async function look(path: string): Promise<Sighting | undefined> {
  const bytes = await readStored(path, maxLockBytes);
  if (bytes === undefined) return undefined;
  const sinceMs = await modifiedMs(path);
  const holder = parseHolder(bytes);
  return { holder, token: holder?.token ?? `damaged-${Math.trunc(sinceMs)}`, sinceMs };
}

/** Time of last change in ms by the file system's own clock, so that two files can be compared. */
async function modifiedMs(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined); // given back meanwhile
  return found?.mtimeMs ?? Number.POSITIVE_INFINITY;
}

/** Replaces the lock of the dead holder that was `seen`; false when someone else was quicker. */
async function succeed(
  path: string,
  seen: Sighting,
  claimPath: string,
  deadline: number,
): Promise<boolean> {
  const base = path.replace(/\.after-[^/]*$/, '');
  const turn = await acquireLock(`${base}.after-${seen.token}`, deadline - performance.now());
  try {
    if ((await look(path))?.token !== seen.token) return false;
    return await move(claimPath, path);
  } finally {
    await turn.release();
  }
}

function unreadable(path: string): Failure {
  return new Failure('LOCKED', `${path} is taken, and not by a file that can be read`, {
    facts: { lock: path },
    remedy: `Look what ${path} is; no program of ours leaves a link there. Remove it and try again.`,
  });
}

function lockedBy(path: string, seen: Sighting): Failure {
  const { holder } = seen;
  const who = holder === undefined ? 'an unknown process' : `process ${holder.pid}`;
  return new Failure('LOCKED', `${path} is held by ${who}`, {
    facts: {
      holder: holder === undefined ? 'unknown' : `process ${holder.pid} on ${holder.place}`,
      since: new Date(seen.sinceMs).toISOString(),
      lock: path,
    },
  });
}
