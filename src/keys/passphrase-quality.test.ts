import { describe, expect, it } from 'vitest';
import { isLongEnough, passphraseStrength } from './passphrase-quality.ts';

describe('a new passphrase', () => {
  it.each([
    ['1234567', false],
    ['12345678', true],
    ['', false],
    ['éééé', false],
    ['éééééééé', true],
    ['😀😀😀😀😀😀😀', false],
  ])('%j is long enough, counted in characters: %s', (text, expected) => {
    expect(isLongEnough(Buffer.from(text))).toBe(expected);
  });

  it.each([
    ['', 'weak'],
    ['12345678', 'weak'],
    ['aaaaaaaaaaaaaaaaaaaaaaaaa', 'weak'],
    ['abcdefghijklmnopqrstuvwxyz', 'weak'],
    ['hunter2hunter2', 'fair'],
    ['correct horse battery staple', 'strong'],
    ['Zq7#mK2!vR9@xW4$', 'strong'],
  ] as const)('%j is called %s', (text, expected) => {
    expect(passphraseStrength(Buffer.from(text))).toBe(expected);
  });
});
