// What --custom names: a JSON document that goes along with a target.
import { parseJson } from '../../encoding/strict-json.ts';
import { Failure, isFailure } from '../../errors.ts';
import type { Target } from '../../tuf/target-table.ts';
import { readArgumentFile } from '../argument-file.ts';
import type { NotaryCall } from './command.ts';

/** The part of a target that --custom gives. @throws Failure DISK; USAGE for what is larger than 1 MiB or no JSON */
export async function targetCustom({ flags, world }: NotaryCall): Promise<Pick<Target, 'custom'>> {
  const named = flags.text('custom');
  if (named === '') return {};
  const bytes = await readArgumentFile(named, world);
  try {
    return { custom: parseJson(bytes) };
  } catch (cause) {
    if (!isFailure(cause, 'JSON_INVALID')) throw cause;
    throw new Failure('USAGE', `${named} is not JSON: ${cause.message}`, { cause });
  }
}
