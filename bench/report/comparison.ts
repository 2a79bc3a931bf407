// One line of the result: a figure of the Go programs, ours, and what was promised. Judging is here and
// nowhere else.
//
// Two ways to judge. A whole run holds figures against the budget as it is written. The short run is made
// on machines that nobody knows, so it looks at the ratio between the two sides alone, and complains only
// when that is worse than half of what the budget asks for.

export type Unit = 'per second' | 'µs' | 'ms' | 's' | 'MB';

export interface Figure {
  readonly value: number;
  /** How it came about, in a clause; for the notes of the report. */
  readonly note?: string;
}

export type Budget =
  /** Ours is at least `factor` times Go's; more is better. */
  | { readonly kind: 'times'; readonly factor: number }
  /**
   * Ours is at most `limit`; less is better. `goOnce` is what Go needed when the budget was set: it makes
   * the limit a ratio for the short run, which judges nothing without it.
   */
  | { readonly kind: 'at-most'; readonly limit: number; readonly goOnce?: number };

export interface Comparison {
  readonly what: string;
  readonly unit: Unit;
  /** Such as `PostgreSQL`: which variant of each side is compared. */
  readonly goVariant: string;
  readonly oursVariant: string;
  readonly go?: Figure | undefined;
  readonly ours?: Figure | undefined;
  readonly budget?: Budget;
  /** Why a side has no figure. */
  readonly leftOut?: string;
}

export type Verdict = 'met' | 'missed' | 'no figure' | 'no budget';

/** The short run passes at half of what the budget asks for. */
const shortMargin = 2;

/** Ours as a multiple of Go's. */
export function ratioOf({ go, ours }: Comparison): number | undefined {
  if (go === undefined || ours === undefined || go.value <= 0) return undefined;
  return ours.value / go.value;
}

export function judge(comparison: Comparison): Verdict {
  const { budget, ours } = comparison;
  if (budget === undefined) return 'no budget';
  if (budget.kind === 'at-most') return verdict(ours?.value, (value) => value <= budget.limit);
  return verdict(ratioOf(comparison), (value) => value >= budget.factor);
}

/** What the short run asks for: the bounds of the ratio. Undefined when the budget says nothing of it. */
export function shortBounds(
  budget: Budget,
): { readonly atLeast: number } | { readonly atMost: number } | undefined {
  if (budget.kind === 'times') return { atLeast: budget.factor / shortMargin };
  const { limit, goOnce } = budget;
  return goOnce === undefined ? undefined : { atMost: (limit / goOnce) * shortMargin };
}

/** As `judge`, by the rule of the short run. */
export function judgeShort(comparison: Comparison): Verdict {
  const { budget } = comparison;
  const bounds = budget && shortBounds(budget);
  if (bounds === undefined) return 'no budget';
  return verdict(ratioOf(comparison), (ratio) =>
    'atLeast' in bounds ? ratio >= bounds.atLeast : ratio <= bounds.atMost,
  );
}

function verdict(value: number | undefined, holds: (value: number) => boolean): Verdict {
  if (value === undefined) return 'no figure';
  return holds(value) ? 'met' : 'missed';
}
