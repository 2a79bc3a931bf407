// Runs one command of a client and says how long it took, or how much memory it had. Not both in one run:
// looking at the memory all the time takes processor time on the core on which the client runs.
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { memoryMegabytes } from '../process-figures.ts';

/** How often the memory of a command is looked at; what it takes in its last moments may be missed. */
const lookMs = 4;
const limitMs = 120_000;

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** What must stand in its output, so that a failure is not taken for a fast success. */
  readonly expected: RegExp;
}

/** Milliseconds from start to end. @throws Error when it failed or did not say what was expected */
export async function timeOf(command: Command): Promise<number> {
  const begunMs = performance.now();
  await start(command).ended;
  return performance.now() - begunMs;
}

/** The most memory it had, in megabytes. @throws as timeOf */
export async function peakMemoryOf(command: Command): Promise<number> {
  const { pid, ended } = start(command);
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, memoryMegabytes(pid).peak);
  }, lookMs);
  try {
    await ended;
    return peak;
  } finally {
    clearInterval(look);
  }
}

function start(command: Command): { readonly pid: number; readonly ended: Promise<void> } {
  const { program, args, env, cwd, expected } = command;
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      const text = Buffer.concat(output).toString();
      if (status === 0 && expected.test(text)) resolve();
      else
        reject(new Error(`${program} ${args.join(' ')}: status ${status}\n${text.slice(-2000)}`));
    });
  });
  return { pid: child.pid ?? 0, ended };
}
