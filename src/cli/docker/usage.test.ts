import { describe, expect, it } from 'vitest';
import { parseCobra } from '../cobra/parse.ts';
import { dockerProgram } from './commands.ts';
import { dockerHelp } from './usage.ts';

function help(width: number): string {
  const { path } = parseCobra(['trust', 'key', 'generate', '--help'], dockerProgram('trust'));
  return dockerHelp(path, width).split('Options:\n')[1] ?? '';
}

// As docker 28.2.2 prints it on terminals of these widths.
describe('the text of a flag', () => {
  it.each([
    [
      80,
      `      --dir string   Directory to generate key in, defaults to current
                     directory\n`,
    ],
    [
      60,
      `      --dir string   Directory to generate key in,
                     defaults to current directory\n`,
    ],
    [
      45,
      '      --dir string   \n                Directory to generate\n                key in, defaults to\n                current directory\n',
    ],
    [40, '      --dir string   Directory to generate key in, defaults to current directory\n'],
  ])('is broken to %i characters', (width, text) => {
    expect(help(width)).toBe(text);
  });
});
