import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { runBlocks, shellBlocks } from './shell-blocks.ts';

describe('the commands of a page', () => {
  it('are the marked blocks, in order', () => {
    const page = [
      '```sh run',
      'echo one',
      '```',
      '```sh',
      'echo not marked',
      '```',
      '````text',
      '```sh run',
      'echo inside another block',
      '```',
      '````',
      '   ```sh run',
      'echo two',
      '   ```',
    ];
    expect(shellBlocks(page.join('\n'))).toEqual(['echo one', 'echo two']);
  });

  it('share what earlier blocks set, and stop at the first that fails', async () => {
    const blocks = ['word=kept', 'echo "$word"', 'false', 'echo never'];
    const { status, output } = await runBlocks(blocks, tmpdir(), { PATH: process.env.PATH });
    expect({ status, output }).toEqual({ status: 1, output: 'kept\n' });
  });

  it('leave nothing running', async () => {
    const { output } = await runBlocks(['sleep 60 & echo $!'], tmpdir(), {
      PATH: process.env.PATH,
    });
    await expect.poll(() => isRunning(Number(output))).toBe(false);
  });
});

/** False too for a process that has ended and was not yet collected by its parent. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
