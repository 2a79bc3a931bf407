// Reading a whole file of a limited size, whoever may have put it there: files of ours, and those that a configuration
// names.
//
// Invariant: no reader waits for a file. A FIFO that nobody writes to would stop it without a word, and a device would
// fill the memory; both are irregular.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { diskFailure, systemCode } from './system-error.ts';

export type WholeRead =
  /** `mode` is that of the file that was read, whatever stands under its name by now. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer; readonly mode: number }
  /** `sizeBytes` is the size that the system tells. */
  | { readonly kind: 'too-large'; readonly sizeBytes: number }
  /** Something that is no regular file. */
  | { readonly kind: 'irregular' };

export type BoundedRead = WholeRead | { readonly kind: 'missing' };

/** What opening answers for a name that is no regular file: a socket, and a symbolic link not to be followed. */
const irregularCodes: ReadonlySet<string> = new Set(['ENXIO', 'ELOOP']);
const missingCodes: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);

/** Room for a file to which the system gives no size, as in /proc; none that anybody names here is larger. */
const unsizedBytes = 64 * 1024;

/**
 * The bytes of the regular file at `path`, in one buffer of exactly their size, or why there are none.
 * @param followsLink whether the name itself may be a symbolic link; if not, such a one is irregular
 * @throws Failure DISK
 */
export async function readBounded(
  path: string,
  maxBytes: number,
  followsLink = true,
): Promise<BoundedRead> {
  try {
    return await readWhole(path, maxBytes, followsLink);
  } catch (error) {
    if (missingCodes.has(systemCode(error))) return { kind: 'missing' };
    if (!followsLink && irregularCodes.has(systemCode(error))) return { kind: 'irregular' };
    throw diskFailure('read', path, error);
  }
}

/** The same for readers with codes of their own: what the system answers is thrown as it is. */
export async function readWhole(
  path: string,
  maxBytes: number,
  followsLink = true,
): Promise<WholeRead> {
  // O_NONBLOCK: a FIFO planted under the name must not hang the reader.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const file = await open(path, followsLink ? flags : flags | constants.O_NOFOLLOW);
  try {
    return await readOpen(file, maxBytes);
  } finally {
    await file.close();
  }
}

async function readOpen(file: FileHandle, maxBytes: number): Promise<WholeRead> {
  const stat = await file.stat();
  if (!stat.isFile()) return { kind: 'irregular' };
  if (stat.size > maxBytes) return { kind: 'too-large', sizeBytes: stat.size };
  const room = stat.size > 0 ? stat.size : Math.min(maxBytes, unsizedBytes) + 1;
  const bytes = Buffer.allocUnsafeSlow(room);
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled);
    if (bytesRead === 0) break; // cut by another program meanwhile: the caller's check will say so
    filled += bytesRead;
  }
  if (filled > stat.size && filled === room) return { kind: 'too-large', sizeBytes: filled };
  const read = filled === bytes.length ? bytes : bytes.subarray(0, filled);
  return { kind: 'bytes', bytes: read, mode: stat.mode };
}
