// Files that -o names: for the user alone when they are new, and written where they are, as the name may be that of a
// device or of somebody's pipe.
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileFailure } from '../file-failure.ts';
import type { World } from '../world.ts';

/** @throws Failure DISK */
export async function writeOutputFile(
  named: string,
  content: string | Uint8Array,
  { workingDir }: World,
): Promise<void> {
  try {
    await writeFile(resolve(workingDir, named), content, { mode: 0o600 });
  } catch (error) {
    throw fileFailure('open', named, error);
  }
}
