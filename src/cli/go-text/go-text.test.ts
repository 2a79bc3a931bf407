import { describe, expect, it } from 'vitest';
import { goAtoi, goParseInt } from './integer.ts';
import { logLine, ProgramLog } from './log-line.ts';
import { goQuote, goQuoteCharacter, goRawQuote } from './quote.ts';
import { tabTable } from './tab-table.ts';

describe('Go quotes', () => {
  it.each([
    ['plain é 語', '"plain é 語"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['\u0007\b\f\n\r\t\v', '"\\a\\b\\f\\n\\r\\t\\v"'],
    ['\u0000\u001b[2J\u007f', '"\\x00\\x1b[2J\\x7f"'],
    ['\u0085\u00a0\u202e\ufeff', '"\\u0085\\u00a0\\u202e\\ufeff"'],
    ['\u{1f600}\u{e0001}', '"\u{1f600}\\U000e0001"'],
    ['\ud800', '"\\ufffd"'],
  ])('%j', (text, quoted) => {
    expect(goQuote(text)).toBe(quoted);
  });

  it('around one character, and back quotes where the text allows', () => {
    expect([goQuoteCharacter('x'), goQuoteCharacter("'"), goQuoteCharacter('\n')]).toEqual([
      "'x'",
      "'\\''",
      "'\\n'",
    ]);
    expect([goRawQuote('a"\tb'), goRawQuote('a`b'), goRawQuote('a\nb')]).toEqual([
      '`a"\tb`',
      '"a`b"',
      '"a\\nb"',
    ]);
  });
});

describe('Go numbers', () => {
  it.each([
    ['12', 12n],
    ['-7', -7n],
    ['+0', 0n],
    ['9223372036854775807', 2n ** 63n - 1n],
    ['-9223372036854775808', -(2n ** 63n)],
  ] as const)('%s in base ten', (text, value) => {
    expect(goAtoi(text)).toEqual({ kind: 'integer', value });
  });

  it.each([
    ['0x1F', 31n],
    ['0b101', 5n],
    ['0o17', 15n],
    ['017', 15n],
    ['0', 0n],
    ['1_000', 1000n],
    ['0x_f', 15n],
    ['-0xa', -10n],
  ] as const)('%s in the base of its prefix', (text, value) => {
    expect(goParseInt(text)).toEqual({ kind: 'integer', value });
  });

  it.each([
    '',
    'abc',
    '1.5',
    ' 1',
    '1_',
    '_1',
    '1__0',
    '0x',
    '0o',
    '0b2',
    '08',
    '--1',
    '1e3',
    '１',
  ])('%j is none', (text) => {
    expect(goParseInt(text)).toMatchObject({ message: expect.stringMatching(/invalid syntax$/) });
  });

  it('does not take prefixes in base ten, nor what 64 bits do not hold', () => {
    expect(goAtoi('0x1')).toEqual({
      kind: 'wrong',
      message: 'strconv.Atoi: parsing "0x1": invalid syntax',
    });
    expect(goAtoi('9223372036854775808')).toMatchObject({
      message: expect.stringMatching(/value out of range$/),
    });
  });
});

describe('Go tables', () => {
  const style = { minWidth: 4, padding: 4 };

  it('pad all cells but the last, and count characters', () => {
    const rows = [
      ['NAME', 'ROLE'],
      ['é'.repeat(6), 'targets'],
      ['', ''],
    ];
    expect(tabTable(rows, style)).toEqual([
      `NAME      ROLE`,
      `${'é'.repeat(6)}    targets`,
      '          ',
    ]);
  });

  it('make columns at least so wide', () => {
    expect(
      tabTable(
        [
          ['#', 'A'],
          ['0', 'b'],
        ],
        style,
      ),
    ).toEqual(['#    A', '0    b']);
    expect(tabTable([['a', 'b']], { minWidth: 20, padding: 1 })).toEqual([`a${' '.repeat(19)}b`]);
    expect(tabTable([], style)).toEqual([]);
  });
});

describe('log lines', () => {
  const style = {
    isTerminal: false,
    nowMs: Date.UTC(2026, 10, 25, 1, 13, 39, 999),
    secondsSinceStart: 0,
  };

  it('are key and value for programs, quoted where needed', () => {
    expect(logLine('warning', 'a "b"', style)).toMatch(
      /^time="2026-11-2\dT\d\d:\d\d:39(?:Z|[+-]\d\d:\d\d)" level=warning msg="a \\"b\\""\n$/,
    );
    expect(logLine('error', 'plain-word', style)).toMatch(/ level=error msg=plain-word\n$/);
  });

  it('are coloured on a terminal, and padded', () => {
    expect(logLine('warning', 'short', { ...style, isTerminal: true, secondsSinceStart: 12 })).toBe(
      `\u001b[33mWARN\u001b[0m[0012] short${' '.repeat(40)}\n`,
    );
  });

  it('count seconds from the start of the log, and say nothing that a terminal obeys', () => {
    const lines: unknown[] = [];
    let nowMs = style.nowMs;
    const stderr = { isTTY: true, write: (text: string | Uint8Array) => lines.push(text) };
    const log = new ProgramLog({ stderr, nowMs: () => nowMs });
    log.line('info', 'first');
    nowMs += 2999;
    log.line('error', 'a\u001b[2J\nb');
    const shown = 'a\\u{1b}[2J b';
    expect(lines).toEqual([
      `\u001b[36mINFO\u001b[0m[0000] ${'first'.padEnd(44)} \n`,
      `\u001b[31mERRO\u001b[0m[0002] ${shown.padEnd(44)} \n`,
    ]);
  });

  it('are for programs where nobody watches', () => {
    let text: string | Uint8Array = '';
    const stderr = { write: (line: string | Uint8Array) => (text = line) };
    new ProgramLog({ stderr, nowMs: () => style.nowMs }).line('debug', 'x');
    expect(text).toMatch(/^time="2026-11-2.* level=debug msg=x\n$/);
  });
});
