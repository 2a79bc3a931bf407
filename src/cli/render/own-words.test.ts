import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSource } from '../../../test/borders/source-text.ts';
import { catalogue } from '../../errors.ts';
import { inOwnWords } from './own-words.ts';

/** Where advice comes from that our own commands show. */
const advisers = ['src/client', 'src/keys', 'src/remote'];
/** What notary says, quoted; no advice to run it. */
const quoted = /\bnotary (?:and docker say:|does not )/;

/** Texts of the string literals and templates of a source file. */
function literals(source: string): readonly string[] {
  const { code } = readSource(source);
  const places = code.matchAll(/(['"])( *)\1|[`}]([ \n]*)(?=`|\$\{)/g);
  return [...places].map(({ index, 0: blank }) => source.slice(index, index + blank.length));
}

function sourcesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => readFileSync(join(folder, path), 'utf8'));
}

describe('a text of the client, of keys or of what is remote', () => {
  const naming = advisers
    .flatMap(sourcesBelow)
    .flatMap(literals)
    .filter((text) => /\bnotary [a-z]/.test(text));

  it('is found in the sources, also in a template', () => {
    const source = "// notary c\nf('notary a', `x ${y} notary b`); // 'notary d'";
    expect(literals(source).join()).toMatch(/^[^cd]*notary a[^cd]*notary b$/);
    expect(naming.length).toBeGreaterThan(3);
  });

  it('names no command of notary that is not put in our own words', () => {
    const left = naming
      .filter((text) => !quoted.test(text))
      .filter((text) => inOwnWords(text).includes('notary '));
    expect(left).toEqual([]);
  });

  it('tells nobody to remove a folder by hand whom `paraph delete` can help', () => {
    const advice = sourcesBelow('src/client')
      .map((source) => literals(source).join(''))
      .filter((text) => text.includes('by removing '));
    expect(advice).toHaveLength(2);
    for (const text of advice) expect(inOwnWords(text)).not.toContain('by removing ');
  });
});

describe('advice of the client', () => {
  it.each([
    ['import it with `notary key import FILE`; or', 'import it with `paraph key import FILE`; or'],
    [
      'Remove the change with `notary reset`, and stage it again.',
      'Remove the change with `paraph status IMAGE --reset N`, and stage it again.',
    ],
    [
      'forget the old root by removing /home/a b/trust/tuf/x and run the command again.',
      'forget the old root with `paraph delete IMAGE` and run the command again.',
    ],
    [
      'forget the old one by removing /trust/tuf/x, then sign again.',
      'forget the old one with `paraph delete IMAGE`, then sign again.',
    ],
    ['Copy the file by hand.', 'Copy the file by hand.'],
  ])('%s', (advice, own) => {
    expect(inOwnWords(advice)).toBe(own);
  });

  it('of the catalogue names no command of another program', () => {
    for (const { remedy } of Object.values(catalogue)) {
      expect(inOwnWords(remedy)).not.toMatch(/\bnotary (?:key|reset|witness|delete|init)\b/);
    }
  });
});
