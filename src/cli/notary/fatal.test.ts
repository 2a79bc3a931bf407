import { describe, expect, it } from 'vitest';
import { inWorld, type Result, type WorldPlan } from '../../../test/cli/world.ts';
import { Failure } from '../../errors.ts';
import { aborted, reportFatal } from './fatal.ts';

const nowMs = (): number => Date.UTC(2026, 10, 25, 12, 0, 0);

function report(error: unknown, isVerbose = false, plan: WorldPlan = {}): Promise<Result> {
  return inWorld(
    (world) => {
      reportFatal(error, world, isVerbose);
      return Promise.resolve(1);
    },
    { nowMs, ...plan },
  );
}

const refused = new Failure('DIGEST_MISMATCH', 'not what was signed', {
  facts: { expected: 'abc' },
  meaning: 'Somebody altered it.',
  remedy: 'Do not use it.',
});

describe('a failure', () => {
  it('is notary on stdout, and one line of ours on stderr', async () => {
    const { stdout, stderr } = await report(refused);
    expect(stdout).toBe('\n* fatal: not what was signed\n');
    expect(stderr).toMatch(
      /^time="2026-11-2[^"]+" level=error msg="DIGEST_MISMATCH: Do not use it\."\n$/,
    );
  });

  it('comes with its facts where more was asked for', async () => {
    const { stdout, stderr } = await report(refused, true);
    expect(stdout).toBe('\n* fatal: not what was signed\n');
    expect(stderr.split('\n').slice(1, 3)).toEqual([
      expect.stringContaining('msg="expected: abc"'),
      expect.stringContaining('msg="Somebody altered it."'),
    ]);
  });

  it('is coloured on a terminal', async () => {
    const { stderr } = await report(refused, false, { isTerminal: true });
    expect(stderr.startsWith('\u001b[31mERRO\u001b[0m[0000] DIGEST_MISMATCH: ')).toBe(true);
  });

  it('of the arguments is told on stdout alone, with the lines that it has', async () => {
    const failure = new Failure('USAGE', 'unknown command "x"\n\nDid you mean this?\n\ty\n');
    expect(await report(failure)).toMatchObject({
      stdout: '\n* fatal: unknown command "x"\n\nDid you mean this?\n\ty\n\n',
      stderr: '',
    });
  });

  it('moves no cursor, wherever its words come from', async () => {
    const evil = 'a\u001b[2J\u202eb\rc';
    const failure = new Failure('DISK', evil, { facts: { [evil]: evil }, remedy: evil });
    const { stdout, stderr } = await report(failure, true);
    for (const character of ['\u001b', '\u202e', '\r']) {
      expect(stdout + stderr).not.toContain(character);
    }
    expect(stdout).toContain('a\\u{1b}[2J\\u{202e}b c');
  });

  it('that nobody expected is told as such', async () => {
    const { stdout, stderr } = await report(new TypeError('x is not a function'));
    expect(stdout).toBe('\n* fatal: unexpected: x is not a function\n');
    expect(stderr).toContain('INTERNAL: ');
  });

  it('by a no leaves no empty line', async () => {
    expect(await report(aborted())).toMatchObject({
      stdout: '* fatal: Aborting action.\n',
      stderr: '',
    });
  });
});
