import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HiddenLine, type LineState } from './hidden-line.ts';

/** Types the text and gives the last state and the line. */
function type(text: string | Buffer): { state: LineState; line: string } {
  const line = new HiddenLine();
  let state: LineState = 'typing';
  for (const byte of Buffer.from(text)) state = line.take(byte);
  return { state, line: line.trimmed().toString() };
}

describe('a line typed without echo', () => {
  it.each([
    ['ends at return', 'secret\r', 'secret'],
    ['ends at a line feed', 'secret\n', 'secret'],
    ['loses white space around it, as with Go', ' \t secret  word \t\r', 'secret  word'],
    ['may be empty', '\r', ''],
    ['may be blank', '   \r', ''],
    ['takes back characters', 'secrex\x7ft\b\bet\r', 'secret'],
    ['takes back a whole character of several bytes', 'aé\x7fb€\x7fc😀\x7fd\r', 'abcd'],
    ['takes back no more than there is', 'a\x7f\x7f\x7fb\r', 'b'],
    ['starts over at Ctrl-U', 'wrong\x15right\r', 'right'],
    ['ignores cursor and function keys', 'ab\x1b[A\x1b[1;5Cc\x1bOPd\x1b[15~e\r', 'abcde'],
    ['ignores the marks of a bracketed paste', '\x1b[200~pasted\x1b[201~\r', 'pasted'],
    ['ignores Alt with a letter', 'a\x1bxb\r', 'ab'],
    ['ignores other control characters', 'a\x00\x01\x1a\x0cb\r', 'ab'],
    ['does not end at Ctrl-D once begun', 'ab\x04c\r', 'abc'],
    [
      'takes every other sign',
      '~!@#$%^&*()_+`-={}|[]\\:";\'<>?,./\r',
      '~!@#$%^&*()_+`-={}|[]\\:";\'<>?,./',
    ],
  ])('%s', (_name, text, line) => {
    expect(type(text)).toEqual({ state: 'done', line });
  });

  it('is given up by Ctrl-C at any time and by Ctrl-D at the start', () => {
    expect(type('sec\x03').state).toBe('interrupted');
    expect(type('\x04').state).toBe('ended');
    expect(type('a\x7f\x04').state).toBe('ended');
  });

  it('holds 1024 bytes, refuses more, and can be cleared then', () => {
    expect(type(`${'x'.repeat(1024)}\r`).line).toHaveLength(1024);
    const overlong = expect.objectContaining({ code: 'PASSPHRASE_UNFIT' });
    expect(() => type(`${'x'.repeat(1025)}\r`)).toThrow(overlong);
    expect(() => type(`${'x'.repeat(100_000)}\r`)).toThrow(overlong);
    expect(type(`${'x'.repeat(2000)}\x15short\r`).line).toBe('short');
  });

  it('is gone once wiped', () => {
    const line = new HiddenLine();
    for (const byte of Buffer.from('secret')) line.take(byte);
    line.wipe();
    expect(line.trimmed()).toHaveLength(0);
  });

  it('gives back any printable text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 50 }), (text) => {
        const printable = Array.from(text).filter(
          (character) => character >= ' ' && character !== '\x7f',
        );
        const typed = printable.join('').replaceAll(/^[ \t]+|[ \t]+$/g, '');
        expect(type(`${typed}\r`).line).toBe(typed);
      }),
    );
  });
});
