// The table of the cells: which client did which step on which services. Pure: names and marks in, text out.
import { stepList } from './step-list.ts';

export interface CellName {
  readonly client: string;
  readonly server: string;
  readonly signer: string;
}

export type Mark = 'passed' | 'failed' | 'not reached' | 'cannot';

export interface Cell extends CellName {
  /** Of each step, in order. */
  readonly marks: readonly Mark[];
}

/** Begins the failure of a step whose predecessor failed. */
export const notReached = 'not reached';

const between = ' · ';
const signs: Readonly<Record<Mark, string>> = {
  passed: '✓',
  failed: '✗',
  'not reached': '…',
  cannot: '–',
};

export const cellName = ({ client, server, signer }: CellName): string =>
  [client, server, signer].join(between);

/** The inverse of `cellName`. */
export function parseCellName(name: string): CellName | undefined {
  const [client, server, signer] = name.split(between);
  if (client === undefined || server === undefined || signer === undefined) return undefined;
  return { client, server, signer };
}

/** Rows of a Markdown table, aligned for a terminal. */
export function cellTable(cells: readonly Cell[]): readonly string[] {
  const numbers = stepList.map((_, index) => String(index + 1));
  return aligned([
    ['client', 'server', 'signer', ...numbers],
    ...cells.map(({ client, server, signer, marks }) => [
      client,
      server,
      signer,
      ...marks.map((mark) => signs[mark]),
    ]),
  ]);
}

function aligned([head = [], ...rows]: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((title, column) =>
    Math.max(2, title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

/** docs/reference/compatibility.md for these cells. */
export function compatibilityPage(cells: readonly Cell[]): string {
  return [
    '<!-- Made from a run of test/interop/matrix by `node scripts/compatibility.mjs`. -->',
    '',
    '# Compatibility',
    '',
    'Each of the three programs replaces its Go original alone. Every client was run on every pairing of server and',
    'signer, with the real programs: notary 0.7, docker 28, and Paraph as `paraph notary`; where server and signer are of the',
    'same kind also as `docker-trust`, and then a step holds when it does with both. After each step that',
    'changes something, readers with the other clients, each on a machine of their own, see the same tags with the same',
    'digests; early readers and newcomers come with every client. Where a service stores in PostgreSQL, the tables are those',
    'that the migrations of notary leave.',
    '',
    '## Steps',
    '',
    ...aligned([
      ['', 'step', 'what holds afterwards'],
      ...stepList.map(({ name, holds }, index) => [String(index + 1), name, holds]),
    ]),
    '',
    '## Cells',
    '',
    `${signs.passed} it holds; ${signs.cannot} the client has no command for it; ${signs.failed} it does not hold; ${signs['not reached']} not reached after a failure.`,
    '',
    ...cellTable(cells),
    '',
  ].join('\n');
}
