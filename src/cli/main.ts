// The paraph program: the one place of the command line that sees the process. It hands everything on as a
// World, and sets the exit status. Under the name of another program it is that program.
import { homedir } from 'node:os';
import { basename } from 'node:path';
import { runParaph } from './paraph/run.ts';
import type { World } from './world.ts';

// A reader that has seen enough (`paraph inspect … | head`) is no error. Commands that would go on until they are
// ended take it as the end; the others finish, unheard.
const outputClosed = new Promise<void>((resolve) => {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    resolve();
  });
});

const world: World = {
  env: process.env,
  homeDir: homedir(),
  workingDir: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: () => process.stdin,
  terminalStreams: (questions) => ({
    input: process.stdin,
    output: questions === 'stdout' ? process.stdout : process.stderr,
  }),
  nowMs: () => Date.now(),
  interrupted: () => {
    const signalled = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        process.once(signal, () => resolve());
      }
    });
    return Promise.race([signalled, outputClosed]);
  },
};

/** `notary`, a link to this program, is the notary command line. */
const isNotary = basename(process.argv[1] ?? '') === 'notary';
const words = process.argv.slice(2);
const status = await runParaph(isNotary ? ['notary', ...words] : words, world);
if (status !== undefined) process.exitCode = status;
