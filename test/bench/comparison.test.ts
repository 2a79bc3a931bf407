import { describe, expect, it } from 'vitest';
import { type Budget, type Comparison, judge, judgeShort } from '../../bench/report/comparison.ts';
import { performancePage } from '../../bench/report/page.ts';
import { tableText } from '../../bench/report/terminal.ts';

function comparison(go: number | undefined, ours: number | undefined, budget?: Budget): Comparison {
  return {
    what: 'updates',
    unit: 'per second',
    goVariant: 'PostgreSQL',
    oursVariant: 'SQLite',
    go: go === undefined ? undefined : { value: go },
    ours: ours === undefined ? undefined : { value: ours },
    ...(budget === undefined ? {} : { budget }),
  };
}

const fourTimes: Budget = { kind: 'times', factor: 4 };
const atMost: Budget = { kind: 'at-most', limit: 15, goOnce: 150 };

describe('a whole run', () => {
  it('wants a rate to be the promised multiple of Go’s', () => {
    expect(judge(comparison(100, 400, fourTimes))).toBe('met');
    expect(judge(comparison(100, 399, fourTimes))).toBe('missed');
  });

  it('wants a cost below its limit, whatever Go needs', () => {
    expect(judge(comparison(undefined, 15, atMost))).toBe('met');
    expect(judge(comparison(1000, 15.1, atMost))).toBe('missed');
  });

  it('judges nothing without a figure or a budget', () => {
    expect(judge(comparison(undefined, 400, fourTimes))).toBe('no figure');
    expect(judge(comparison(0, 400, fourTimes))).toBe('no figure');
    expect(judge(comparison(100, undefined, atMost))).toBe('no figure');
    expect(judge(comparison(100, 1))).toBe('no budget');
  });
});

describe('a short run', () => {
  it('passes at half of the promised multiple', () => {
    expect(judgeShort(comparison(100, 200, fourTimes))).toBe('met');
    expect(judgeShort(comparison(100, 199, fourTimes))).toBe('missed');
  });

  it('holds a cost against Go’s on the same machine, never against the limit itself', () => {
    expect(judgeShort(comparison(1500, 300, atMost))).toBe('met');
    expect(judgeShort(comparison(10, 3, atMost))).toBe('missed');
    expect(judgeShort(comparison(undefined, 300, atMost))).toBe('no figure');
    expect(judgeShort(comparison(10, 1e6, { kind: 'at-most', limit: 1 }))).toBe('no budget');
  });
});

describe('the report', () => {
  const rows = [
    comparison(106, 612, fourTimes),
    { ...comparison(undefined, 3, fourTimes), leftOut: 'notary-server is not here' },
  ];

  it('shows both figures, the ratio, the budget and the verdict', () => {
    const [, first = '', second = ''] = tableText(rows, false).split('\n');
    expect(first.split(/\s{2,}/)).toEqual([
      'updates',
      '106/s',
      'PostgreSQL',
      '612/s',
      'SQLite',
      '5.8 ×',
      '≥ 4 × Go',
      'met',
    ]);
    expect(second).toMatch(/–.*3\/s.*–.*no figure$/);
  });

  it('shows the budget of the short run as what the short run asks for', () => {
    const cost = comparison(150, 20, atMost);
    const [, times = '', limit = ''] = tableText(
      [comparison(106, 300, fourTimes), cost],
      true,
    ).split('\n');
    expect(times).toMatch(/2\.8 ×\s+≥ 2 × Go  met$/);
    expect(limit).toMatch(/0\.13 ×\s+≤ 0\.2 × Go  met$/);
  });

  it('names the machine on the page, and why a side is missing', () => {
    const machine = {
      processor: 'Some | Processor',
      cores: 2,
      memoryGigabytes: 24,
      system: 'Debian, Linux 6',
      node: 'v20.18.0',
      go: 'notary 0.7.0',
      date: '2026-11-24',
    };
    const page = performancePage({
      machine,
      cores: 'servers on core 0',
      otherWork: 0.034,
      comparisons: rows,
    });
    expect(page).toContain('| processor | Some \\| Processor, 2 cores |');
    expect(page).toContain(
      '| updates | PostgreSQL 106/s | SQLite 612/s | 5.8 × | ≥ 4 × Go | met |',
    );
    expect(page).toContain('| other work meanwhile | 3 % of the processor time |');
    expect(page).toContain('left out: notary-server is not here');
  });
});
