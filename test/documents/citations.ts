// References by section: `notary dialect §5.3` in a comment means the heading 5.3 of a page in docs/reference.
// Sections are how sources say which rule they keep, so one that leads nowhere is a fault.

/** How sources name a page, and which page that is. */
const pages: ReadonlyMap<string, string> = new Map([
  ['notary dialect', 'dialect.md'],
  ['client store', 'client-store.md'],
  ['HTTP API', 'http-api.md'],
  ['signer API', 'signer-api.md'],
  ['docker trust', 'docker-trust.md'],
  ['notary CLI', 'notary-cli.md'],
]);

export const pageFiles: readonly string[] = [...pages.values()];

export interface Citation {
  /** Name of a page in docs/reference; undefined when none is named. */
  readonly page: string | undefined;
  readonly section: string;
}

const number = String.raw`§\d+(?:\.\d+)*`;
/** Sections in a row, `§5.3, §5.4`, with the page or the standard that stands before the first. */
const cited = new RegExp(
  `(?:(${[...pages.keys()].join('|')}|RFC \\d+) )?(${number}(?:(?:, | and )${number})*)`,
  'g',
);

/** Every section that `text` names, but those of standards. `home` is meant where no page is named. */
export function citations(text: string, home?: string): readonly Citation[] {
  return [...unbroken(text).matchAll(cited)].flatMap(([, name, row = '']) => {
    if (name?.startsWith('RFC') === true) return [];
    const page = name === undefined ? home : pages.get(name);
    return row.split(/, | and /).map((section) => ({ page, section: section.slice(1) }));
  });
}

/** Comments and paragraphs without their line breaks: a citation may be spread over two lines. */
function unbroken(text: string): string {
  return text.replaceAll(/\s*\n[ \t]*(?:\/\/|\*(?= ))?[ \t]*/g, ' ');
}

/** The numbers of a page's headings. */
export function sectionsOf(markdown: string): ReadonlySet<string> {
  const headings = markdown.matchAll(/^#{2,3} (\d+(?:\.\d+)?)\.? /gm);
  return new Set([...headings].map(([, section = '']) => section));
}

/** Mentions of a page by words instead of `§`, which this check would not see. */
export function wordyCitations(text: string): readonly string[] {
  const wordy =
    /(?:dialect|client store|API|docker trust|notary CLI|reference),? \(?sections? \d+(?:\.\d+)?/g;
  return [...unbroken(text).matchAll(wordy)].map(([words]) => words);
}

/** Files of the repository that a page names, by their whole path. */
export function namedFiles(markdown: string): readonly string[] {
  return [...markdown.matchAll(/`((?:src|test|proto|docs)\/[\w./-]*)`/g)].map(
    ([, path = '']) => path,
  );
}
