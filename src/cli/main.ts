// The paraph program: the one place of the command line that sees the process. It hands everything on as a
// World, and sets the exit status.
import { homedir } from 'node:os';
import { runParaph } from './paraph/run.ts';
import type { World } from './world.ts';

const world: World = {
  env: process.env,
  homeDir: homedir(),
  workingDir: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  terminalStreams: () => ({ input: process.stdin, output: process.stderr }),
  nowMs: () => Date.now(),
  interrupted: () =>
    new Promise((resolve) => {
      process.once('SIGINT', () => resolve());
      process.once('SIGTERM', () => resolve());
    }),
};

// A reader that has seen enough (`paraph inspect … | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runParaph(process.argv.slice(2), world);
