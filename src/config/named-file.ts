// Files that a configuration consists of or names: settings, certificates, keys, passphrases. Read whole, once and
// bounded, whatever lies under the name. What is in them is for whoever asks.
//
// Invariant: a start never waits for a file. A FIFO that nobody writes to would stop it without a word, and a device
// would fill the memory; both are refused.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { Failure } from '../errors.ts';

export interface NamedFile {
  readonly bytes: Buffer;
  /** Of the file, with its permission bits. */
  readonly mode: number;
}

/**
 * @param kind what the file is, for the message: `private key file`
 * @throws Failure CONFIG_INVALID: unreadable (the system's error is the cause), not a regular file, or larger than
 *   `maxBytes`
 */
export async function readNamedFile(
  file: string,
  kind: string,
  maxBytes: number,
): Promise<NamedFile> {
  try {
    return await read(file, kind, maxBytes);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure('CONFIG_INVALID', `${kind} ${file} cannot be read`, { cause });
  }
}

async function read(file: string, kind: string, maxBytes: number): Promise<NamedFile> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) {
      throw new Failure('CONFIG_INVALID', `${kind} ${file} is not a regular file`);
    }
    // Not by the size that the system tells: it is 0 in /proc, and the file may grow.
    const buffer = Buffer.alloc(Math.min(maxBytes, stat.size + chunkBytes) + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) return { bytes: buffer.subarray(0, length), mode: stat.mode };
      length += bytesRead;
    }
    throw new Failure('CONFIG_INVALID', `${kind} ${file} is larger than ${maxBytes} bytes`);
  } finally {
    await handle.close();
  }
}

/** Room for what is added to a file, or for a file without a size, while it is read. */
const chunkBytes = 64 * 1024;
