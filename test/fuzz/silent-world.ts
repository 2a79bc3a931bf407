// A world for the readers of the command line, in which nothing is said and nothing answers.
import { PassThrough, Readable } from 'node:stream';
import type { World } from '../../src/cli/world.ts';

/** At home in `homeDir`, which is the working directory too. */
export function worldAt(homeDir: string): World {
  const silent = { write: () => true };
  return {
    env: { HOME: homeDir },
    homeDir,
    workingDir: homeDir,
    stdout: silent,
    stderr: silent,
    stdin: () => Readable.from([]),
    terminalStreams: () => ({ input: Readable.from([]), output: new PassThrough() }),
    nowMs: Date.now,
    interrupted: () => new Promise(() => undefined),
  };
}
