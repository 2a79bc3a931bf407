// After a run of the matrix: prints its table. A whole run is compared with docs/reference/compatibility.md, and
// fails when the page says otherwise; with COMPATIBILITY_PAGE=write the page is written instead.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Reporter, TestModule, TestSuite } from 'vitest/node';
import { servers, signers } from './choices.ts';
import { stepList } from './step-list.ts';
import {
  type Cell,
  cellTable,
  compatibilityPage,
  type Mark,
  notReached,
  parseCellName,
} from './table.ts';

const page = 'docs/reference/compatibility.md';
const serverNames = Object.values(servers).map(({ name }) => name);

interface Row {
  readonly cell: Cell;
  /** False when steps of it were left out of this run. */
  readonly isWhole: boolean;
}

export default class CompatibilityReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules
      .filter(({ moduleId }) => moduleId.includes('/test/interop/matrix/'))
      .flatMap((module) => [...module.children.suites()].flatMap(rowOf))
      .toSorted((a, b) => serverIndex(a) - serverIndex(b));
    if (rows.length === 0) return;
    const cells = rows.map(({ cell }) => cell);
    const names = stepList.map(({ name }, index) => `${index + 1} ${name}`).join(', ');
    console.log(`\n${cellTable(cells).join('\n')}\n${names}\n`);
    const clients = new Set(cells.map(({ client }) => client)).size;
    const isAll = rows.length === serverNames.length * signers.length * clients;
    if (isAll && rows.every(({ isWhole }) => isWhole)) settle(compatibilityPage(cells));
  }
}

const serverIndex = ({ cell }: Row): number =>
  serverNames.findIndex((name) => name === cell.server);

function rowOf(suite: TestSuite): readonly Row[] {
  const name = parseCellName(suite.name);
  if (name === undefined) return [];
  const tests = new Map([...suite.children.tests()].map((test) => [test.name, test.result()]));
  const marks = stepList.map((step): Mark => {
    const result = tests.get(step.name);
    if (result === undefined) return 'cannot';
    if (result.state === 'passed') return 'passed';
    const isFirst = result.errors?.every(({ message }) => !message.startsWith(notReached));
    return result.state === 'failed' && isFirst === true ? 'failed' : 'not reached';
  });
  const states = [...tests.values()].map(({ state }) => state);
  // Left out by a filter, not by services that did not start.
  const isAsked = suite.state() === 'failed' || states.some((state) => state !== 'skipped');
  const isWhole = suite.state() === 'failed' || !states.includes('skipped');
  return isAsked ? [{ cell: { ...name, marks }, isWhole }] : [];
}

function settle(text: string): void {
  if (process.env.COMPATIBILITY_PAGE === 'write') {
    writeFileSync(page, text);
    console.log(`wrote ${page}`);
  } else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
    console.log(`${page} is not what this run says; run: node scripts/compatibility.mjs`);
    process.exitCode = 1;
  }
}
