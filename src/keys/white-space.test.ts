import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { trimmedCopy } from './white-space.ts';

// unicode.IsSpace of Go; String.prototype.trim knows one more, U+FEFF, and lacks U+0085.
const goSpaces =
  '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000';
const trimmed = (text: string) => trimmedCopy(Buffer.from(text)).toString();

it('takes off every white space that Go takes off, on both ends, and none inside', () => {
  for (const space of goSpaces) {
    expect(trimmed(`${space}${goSpaces}a${space}b${space}${goSpaces}`)).toBe(`a${space}b`);
  }
});

it('leaves what only looks like it', () => {
  for (const text of ['\ufeffa\ufeff', '\u200ba\u200b', '\u180ea', 'à', 'a\u0300', '\u0000']) {
    expect(trimmed(text)).toBe(text);
  }
});

it('gives nothing of nothing, and a copy that is not the original', () => {
  expect(trimmed('')).toBe('');
  expect(trimmed(goSpaces)).toBe('');
  const original = Buffer.from('secret');
  const copy = trimmedCopy(original);
  original.fill(0);
  expect(copy.toString()).toBe('secret');
});

it('does to any text what Go does to it', () => {
  const spaces = `[${goSpaces}]*`;
  const goTrim = new RegExp(`^${spaces}([^]*?)${spaces}$`);
  const unit = fc.oneof(
    fc.constantFrom(...goSpaces.split('')),
    fc.string({ unit: 'binary', maxLength: 2 }),
  );
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 12 }), (units) => {
      const text = units.join('').toWellFormed();
      expect(trimmed(text)).toBe(goTrim.exec(text)?.[1]);
    }),
    { seed: 1, numRuns: 500 },
  );
});
