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

const words = process.argv.slice(2);
const calledAs = basename(process.argv[1] ?? '');
const status = await run();
if (status !== undefined) process.exitCode = status;

/** `notary`, a link to this program, is the notary command line; `docker-NAME` is a plug-in of docker. */
async function run(): Promise<number | undefined> {
  if (calledAs === 'notary') return runParaph(['notary', ...words], world);
  if (!calledAs.startsWith('docker-')) return runParaph(words, world);
  const { runDockerTrust } = await import('./docker/run.ts');
  return runDockerTrust(words, world, {
    file: calledAs,
    end: () => process.kill(process.pid, 'SIGTERM'),
  });
}
