import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expiryAt, goTimeText, isExpired, parseExpiry } from './expiry.ts';

describe('times of metadata', () => {
  it('are written without zeros at the end of the fraction, for every instant', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), (ms) => {
        const { text } = expiryAt(ms);
        expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,2}[1-9])?Z$/);
        expect(parseExpiry(text).ms).toBe(ms);
        expect(goTimeText(parseExpiry(text))).toBe(text);
      }),
    );
  });

  for (const [text, ms] of [
    ['2026-11-25T00:00:00Z', Date.UTC(2026, 10, 25)],
    ['2026-11-25T02:00:00.5+02:00', Date.UTC(2026, 10, 25, 0, 0, 0, 500)],
    ['2026-11-24T20:30:34.725175089Z', Date.UTC(2026, 10, 24, 20, 30, 34, 725)],
  ] as const) {
    it(`reads ${text}`, () => {
      expect(parseExpiry(text)).toEqual({ text, ms });
    });
  }

  for (const text of [
    '2026-11-25',
    '2026-11-25 00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-11-25T24:00:00Z',
    '2026-11-25T00:00:60Z',
    '2026-11-25T00:00:00',
    '2026-11-25T00:00:00+25:00',
    '',
    '\u001b[2J',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseExpiry(text)).toThrow(
        expect.objectContaining({ code: 'METADATA_INVALID' }),
      );
    });
  }

  it('have run out strictly after their instant', () => {
    expect(isExpired(expiryAt(1000), 1000)).toBe(false);
    expect(isExpired(expiryAt(1000), 1001)).toBe(true);
  });
});
