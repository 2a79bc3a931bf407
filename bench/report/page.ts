// docs/performance.md, as a whole run writes it.
import { type Comparison, judge } from './comparison.ts';
import type { Machine } from './machine.ts';
import { notesOf } from './terminal.ts';
import { budgetText, figureText, ratioText } from './words.ts';

export interface Report {
  readonly machine: Machine;
  /** What runs on which processor core. */
  readonly cores: string;
  /** Share of the machine's processor time that other processes took during the run, 0 to 1. */
  readonly otherWork: number;
  readonly comparisons: readonly Comparison[];
}

const introduction = `# Performance

Figures of the Go programs (Debian's \`notary\`) and of Paraph, side by side, from one run on one machine.
Written by the run; to make it anew, on a machine that has nothing else to do:

    npm run bench

Each side is measured in turn, several times, and the best counts; for starts of programs, the median. The
load is made by the benchmark itself, from requests that are signed beforehand. Both sides get the same
configuration files. Go's servers keep their data in memory or in PostgreSQL, ours in SQLite or in memory;
PostgreSQL and SQLite write durably. "Ratio" is ours as a multiple of Go's. CI runs \`node bench/run.mjs
--short\`, which looks at ratios alone and fails only at less than half of what a budget asks for.`;

/** The page as Markdown. */
export function performancePage({ machine, cores, otherWork, comparisons }: Report): string {
  const lines = [
    '<!-- Written by `npm run bench`; never by hand. -->',
    '',
    introduction,
    '',
    '## Machine',
    '',
    row('', ''),
    row('---', '---'),
    row('processor', `${machine.processor}, ${machine.cores} cores`),
    row('memory', `${machine.memoryGigabytes} GB`),
    row('system', machine.system),
    row('Node', machine.node),
    row('Go programs', machine.go),
    row('date', machine.date),
    row('who runs where', cores),
    row('other work meanwhile', `${Math.round(otherWork * 100)} % of the processor time`),
    '',
    '## Results',
    '',
    row('what', 'Go', 'ours', 'ratio', 'budget', ''),
    row('---', '---:', '---:', '---:', '---:', '---'),
    ...comparisons.map(resultRow),
    '',
    '## How each figure came about',
    '',
    ...comparisons.flatMap(notesOf).map((note) => `- ${note}`),
  ];
  return `${lines.join('\n')}\n`;
}

function resultRow(comparison: Comparison): string {
  const { what, unit, go, goVariant, ours, oursVariant, budget } = comparison;
  const verdict = judge(comparison);
  return row(
    what,
    withVariant(figureText(go, unit), goVariant),
    withVariant(figureText(ours, unit), oursVariant),
    ratioText(comparison),
    budgetText(budget, unit),
    verdict === 'no budget' ? '' : verdict,
  );
}

function withVariant(figure: string, variant: string): string {
  return variant === '' ? figure : `${variant} ${figure}`;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
