// What a server holds in memory when it keeps 10,000 repositories and each was read once.
import { setTimeout as pause } from 'node:timers/promises';
import type { Bench, Suite } from '../bench.ts';
import { publishMany } from '../large-repository.ts';
import { getRequest, HttpConnection } from '../load/http-connection.ts';
import { memoryMegabytes } from '../process-figures.ts';
import type { Comparison, Figure } from '../report/comparison.ts';
import { type Stack, type StackPlan, whyNot, withStacks } from '../stack.ts';

const repositories = 10_000;
const publishers = 8;
/** How long a server may tidy up before its memory is read. */
const settleMs = 2000;

const go: StackPlan = { make: 'Go', store: 'memory' };
const ours: StackPlan = { make: 'ours', store: 'SQLite' };

const gunOf = (number: number): string => `registry.example.com/team-${number % 100}/app-${number}`;

export const manyRepositories: Suite = {
  name: 'many-repositories',
  async run(bench) {
    // Publishing so many takes minutes, on the side of Go.
    if (bench.isShort) return [];
    const results = new Map<StackPlan, Figure>();
    for (const plan of [go, ours]) {
      await withStacks(bench, [plan], async (stacks) => {
        for (const stack of stacks) results.set(plan, await fillAndRead(bench, stack));
      });
    }
    const leftOut = whyNot(go);
    const comparison: Comparison = {
      what: 'memory of the server with 10,000 repositories',
      unit: 'MB',
      goVariant: go.store,
      oursVariant: ours.store,
      go: results.get(go),
      ours: results.get(ours),
      budget: { kind: 'at-most', limit: 200, goOnce: 215 },
      ...(leftOut === undefined ? {} : { leftOut }),
    };
    return [comparison];
  },
};

async function fillAndRead(bench: Bench, stack: Stack): Promise<Figure> {
  const { make, store } = stack.plan;
  bench.say(`publishing ${repositories} repositories to ${make} ${store}`);
  const { perSecond } = await publishMany(stack.endpoint, repositories, publishers, gunOf);
  const connection = await HttpConnection.open(stack.endpoint);
  for (let number = 0; number < repositories; number += 1) {
    const path = `/v2/${gunOf(number)}/_trust/tuf/timestamp.json`;
    await connection.must('timestamp', getRequest(path));
  }
  connection.close();
  await pause(settleMs);
  const { now, peak } = memoryMegabytes(stack.serverPid);
  const note = `at most ${Math.round(peak)} MB before; published at ${Math.round(perSecond)}/s`;
  return { value: now, note };
}
