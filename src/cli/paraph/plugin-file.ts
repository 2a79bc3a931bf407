// The plug-in as a file of docker's directory: a link in cli-plugins to `bin/docker-trust` of this installation.
//
// Invariant: what is under that name already and is no link to us is neither replaced nor removed: it may be the plug-in
// of docker, or somebody's own.

import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, realpath, symlink, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemCode } from '../../disk/system-error.ts';
import { Failure } from '../../errors.ts';

export const pluginFileName = 'docker-trust';

const privateDirectory = 0o700;

type PluginState = 'absent' | 'ours' | 'foreign';

/** @throws Failure INTERNAL when this installation has no docker-trust */
export function ownProgram(from: string = fileURLToPath(import.meta.url)): string {
  for (let at = dirname(from); at !== dirname(at); at = dirname(at)) {
    const program = join(at, 'bin', pluginFileName);
    if (existsSync(program)) return program;
  }
  throw new Failure('INTERNAL', 'bin/docker-trust is not part of this installation');
}

/** What stands at `path`, seen from the program that it should lead to. @throws Failure DISK */
async function pluginState(path: string, program: string): Promise<PluginState> {
  try {
    await lstat(path);
  } catch (error) {
    if (isMissing(error)) return 'absent';
    throw unusable(path, error);
  }
  try {
    return (await realpath(path)) === (await realpath(program)) ? 'ours' : 'foreign';
  } catch (error) {
    // A link that leads nowhere.
    if (isMissing(error)) return 'foreign';
    throw unusable(path, error);
  }
}

/** @returns false when the link was there already @throws Failure DISK, also for a foreign file under the name */
export async function linkPlugin(path: string, program: string): Promise<boolean> {
  const state = await pluginState(path, program);
  if (state === 'foreign') throw foreign(path);
  if (state === 'ours') return false;
  const directory = dirname(path);
  try {
    const made = await mkdir(directory, { recursive: true, mode: privateDirectory });
    if (made !== undefined) await chmod(directory, privateDirectory);
    await symlink(program, path);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw foreign(path);
    throw unusable(path, error);
  }
  return true;
}

/** @returns false when there was none @throws Failure as linkPlugin */
export async function unlinkPlugin(path: string, program: string): Promise<boolean> {
  const state = await pluginState(path, program);
  if (state === 'foreign') throw foreign(path);
  if (state === 'absent') return false;
  if (!(await lstat(path)).isSymbolicLink()) throw foreign(path);
  try {
    await unlink(path);
  } catch (error) {
    throw unusable(path, error);
  }
  return true;
}

function isMissing(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function foreign(path: string): Failure {
  return new Failure('DISK', `${path} is there already, and is not the plug-in of this Paraph`, {
    meaning:
      'It may be the plug-in of docker, of another installation of Paraph, or a link that leads nowhere.',
    remedy: `Look at it. If it may go, move it away and run the command again:\n  mv ${path} ${join(dirname(path), `${basename(path)}.old`)}`,
  });
}

function unusable(path: string, cause: unknown): Failure {
  return new Failure('DISK', `${path} cannot be used (${systemCode(cause) || 'unknown'})`, {
    cause,
  });
}
