import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../errors.ts';
import { Reporter, type ReportSettings } from './reporter.ts';
import { safe, safeJson } from './safe-text.ts';
import { table } from './table.ts';
import { wrap } from './wrap.ts';

function heard(
  settings: ReportSettings,
  say: (reporter: Reporter) => void,
  terminal: { readonly env?: Record<string, string>; readonly isTTY?: boolean } = {},
): { stdout: string; stderr: string } {
  const texts = { stdout: '', stderr: '' };
  const stdout = { write: (text: string) => (texts.stdout += text) };
  const stderr = {
    write: (text: string) => (texts.stderr += text),
    ...(terminal.isTTY === undefined ? {} : { isTTY: terminal.isTTY }),
  };
  say(new Reporter({ stdout, stderr, env: terminal.env ?? {} }, settings));
  return texts;
}

const text = { format: 'text', isQuiet: false } as const;
const json = { format: 'json', isQuiet: false } as const;

describe('the reporter', () => {
  it('keeps results on stdout and the rest on stderr', () => {
    const { stdout, stderr } = heard(text, (reporter) => {
      reporter.notice(['a notice'], {});
      reporter.result(['the result'], { result: true });
      reporter.failure(new Failure('DISK', 'a failure'));
    });
    expect(stdout).toBe('the result\n');
    expect(stderr).toMatch(/^a notice\nerror: a failure \[DISK\]\n/);
  });

  it('speaks JSON throughout: one document on stdout, one object a line on stderr', () => {
    const { stdout, stderr } = heard(json, (reporter) => {
      reporter.notice(['a notice'], { kind: 'x' });
      reporter.line('not for programs');
      reporter.result(['the result'], { result: true });
      reporter.failure(new Failure('DISK', 'a failure'), 'subject');
    });
    expect(JSON.parse(stdout)).toEqual({ result: true });
    expect(
      stderr
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toEqual([
      { notice: { kind: 'x' } },
      { error: expect.objectContaining({ code: 'DISK', subject: 'subject' }) },
    ]);
  });

  it('quiet leaves results and errors', () => {
    const { stdout, stderr } = heard({ format: 'text', isQuiet: true }, (reporter) => {
      reporter.notice(['a notice'], {});
      reporter.result(['the result'], {});
      reporter.failure(new Failure('DISK', 'a failure'));
    });
    expect(stdout).toBe('the result\n');
    expect(stderr).not.toContain('a notice');
    expect(stderr).toContain('[DISK]');
  });

  it('colours on a terminal only, and not with NO_COLOR', () => {
    const fail = (reporter: Reporter) => reporter.failure(new Failure('DISK', 'x'));
    expect(heard(text, fail).stderr).not.toContain('\u001b');
    expect(heard(text, fail, { isTTY: true }).stderr).toContain('\u001b[');
    expect(heard(text, fail, { isTTY: true, env: { NO_COLOR: '1' } }).stderr).not.toContain(
      '\u001b',
    );
    expect(heard(text, fail, { isTTY: true, env: { NO_COLOR: '' } }).stderr).toContain('\u001b[');
  });
});

describe('text of strangers', () => {
  it('never reaches the terminal as a control or direction character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (foreign) => {
        expect(safe(foreign)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  it('survives JSON unchanged although every such character is escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (foreign) => {
        const written = safeJson({ foreign }, 2);
        expect(written.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        expect(JSON.parse(written)).toEqual({ foreign });
      }),
    );
  });
});

describe('tables', () => {
  it('are as wide as their cells, two spaces between, nothing at the end', () => {
    const columns = [{ title: 'TAG' }, { title: 'SIZE', align: 'right' }, { title: 'BY' }] as const;
    expect(
      table(columns, [
        ['1.4', '7', 'ci'],
        ['latest', '1846', ''],
      ]),
    ).toEqual(['TAG     SIZE  BY', '1.4        7  ci', 'latest  1846']);
  });

  it('without titles have no heading', () => {
    expect(table([{}, {}], [['a', 'b']])).toEqual(['a  b']);
  });
});

describe('wrapping', () => {
  it('cuts at spaces and keeps long words whole', () => {
    expect(wrap('aa bb cc averylongword d', 8, '  ')).toEqual([
      '  aa bb',
      '  cc',
      '  averylongword',
      '  d',
    ]);
  });
});
