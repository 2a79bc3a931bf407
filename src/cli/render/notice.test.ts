import { describe, expect, it } from 'vitest';
import type { ClientEvent } from '../../client/events.ts';
import { Failure } from '../../errors.ts';
import { noticeJson, noticeLines } from './notice.ts';
import { day, distance, isSoon, moment } from './time.ts';

const gun = 'registry.test/team/app';
const nowMs = Date.parse('2026-11-24T12:00:00Z');
const dayMs = 24 * 60 * 60 * 1000;
const problem = new Failure('UNREACHABLE', 'no answer\u001b[2J', { facts: { secret: 'no' } });
const rootKeyIds = ['1f54328c'.padEnd(64, '0')];

const events: readonly (readonly [ClientEvent, RegExp])[] = [
  [
    { kind: 'trust-began', gun, reason: 'first-use', rootKeyIds, rule: undefined },
    /trusted from now on, first use: root 1f54328$/,
  ],
  [
    {
      kind: 'trust-began',
      gun,
      reason: 'root-key-pin',
      rootKeyIds,
      rule: 'root_keys "registry.test/*"',
    },
    /trusted from now on by root_keys "registry\.test\/\*": root 1f54328$/,
  ],
  [
    { kind: 'trust-found', gun, rootKeyIds, isReplacement: false },
    /root 1f54328 is trusted as found in the trust directory$/,
  ],
  [
    { kind: 'trust-found', gun, rootKeyIds, isReplacement: true },
    /another program replaced the trusted root/,
  ],
  [
    { kind: 'root-updated', gun, fromVersion: 1, toVersion: 2, rootKeyIds },
    /root 2 follows root 1, signed by it/,
  ],
  [
    { kind: 'cache-used', gun, problem, fetchedMs: nowMs - dayMs, expiresMs: nowMs + 13 * dayMs },
    /could not be asked: no answer.* \[UNREACHABLE\]\n {2}used what was known on 2026-11-23 12:00 UTC, good until 2026-12-07 12:00 UTC, in 13 days$/,
  ],
  ...(
    [
      ['NO_TRUST_DATA', /says that it has nothing: no timestamp/],
      ['METADATA_MISSING', /says that it has nothing: no timestamp/],
      ['TIMEOUT', /could not be asked: no timestamp/],
      ['SERVER_ERROR', /did not say what is newest: no timestamp/],
      ['NOT_A_TRUST_SERVER', /did not say what is newest: no timestamp/],
    ] as const
  ).map(
    ([code, words]) =>
      [
        {
          kind: 'cache-used',
          gun,
          problem: new Failure(code, 'no timestamp'),
          fetchedMs: undefined,
          expiresMs: nowMs,
        },
        words,
      ] as const,
  ),
  [{ kind: 'cache-repaired', gun, role: 'snapshot' }, /cached snapshot file was damaged/],
  [{ kind: 'cache-not-updated', gun, problem }, /could not be kept for later: no answer/],
  [
    { kind: 'delegation-skipped', gun, role: 'targets/alice', problem },
    /targets\/alice does not count now: no answer/,
  ],
  [
    { kind: 'near-expiry', gun, role: 'root', what: 'certificate', expiresMs: nowMs + 40 * dayMs },
    /the certificate of root ends 2027-01-03, in 40 days$/,
  ],
  [
    { kind: 'role-unusable', gun, role: 'targets/alice', keys: 0, threshold: 1 },
    /targets\/alice has 0 keys and needs 1/,
  ],
  [
    { kind: 'purge-incomplete', gun, role: 'targets/alice', keyIds: rootKeyIds },
    /targets\/alice still lists 1f54328: no key here can sign it/,
  ],
  [{ kind: 'staged-changes-found', gun, changes: 2 }, /had published: 2\. They are not staged/],
  [{ kind: 'publish-retried', gun, attempt: 1, problem }, /someone published meanwhile/],
  [
    {
      kind: 'trust-began',
      gun,
      reason: 'first-use',
      rootKeyIds,
      rule: undefined,
      formerRootKeyIds: rootKeyIds,
    },
    /first use: root 1f54328\n {2}the same root key as before it was forgotten here$/,
  ],
  [
    {
      kind: 'trust-began',
      gun,
      reason: 'first-use',
      rootKeyIds,
      rule: undefined,
      formerRootKeyIds: ['9ac07e1'.padEnd(64, '0')],
    },
    /first use: root 1f54328\n {2}before it was forgotten here, root 9ac07e1 was trusted$/,
  ],
];

describe('notices', () => {
  it.each(events)('%j', (event, words) => {
    const text = noticeLines(event, nowMs).join('\n');
    expect(text).toMatch(words);
    expect(text).toContain(`${gun}: `);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  });

  it('for programs are the event, problems as code and message', () => {
    const [event] = events[5]!;
    expect(noticeJson(event)).toEqual({
      kind: 'cache-used',
      gun,
      problem: { code: 'UNREACHABLE', message: problem.message },
      fetchedMs: nowMs - dayMs,
      expiresMs: nowMs + 13 * dayMs,
    });
    expect(noticeJson(events[4]![0])).toEqual(events[4]![0]);
  });
});

describe('times', () => {
  it('are absolute, with their zone', () => {
    expect(day(nowMs)).toBe('2026-11-24');
    expect(moment(nowMs)).toBe('2026-11-24 12:00 UTC');
  });

  it.each([
    [14 * dayMs, 'in 14 days'],
    [2 * dayMs, 'in 2 days'],
    [dayMs, 'in 24 hours'],
    [90 * 60_000, 'in 90 minutes'],
    [30_000, 'now'],
    [-3 * dayMs, '3 days ago'],
    [-5 * 60_000, '5 minutes ago'],
  ])('%i ms from now is %s', (gapMs, words) => {
    expect(distance(nowMs + gapMs, nowMs)).toBe(words);
  });

  it('are soon within thirty days, and when past', () => {
    expect(isSoon(nowMs + 29 * dayMs, nowMs)).toBe(true);
    expect(isSoon(nowMs - dayMs, nowMs)).toBe(true);
    expect(isSoon(nowMs + 31 * dayMs, nowMs)).toBe(false);
  });
});
