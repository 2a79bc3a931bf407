// Columns of text, as wide as their widest cell, with two spaces between.

/** One column: its heading (without one, in tables that have none) and whether it is set to the right. */
export interface Column {
  readonly title?: string;
  readonly align?: 'right';
}

const gap = '  ';

/** Lines without trailing spaces; the heading first when any column has a title. Cells must be fit to be shown. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const hasTitles = columns.some(({ title }) => title !== undefined);
  const all = hasTitles ? [columns.map(({ title }) => title ?? ''), ...rows] : rows;
  const widths = columns.map((_, index) =>
    Math.max(0, ...all.map((cells) => (cells[index] ?? '').length)),
  );
  return all.map((cells) =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? '';
        const width = widths[index] ?? 0;
        return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join(gap)
      .trimEnd(),
  );
}
