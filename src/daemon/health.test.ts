import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { Failure } from '../errors.ts';
import { Health } from './health.ts';
import { createLog } from './log.ts';

it('knows at once what fails, and notices a recovery', async () => {
  let isUp = false;
  const health = new Health(
    new Map([
      ['good', async () => {}],
      [
        'bad',
        async () => {
          if (!isUp) throw new Failure('STORE_FAILED', 'no database');
        },
      ],
    ]),
    { intervalMs: 5 },
  );
  expect(health.failures.size).toBe(0);
  await health.start();
  expect([...health.failures.keys()]).toEqual(['bad']);
  expect(health.failures.get('bad')).toMatchObject({ code: 'STORE_FAILED' });
  isUp = true;
  await vi.waitFor(() => expect(health.failures.size).toBe(0));
  health.stop();
});

it('counts a check that hangs as failed', async () => {
  const health = new Health(new Map([['slow', () => new Promise<void>(() => {})]]), {
    timeoutMs: 5,
  });
  await health.start();
  expect(health.failures.get('slow')).toMatchObject({ code: 'TIMEOUT' });
  health.stop();
});

it('survives a check that throws something odd, and runs none after stop', async () => {
  const check = vi.fn(async () => {
    throw 'text';
  });
  const health = new Health(new Map([['odd', check]]), { intervalMs: 1 });
  await health.start();
  expect(health.failures.get('odd')).toMatchObject({ code: 'INTERNAL' });
  health.stop();
  const { calls } = check.mock;
  const count = calls.length;
  await delay(20);
  expect(calls.length).toBe(count);
});

it('logs a change once, not every failure', async () => {
  const lines: string[] = [];
  const stream = { write: (line: string) => lines.push(line) };
  const log = createLog({ level: 'info', service: 'test', stream });
  let isUp = true;
  let runs = 0;
  const check = async (): Promise<void> => {
    runs += 1;
    if (!isUp) throw new Failure('SIGNER_UNAVAILABLE', 'down');
  };
  const health = new Health(new Map([['signer', check]]), { intervalMs: 1, log });
  const runsAgain = async (): Promise<void> => {
    const before = runs;
    await expect.poll(() => runs, { interval: 1 }).toBeGreaterThan(before + 2);
  };
  await health.start();
  for (const next of [false, true, false]) {
    await runsAgain();
    isUp = next;
  }
  await runsAgain();
  health.stop();
  const said = lines.map((line) => JSON.parse(line));
  expect(said.map(({ level, msg }) => [level, msg])).toEqual([
    ['error', 'a health check fails'],
    ['info', 'a health check passes again'],
    ['error', 'a health check fails'],
  ]);
  expect(said[0]).toMatchObject({ check: 'signer', error: { code: 'SIGNER_UNAVAILABLE' } });
});
