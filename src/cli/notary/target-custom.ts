// What --custom names: a JSON document that goes along with a target.
import { resolve } from 'node:path';
import { readBounded } from '../../disk/bounded-read.ts';
import { parseJson } from '../../encoding/strict-json.ts';
import { Failure, isFailure } from '../../errors.ts';
import type { Target } from '../../tuf/target-table.ts';
import type { NotaryCall } from './command.ts';
import { fileFailure } from './file-failure.ts';

/** It is signed with every other target of its role, and read by every consumer. */
const maxCustomBytes = 1024 * 1024;

/** A part of the target. @throws Failure DISK; USAGE for what is too large or no JSON */
export async function targetCustom({ flags, world }: NotaryCall): Promise<Pick<Target, 'custom'>> {
  const named = flags.text('custom');
  if (named === '') return {};
  const bytes = await readNamed(resolve(world.workingDir, named), named);
  try {
    return { custom: parseJson(bytes) };
  } catch (cause) {
    if (!isFailure(cause, 'JSON_INVALID')) throw cause;
    throw new Failure('USAGE', `${named} is not JSON: ${cause.message}`, { cause });
  }
}

async function readNamed(path: string, named: string): Promise<Buffer> {
  const read = await readBounded(path, maxCustomBytes).catch((error: unknown) => {
    throw fileFailure('open', named, error instanceof Error ? error.cause : error);
  });
  switch (read.kind) {
    case 'bytes':
      return read.bytes;
    case 'missing':
      throw fileFailure('open', named, Object.assign(new Error('missing'), { code: 'ENOENT' }));
    case 'too-large':
      throw new Failure('USAGE', `${named} is larger than ${maxCustomBytes} bytes`);
    default:
      throw fileFailure('open', named, Object.assign(new Error('no file'), { code: 'EISDIR' }));
  }
}
