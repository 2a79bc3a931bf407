// docs/guide/operating.md lists every setting that a daemon knows, and none that it does not.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { known as ofServer } from '../../src/server/config.ts';
import { knownSettings as ofSigner } from '../../src/signer/config.ts';

const page = readFileSync('docs/guide/operating.md', 'utf8');

/** Names in the first column of the table below `heading`, and in cells that give another name. */
function listedUnder(heading: string): readonly string[] {
  const [, section = ''] = page.split(`\n### ${heading}\n`);
  const rows = (section.split(/\n##/)[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  return rows.flatMap((row) => {
    const [names = ''] = row.split(' | ');
    const [, other] = /`([\w.]+)` is its other name/.exec(row) ?? [];
    const listed = [...names.matchAll(/`([\w.]+)`/g)].map(([, name = '']) => name);
    return other === undefined ? listed : [...listed, other];
  });
}

it.each([
  ['Of the server', ofServer],
  ['Of the signer', ofSigner],
] as const)('%s: the table has every known setting, once', (heading, known) => {
  expect(listedUnder(heading).toSorted()).toEqual([...known].toSorted());
});
