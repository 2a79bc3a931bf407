import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeDetails, frame, parseTimeoutMs, unframe } from './framing.ts';

describe('a message', () => {
  it('comes out of its frame as it went in', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        expect(unframe(frame(bytes))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['part of a prefix', '00000000'],
    ['less than its length', '000000000201'],
    ['more than its length', '00000000010102'],
    ['two messages', '0000000000'.repeat(2)],
    ['a length near 4 GiB', '00ffffffff01'],
    ['a compressed message', '01000000021f8b'],
  ])('is refused when the body is %s', (_, hex) => {
    expect(() => unframe(Buffer.from(hex, 'hex'))).toThrow(
      expect.objectContaining({ code: 'ENCODING_INVALID' }),
    );
  });
});

describe('the text of a status', () => {
  it.each([
    ['key 12 not found', 'key 12 not found'],
    ['100%', '100%25'],
    ['line\nbreak', 'line%0Abreak'],
    ['é…', '%C3%A9%E2%80%A6'],
  ])('%j is written %j', (text, encoded) => {
    expect(encodeDetails(text)).toBe(encoded);
  });

  it('is always a legal header, and can be read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const encoded = encodeDetails(text);
        expect(encoded).toMatch(/^[ -~]*$/);
        expect(decodeURIComponent(encoded)).toBe(text.toWellFormed?.() ?? text);
      }),
    );
  });
});

describe('a timeout', () => {
  it.each([
    ['1S', 1000],
    ['250m', 250],
    ['5000000u', 5000],
    ['2M', 120_000],
    ['1H', 3_600_000],
    ['99999999n', 99.999_999],
  ])('of %s is %d ms', (text, ms) => {
    expect(parseTimeoutMs(text)).toBeCloseTo(ms);
  });

  it.each([undefined, '', '1', 'S', '1s', '-1S', '123456789S', '1.5S', ' 1S'])(
    '%j is none',
    (text) => {
      expect(parseTimeoutMs(text)).toBeUndefined();
    },
  );
});
