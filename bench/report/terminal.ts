// The table on the terminal.
import { type Comparison, judge, judgeShort } from './comparison.ts';
import { budgetText, figureText, ratioText, shortBudgetText } from './words.ts';

const heads = ['', 'Go', '', 'ours', '', 'ratio', 'budget', ''] as const;

/** A line for each comparison, columns aligned. */
export function tableText(comparisons: readonly Comparison[], isShort: boolean): string {
  const rows = comparisons.map((comparison) => {
    const { what, unit, goVariant, oursVariant, go, ours, budget } = comparison;
    const verdict = isShort ? judgeShort(comparison) : judge(comparison);
    return [
      what,
      figureText(go, unit),
      goVariant,
      figureText(ours, unit),
      oursVariant,
      ratioText(comparison),
      isShort ? shortBudgetText(budget) : budgetText(budget, unit),
      verdict === 'no budget' ? '' : verdict,
    ];
  });
  const widths = heads.map((head, at) =>
    Math.max(head.length, ...rows.map((row) => (row[at] ?? '').length)),
  );
  return [[...heads], ...rows]
    .map((row) =>
      row
        .map((cell, at) => align(cell, at, widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Figures to the right, words to the left. */
function align(cell: string, column: number, width: number): string {
  const isFigure = ['Go', 'ours', 'ratio', 'budget'].includes(heads[column] ?? '');
  return isFigure ? cell.padStart(width) : cell.padEnd(width);
}

/** Reasons and remarks, one to a line. */
export function notesText(comparisons: readonly Comparison[]): string {
  return comparisons.flatMap(notesOf).join('\n');
}

export function notesOf(comparison: Comparison): readonly string[] {
  const { what, goVariant, oursVariant, go, ours, leftOut } = comparison;
  const name = `${what} (Go ${goVariant}, ours ${oursVariant})`.replaceAll(
    /Go , | \(Go , ours \)/g,
    '',
  );
  const parts = [
    leftOut === undefined ? undefined : `left out: ${leftOut}`,
    go?.note === undefined ? undefined : `Go: ${go.note}`,
    ours?.note === undefined ? undefined : `ours: ${ours.note}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? [] : [`${name}: ${parts.join('; ')}`];
}
