import { describe, expect, it } from 'vitest';
import { catalogue } from '../../errors.ts';
import { inOwnWords } from './own-words.ts';

describe('advice of the client', () => {
  it.each([
    ['import it with `notary key import FILE`; or', 'import it with `paraph key import FILE`; or'],
    [
      'Remove the change with `notary reset`, and stage it again.',
      'Remove the change with `paraph status IMAGE --reset N`, and stage it again.',
    ],
    [
      'forget the old root by removing /home/a b/trust/tuf/x and run the command again.',
      'forget the old root with `paraph delete IMAGE` and run the command again.',
    ],
    [
      'forget the old one by removing /trust/tuf/x, then sign again.',
      'forget the old one with `paraph delete IMAGE`, then sign again.',
    ],
    ['Copy the file by hand.', 'Copy the file by hand.'],
  ])('%s', (advice, own) => {
    expect(inOwnWords(advice)).toBe(own);
  });

  it('of the catalogue names no command of another program', () => {
    for (const { remedy } of Object.values(catalogue)) {
      expect(inOwnWords(remedy)).not.toMatch(/\bnotary (?:key|reset|witness|delete|init)\b/);
    }
  });
});
