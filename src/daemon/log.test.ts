import { expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { createLog, type LogLevel, logLevelNamed, neighbourLevel } from './log.ts';

function capture(level: LogLevel) {
  const lines: string[] = [];
  const log = createLog({ level, service: 'test', stream: { write: (line) => lines.push(line) } });
  return { log, lines, entries: () => lines.map((line) => JSON.parse(line)) };
}

it("writes one JSON object a line with notary's level names", () => {
  const { log, lines, entries } = capture('debug');
  log.debug('a');
  log.info('b', { port: 1 });
  log.warning('c');
  log.error('d');
  log.fatal('e');
  expect(entries().map((entry) => entry.level)).toEqual([
    'debug',
    'info',
    'warning',
    'error',
    'fatal',
  ]);
  expect(entries()[1]).toMatchObject({ service: 'test', msg: 'b', port: 1 });
  expect(Date.parse(entries()[1].time)).not.toBeNaN();
  expect(
    lines.every((line) => line.endsWith('}\n') && line.indexOf('\n') === line.length - 1),
  ).toBe(true);
});

it('writes only what reaches its level, which may change', () => {
  const { log, lines } = capture('error');
  log.warning('hidden');
  expect(lines).toHaveLength(0);
  log.level = 'info';
  expect(log.level).toBe('info');
  log.info('shown');
  expect(lines).toHaveLength(1);
});

it('writes a failure as code, message and causes, without its stack', () => {
  const { log, entries } = capture('error');
  const cause = new Error('inner', { cause: new Error('innermost') });
  log.error('it failed', { error: new Failure('DISK', 'file not written', { cause }) });
  expect(entries()[0].error).toEqual({
    code: 'DISK',
    facts: {},
    message: 'file not written',
    causes: ['inner', 'innermost'],
  });
});

it('is not fooled by line breaks of peers, nor hung by a ring of causes', () => {
  const { log, lines, entries } = capture('error');
  const ring = new Error('ring');
  ring.cause = ring;
  log.error('odd', { peer: 'a\n{"level":"fatal"}', error: ring });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.trimEnd()).not.toContain('\n');
  expect(entries()[0].error.causes).toHaveLength(8);
});

it('knows the neighbours of a level', () => {
  expect(neighbourLevel('warning', 1)).toBe('info');
  expect(neighbourLevel('warning', -1)).toBe('error');
  expect(neighbourLevel('debug', 1)).toBeUndefined();
  expect(neighbourLevel('panic', -1)).toBeUndefined();
});

it("finds levels by the names that notary's configuration uses", () => {
  expect(['Debug', 'warn', 'warning', 'PANIC', '2', ''].map(logLevelNamed)).toEqual([
    'debug',
    'warning',
    'warning',
    'panic',
    undefined,
    undefined,
  ]);
});
