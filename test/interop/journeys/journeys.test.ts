// No journey of the documentation is forgotten, and what is said to show it is there.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { journeys, leftOut } from './journeys.ts';

const numbered = (letter: string, last: number): readonly string[] =>
  Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);

const all = [
  ...numbered('A', 8),
  ...numbered('B', 9),
  ...numbered('C', 9),
  ...numbered('D', 7),
  ...numbered('E', 4),
  ...numbered('F', 10),
  'G',
  ...numbered('H', 7),
];

describe('the journeys of the documentation', () => {
  it('are all played by a test, or left out with a reason', () => {
    expect([...Object.keys(journeys), ...Object.keys(leftOut)].toSorted()).toEqual(all.toSorted());
  });

  it.each(Object.entries(journeys))('%s is where the table says', async (_, places) => {
    expect(places).not.toEqual([]);
    for (const { file, words } of places) expect(await readFile(file, 'utf8')).toContain(words);
  });
});
