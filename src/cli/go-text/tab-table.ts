// Tables as Go's text/tabwriter sets them with blanks: every cell but the last of a row is padded to the widest of
// its column, the last is left as it is. Width counts characters, not bytes.

export interface TabTableStyle {
  /** A column is at least this wide, padding included. */
  readonly minWidth: number;
  /** Blanks after the widest cell. */
  readonly padding: number;
}

/** Lines without line ends. Every row must have the same number of cells; cells must be fit to be shown. */
export function tabTable(
  rows: readonly (readonly string[])[],
  { minWidth, padding }: TabTableStyle,
): readonly string[] {
  const columns = Math.max(0, ...rows.map((cells) => cells.length - 1));
  const widths = Array.from({ length: columns }, (_, index) =>
    columnWidth(rows.map((cells) => cells[index] ?? '')),
  );
  return rows.map((cells) =>
    cells
      .map((cell, index) =>
        index === cells.length - 1 ? cell : cell + ' '.repeat((widths[index] ?? 0) - width(cell)),
      )
      .join(''),
  );

  function columnWidth(cells: readonly string[]): number {
    const widest = cells.reduce((most, cell) => Math.max(most, width(cell)), 0);
    // Go takes a column of empty cells away altogether.
    return widest === 0 && minWidth === 0 ? 0 : Math.max(minWidth, widest + padding);
  }
}

function width(text: string): number {
  return Array.from(text).length;
}
