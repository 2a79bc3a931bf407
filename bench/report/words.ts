// Figures, budgets and ratios as text, one spelling for the terminal and for the page.
import {
  type Budget,
  type Comparison,
  type Figure,
  ratioOf,
  shortBounds,
  type Unit,
} from './comparison.ts';

/** Below this a figure is shown with digits after the point. */
const roundFrom = 100;

/** `12,345/s`, `14.8 µs`, `0.31 s`. */
export function figureText(figure: Figure | undefined, unit: Unit): string {
  if (figure === undefined) return '–';
  const number = numberText(figure.value);
  return unit === 'per second' ? `${number}/s` : `${number} ${unit}`;
}

export function budgetText(budget: Budget | undefined, unit: Unit): string {
  if (budget === undefined) return '';
  if (budget.kind === 'times') return `≥ ${budget.factor} × Go`;
  return `≤ ${figureText({ value: budget.limit }, unit)}`;
}

/** What the short run asks for instead. */
export function shortBudgetText(budget: Budget | undefined): string {
  const bounds = budget && shortBounds(budget);
  if (bounds === undefined) return '';
  return 'atLeast' in bounds
    ? `≥ ${numberText(bounds.atLeast)} × Go`
    : `≤ ${numberText(bounds.atMost)} × Go`;
}

export function ratioText(comparison: Comparison): string {
  const ratio = ratioOf(comparison);
  return ratio === undefined ? '–' : `${numberText(ratio)} ×`;
}

function numberText(value: number): string {
  if (value >= roundFrom) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(value < 10 ? 2 : 3)));
}
