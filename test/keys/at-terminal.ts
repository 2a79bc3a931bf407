// Runs a program at a terminal of its own, by `script`, and types an answer whenever it asks.
import { spawn } from 'node:child_process';
import { peer } from '../peers/peers.ts';

export interface TerminalRun {
  /** All that was on the screen, with plain line ends. */
  readonly screen: string;
  readonly status: number | null;
}

/** Ends of a question. */
const question = /(?:: |\? {2})$/;
/** The Go programs ask first and switch the echo off then: what is typed too fast is seen. */
const humanMs = 50;
/** A program that asks for more than it is told is ended. */
const timeoutMs = 20_000;

/** @param answers typed one after the other, each when a question stands at the end of the screen */
export function runAtTerminal(
  command: readonly string[],
  answers: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<TerminalRun> {
  const left = [...answers];
  const line = command.map((word) => `'${word}'`).join(' ');
  const child = spawn(peer('script'), ['-qec', line, '/dev/null'], {
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...env },
    timeout: timeoutMs,
  });
  let screen = '';
  let answeredAt = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
    if (screen.length === answeredAt || !question.test(screen)) return;
    answeredAt = screen.length;
    const answer = left.shift();
    if (answer === undefined) child.kill();
    else setTimeout(() => child.stdin.write(`${answer}\n`), humanMs);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ screen: screen.replaceAll('\r\n', '\n'), status }));
  });
}
