import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shown, shownUrl } from './foreign-text.ts';

describe('words of another machine', () => {
  it('are shown as they are when they are harmless', () => {
    expect(shown('Root modifications must increment the version. Größe 日本')).toBe(
      'Root modifications must increment the version. Größe 日本',
    );
  });

  it.each([
    ['a\u001b[2Jb', 'a\\u{1b}[2Jb'],
    ['a\u009bb', 'a\\u{9b}b'],
    ['a\u202eb', 'a\\u{202e}b'],
    ['a\u2066b', 'a\\u{2066}b'],
    ['a\u200bb', 'a\\u{200b}b'],
    ['a\u2028b', 'a\\u{2028}b'],
    ['a\ud800b', 'a\\u{d800}b'],
    ['a\r\n\tb', 'a b'],
    ['  a  ', 'a'],
  ])('lose their power over a terminal: %j', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it('are cut', () => {
    expect(shown('x'.repeat(1_000_000), 10)).toBe('xxxxxxxxx…');
    expect(shown(`${' '.repeat(1000)}x`, 10)).toBe('…');
  });

  it('never keep a control character and never exceed the length, whatever they are', () => {
    assert(
      property(string({ unit: 'binary', maxLength: 600 }), (text) => {
        const result = shown(text);
        expect(result).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        expect(result.length).toBeLessThanOrEqual(300);
      }),
    );
  });
});

it('a URL is shown without user information, query and fragment', () => {
  expect(shownUrl(new URL('https://user:pw@host:1/a?token=x#y'))).toBe('https://host:1/a');
});
