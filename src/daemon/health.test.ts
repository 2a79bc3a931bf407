import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { Failure } from '../errors.ts';
import { Health } from './health.ts';

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
