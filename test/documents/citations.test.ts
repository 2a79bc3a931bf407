// Holds every reference to a section, in the sources and between the pages, against the headings of docs/reference.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { citations, namedFiles, pageFiles, sectionsOf, wordyCitations } from './citations.ts';

const folder = 'docs/reference';
const pages = new Map(pageFiles.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
const sections = new Map([...pages].map(([name, text]) => [name, sectionsOf(text)]));

function sourcesBelow(root: string): readonly (readonly [string, string])[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(join('test', 'documents')))
    .map((path) => [path, readFileSync(path, 'utf8')]);
}

/** What `text` names and no page has; `home` is the page itself, for sections without a name before them. */
function dangling(path: string, text: string, home?: string): readonly string[] {
  return citations(text, home)
    .filter(({ page, section }) => page === undefined || sections.get(page)?.has(section) !== true)
    .map(({ page, section }) => `${path}: ${page ?? 'no page'} §${section}`);
}

describe('a section that is cited', () => {
  const sources = ['src', 'test', 'bench'].flatMap(sourcesBelow);

  it('is there, in every source', () => {
    expect(sources.flatMap(([, text]) => citations(text)).length).toBeGreaterThan(40);
    expect(sources.flatMap(([path, text]) => dangling(path, text))).toEqual([]);
  });

  it('is there, from page to page', () => {
    expect([...pages].flatMap(([name, text]) => dangling(name, text, name))).toEqual([]);
  });

  it('is named by its sign, so that it is seen here', () => {
    const wordy = sources.flatMap(([path, text]) =>
      wordyCitations(text).map((words) => `${path}: ${words}`),
    );
    expect(wordy).toEqual([]);
  });
});

describe('a page of reference', () => {
  it('names files that are there', () => {
    const named = [...pages.values()].flatMap(namedFiles);
    expect(named.length).toBeGreaterThan(40);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });
});

describe('the check', () => {
  it('sees each section of a row, and one that is spread over two lines', () => {
    const comment =
      '// Signatures (notary dialect §5.3, §5.4), kept (client\n// store §9.1), RFC 5280 §4.1.2.5.';
    expect(citations(comment)).toEqual([
      { page: 'dialect.md', section: '5.3' },
      { page: 'dialect.md', section: '5.4' },
      { page: 'client-store.md', section: '9.1' },
    ]);
  });

  it('finds a section that is not there, and one without a page', () => {
    expect(dangling('x.ts', '// notary dialect §99, and §5')).toEqual([
      'x.ts: dialect.md §99',
      'x.ts: no page §5',
    ]);
  });

  it('finds a section that is named by words', () => {
    expect(
      wordyCitations("// notary's HTTP API, section 4, and\n// the dialect (section 2)"),
    ).toEqual(['API, section 4', 'dialect (section 2']);
  });
});
