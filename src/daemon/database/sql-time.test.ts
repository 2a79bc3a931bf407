import { expect, it } from 'vitest';
import { sqlTime, sqlTimeMs } from './sql-time.ts';

it('writes times as Go does, in UTC without a zone, and reads them', () => {
  const ms = Date.UTC(2026, 10, 25, 1, 2, 3, 4);
  expect(sqlTime(ms)).toBe('2026-11-25 01:02:03.004');
  expect(sqlTimeMs(sqlTime(ms))).toBe(ms);
});

it('reads times of other precisions, as databases of Go hold them', () => {
  expect(sqlTimeMs('2026-11-25 01:02:03')).toBe(Date.UTC(2026, 10, 25, 1, 2, 3));
  expect(sqlTimeMs('2026-11-25 01:02:03.123456')).toBe(Date.UTC(2026, 10, 25, 1, 2, 3, 123));
  expect(sqlTimeMs('soon')).toBeNaN();
});
