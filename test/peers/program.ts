// Starts and ends real programs. A program runs with the environment that it is given and nothing of
// ours but PATH, writes to a log of its own, and is ended by the id under which it was started.
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostNetwork, type Network } from './network.ts';
import type { Scratch } from './scratch.ts';

/** How long a program may take until it answers, and how often it is asked. */
const startTimeoutMs = 20_000;
const pollMs = 50;
/** Time between asking a program to end and ending it. */
const stopTimeoutMs = 5_000;
/** Longest run of a command that is to end by itself. */
const commandTimeoutMs = 60_000;

type Environment = Readonly<Record<string, string>>;

export interface Start {
  /** Of the log file, and for errors. */
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Environment;
  readonly cwd?: string;
  readonly network?: Network;
  /** True once the program answers; asked again until it does. */
  readonly ready: () => Promise<boolean>;
}

export interface Program {
  readonly pid: number;
  log(): string;
  /** Ends it: SIGTERM, after five seconds SIGKILL; or with the signal given. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a program and waits until it is ready. It is stopped with the scratch at the latest. */
export async function startProgram(scratch: Scratch, start: Start): Promise<Program> {
  const logFile = join(scratch.path, `${start.name}.log`);
  const log = openSync(logFile, 'a');
  const network = start.network ?? hostNetwork;
  const child = spawn('setpriv', diesWithUs(network.command(start.command, start.args ?? [])), {
    cwd: start.cwd ?? scratch.path,
    env: { PATH: process.env.PATH ?? '', HOME: scratch.path, ...start.env },
    stdio: ['ignore', log, log],
  });
  const gone = new Promise<void>((resolve) => {
    child.on('error', () => resolve());
    child.on('exit', () => resolve());
  });
  const stop = (signal?: NodeJS.Signals): Promise<void> => end(child, gone, signal);
  scratch.defer(() => stop());
  const program = { pid: child.pid ?? 0, log: () => readFileSync(logFile, 'utf8'), stop };
  await untilReady(start, child, program);
  return program;
}

/** Arguments of setpriv: the kernel ends the program when the process of the test ends, however that is. */
export function diesWithUs(command: readonly string[]): readonly string[] {
  return ['--pdeathsig', 'KILL', '--', ...command];
}

async function untilReady(start: Start, child: ChildProcess, program: Program): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      throw new Error(`${start.name} ended at once:\n${program.log().slice(-2000)}`);
    }
    if (await start.ready()) return;
    if (Date.now() > deadline) {
      throw new Error(`${start.name} does not answer:\n${program.log().slice(-2000)}`);
    }
    await sleep(pollMs);
  }
}

async function end(child: ChildProcess, gone: Promise<void>, signal?: NodeJS.Signals) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill(signal ?? 'SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await gone;
  clearTimeout(timer);
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout, then stderr. */
  readonly text: string;
}

export interface Run {
  readonly env?: Environment;
  readonly cwd?: string;
  readonly network?: Network;
  readonly input?: string | Uint8Array;
  /** A minute unless another is given. */
  readonly timeoutMs?: number;
}

/** Runs a command to its end. Its status is data, never an exception. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: Run = {},
): Promise<Outcome> {
  const [program = '', ...rest] = (options.network ?? hostNetwork).command(command, args);
  const child = spawn(program, rest, {
    cwd: options.cwd,
    env: { PATH: process.env.PATH ?? '', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? commandTimeoutMs,
    killSignal: 'SIGKILL',
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const stdout = Buffer.concat(out).toString();
  const stderr = Buffer.concat(err).toString();
  return { status, stdout, stderr, text: stdout + stderr };
}

/** As `runCommand`, for a command that must succeed. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: Run = {},
): Promise<string> {
  const { status, stdout, text } = await runCommand(command, args, options);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: status ${status}\n${text}`);
  return stdout;
}

/** A loopback port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}
