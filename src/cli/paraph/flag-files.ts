// Files that flags name. One that is missing is a slip of the person who typed it, and is told as that before anything
// is asked or opened, whatever the flag.
import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemCode } from '../../disk/system-error.ts';
import type { Invocation } from './command.ts';
import { wrongValue } from './usage-failure.ts';

const fileFlags = ['tls-ca', 'pins', 'passphrase-file'] as const;

/** @throws Failure USAGE for a file that is missing, is a directory, or must not be read */
export async function requireFlagFiles(invocation: Invocation): Promise<void> {
  for (const flag of fileFlags) {
    const named = invocation.flags.text(flag);
    if (named !== undefined) await requireFile(flag, named, invocation);
  }
}

/** The same for one file that `--flag` names. */
export async function requireFile(
  flag: string,
  named: string,
  { name: command, world }: Invocation,
): Promise<void> {
  const problem = await problemOf(resolve(world.workingDir, named));
  if (problem !== undefined) throw wrongValue(`--${flag} ${named}: ${problem}`, { command });
}

async function problemOf(path: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).isDirectory()) return 'that is a directory';
    await access(path, constants.R_OK);
    return undefined;
  } catch (error) {
    const code = systemCode(error) || 'unknown';
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
    return `the file cannot be read (${code})`;
  }
}
