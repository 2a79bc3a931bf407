// Small files that arguments name: keys, certificates, JSON. Read whole, and never more than the limit.
import { resolve } from 'node:path';
import { readBounded } from '../disk/bounded-read.ts';
import { Failure } from '../errors.ts';
import { fileFailure } from './file-failure.ts';
import type { World } from './world.ts';

/** A file with some five hundred keys, or what may go along with a target. */
const maxNamedBytes = 1024 * 1024;

/** @throws Failure USAGE for what is not there, no file or too large, DISK; in the words of Go's system calls */
export async function readArgumentFile(named: string, { workingDir }: World): Promise<Buffer> {
  const read = await readBounded(resolve(workingDir, named), maxNamedBytes).catch(
    (error: unknown) => {
      throw fileFailure('open', named, error instanceof Error ? error.cause : error);
    },
  );
  switch (read.kind) {
    case 'bytes':
      return read.bytes;
    case 'missing':
      throw fileFailure('open', named, codedError('ENOENT'));
    case 'too-large':
      throw new Failure('USAGE', `${named} is larger than ${maxNamedBytes} bytes`);
    default:
      throw fileFailure('open', named, codedError('EISDIR'));
  }
}

function codedError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
