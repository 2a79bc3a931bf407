// Tables as notary prints them: headings with a row of dashes below (notary CLI §3).
import { tabTable } from '../go-text/tab-table.ts';

const style = { minWidth: 4, padding: 4 };

/** The lines of a table. Cells must be fit to be shown. */
export function notaryTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  return tabTable([headings, headings.map(({ length }) => '-'.repeat(length)), ...rows], style);
}

/** `text` cut from the left to `max` characters, as long names are. */
export function cutLeft(text: string, max: number): string {
  return text.length <= max ? text : `...${text.slice(text.length - (max - '...'.length))}`;
}

/** Sorted, with the path that allows everything made visible. */
export function shownPaths(paths: readonly string[]): readonly string[] {
  return paths.toSorted().map((path) => (path === '' ? '"" <all paths>' : path));
}
