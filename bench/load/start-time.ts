// How long a program takes from its start to its first answer.
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { diesWithUs, type Start } from '../../test/peers/program.ts';

/** The program of util-linux that has the kernel end a program with its parent. */
const guardian = 'setpriv';
/** How often it is asked; the figure is no finer than this. */
const askEveryMs = 2;
const limitMs = 20_000;

/** Milliseconds until `ask` succeeded; the program is ended again. @throws Error when it never answers */
export async function timeToAnswer(start: Start, ask: () => Promise<void>): Promise<number> {
  const command = start.network?.command(start.command, start.args ?? []) ?? [];
  const begunMs = performance.now();
  const child = spawn(guardian, diesWithUs(command), {
    env: { PATH: process.env.PATH ?? '', ...start.env },
    stdio: 'ignore',
  });
  const gone = new Promise<void>((resolve) => {
    child.on('error', () => resolve());
    child.on('exit', () => resolve());
  });
  try {
    while (!(await answers(ask))) {
      if (
        child.exitCode !== null ||
        child.pid === undefined ||
        performance.now() - begunMs > limitMs
      ) {
        throw new Error(`${start.name} does not answer`);
      }
      await pause(askEveryMs);
    }
    return performance.now() - begunMs;
  } finally {
    child.kill('SIGKILL');
    await gone;
  }
}

async function answers(ask: () => Promise<void>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch {
    return false;
  }
}
