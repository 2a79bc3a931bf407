// A passphrase as the first line of a file or of an open descriptor, for scripts that must not put it into
// the environment. The line is taken as it is, without its end; white space in it counts.
import { read } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { systemCode } from '../disk/system-error.ts';
import { Failure } from '../errors.ts';

/** More than any passphrase; what is longer is another file. */
const maxBytes = 1024;
/** How long to wait before a descriptor that has nothing yet is asked again. */
const retryMs = 20;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Reads one byte into `target` at `offset`; 0 at the end. */
type ReadByte = (target: Buffer, offset: number) => Promise<number>;

/** The first line of a file, which the caller wipes. @throws Failure PASSPHRASE_MISSING, PASSPHRASE_UNFIT */
export async function passphraseFromFile(path: string): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const { fd } = file;
    return await firstLine(`the file ${path}`, (target, offset) => readByte(fd, target, offset));
  } catch (error) {
    throw unreadable(`the file ${path}`, error);
  } finally {
    await file?.close();
  }
}

/** The first line of a descriptor, byte by byte, so that what follows is left to others; it stays open. */
export async function passphraseFromDescriptor(descriptor: number): Promise<Buffer> {
  const name = `descriptor ${descriptor}`;
  try {
    return await firstLine(name, (target, offset) => readByte(descriptor, target, offset));
  } catch (error) {
    throw unreadable(name, error);
  }
}

async function firstLine(name: string, readNext: ReadByte): Promise<Buffer> {
  const buffer = Buffer.alloc(maxBytes + 1);
  try {
    let length = 0;
    while (length < buffer.length && (await readNext(buffer, length)) > 0) {
      if (buffer[length] === lineFeed) break;
      length += 1;
    }
    if (length > maxBytes) {
      throw new Failure(
        'PASSPHRASE_UNFIT',
        `the passphrase in ${name} is longer than ${maxBytes} bytes`,
      );
    }
    const end = buffer[length - 1] === carriageReturn ? length - 1 : length;
    if (end <= 0) throw new Failure('PASSPHRASE_MISSING', `${name} holds no passphrase`);
    return Buffer.from(buffer.subarray(0, end));
  } finally {
    buffer.fill(0);
  }
}

async function readByte(descriptor: number, target: Buffer, offset: number): Promise<number> {
  for (;;) {
    try {
      return await new Promise<number>((resolve, reject) => {
        read(descriptor, target, offset, 1, null, (error, bytesRead) => {
          if (error === null) resolve(bytesRead);
          else reject(error);
        });
      });
    } catch (error) {
      // A descriptor may be in non-blocking mode; it is waited for like any other.
      if (systemCode(error) !== 'EAGAIN') throw error;
      await pause(retryMs);
    }
  }
}

function unreadable(name: string, error: unknown): unknown {
  if (error instanceof Failure) return error;
  const reason = systemCode(error);
  return new Failure('PASSPHRASE_MISSING', `${name} could not be read${reason && ` (${reason})`}`, {
    cause: error,
  });
}
