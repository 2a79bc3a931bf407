import { describe, expect, it } from 'vitest';
import type { CommandSpec } from './command.ts';
import { completionsOf } from './complete.ts';

const root: CommandSpec<number> = {
  use: 'prog',
  short: 'A program.',
  body: 0,
  persistentFlags: [
    { name: 'server', shorthand: 's', kind: 'string', usage: 'Where' },
    { name: 'debug', kind: 'bool', usage: 'Much' },
  ],
  commands: [
    {
      use: 'list [ GUN ]',
      short: 'Lists.',
      body: 1,
      flags: [{ name: 'all', kind: 'bool', usage: 'All' }],
    },
    { use: 'key', short: 'Keys.', commands: [{ use: 'rotate', short: 'Rotates.', body: 2 }] },
    { use: 'keep', short: 'Keeps.', body: 3 },
  ],
};

const texts = (...words: readonly string[]): readonly string[] =>
  completionsOf(words, root).found.map(({ text }) => text);

describe('completion', () => {
  it('offers commands by what is typed, sorted', () => {
    expect(texts('')).toEqual(['keep', 'key', 'list']);
    expect(texts('ke')).toEqual(['keep', 'key']);
    expect(texts('-s', 'key', 'key', '')).toEqual(['rotate']);
    expect(completionsOf(['k'], root).found[0]).toEqual({ text: 'keep', about: 'Keeps.' });
  });

  it('offers flags from above, then those of the command', () => {
    expect(texts('list', '--')).toEqual(['--debug', '--server', '--all', '--help']);
    expect(texts('list', '-s')).toEqual(['-s']);
  });

  it('leaves arguments and values to the files', () => {
    expect(completionsOf(['list', ''], root)).toEqual({ found: [], allowsFiles: true });
    expect(completionsOf(['-s', ''], root)).toEqual({ found: [], allowsFiles: true });
    expect(completionsOf(['key', 'x'], root)).toEqual({ found: [], allowsFiles: false });
  });
});
