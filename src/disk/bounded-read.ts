// Reading a whole file of a limited size, whoever may have put it there.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { diskFailure, systemCode } from './system-error.ts';

export type BoundedRead =
  /** `mode` is that of the file that was read, whatever stands under its name by now. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer; readonly mode: number }
  /** `sizeBytes` is the size that the system tells. */
  | { readonly kind: 'too-large'; readonly sizeBytes: number }
  | { readonly kind: 'missing' }
  /** Something that is no regular file. */
  | { readonly kind: 'irregular' };

/** What opening answers for a name that is no regular file: a socket, and a symbolic link not to be followed. */
const irregularCodes: ReadonlySet<string> = new Set(['ENXIO', 'ELOOP']);
const missingCodes: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);

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
  let file: FileHandle;
  try {
    // O_NONBLOCK: a FIFO planted under the name must not hang the reader.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK;
    file = await open(path, followsLink ? flags : flags | constants.O_NOFOLLOW);
  } catch (error) {
    if (missingCodes.has(systemCode(error))) return { kind: 'missing' };
    if (!followsLink && irregularCodes.has(systemCode(error))) return { kind: 'irregular' };
    throw diskFailure('read', path, error);
  }
  try {
    return await readOpen(file, maxBytes);
  } catch (error) {
    throw diskFailure('read', path, error);
  } finally {
    await file.close();
  }
}

async function readOpen(file: FileHandle, maxBytes: number): Promise<BoundedRead> {
  const stat = await file.stat();
  if (!stat.isFile()) return { kind: 'irregular' };
  if (stat.size > maxBytes) return { kind: 'too-large', sizeBytes: stat.size };
  const bytes = Buffer.allocUnsafeSlow(stat.size);
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled);
    if (bytesRead === 0) break; // cut by another program meanwhile: the caller's check will say so
    filled += bytesRead;
  }
  const read = filled === bytes.length ? bytes : bytes.subarray(0, filled);
  return { kind: 'bytes', bytes: read, mode: stat.mode };
}
