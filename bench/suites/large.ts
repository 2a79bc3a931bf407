// A repository with 100,000 tags: what one lookup costs a consumer, what one more tag costs its publisher, and
// what that leaves in the memory of the server. Go's client on Go's server, ours on ours.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { TargetTable } from '../../src/tuf/target-table.ts';
import type { Bench, Suite } from '../bench.ts';
import { type Client, newClient, whyNoClient } from '../client.ts';
import { manyTags, tagName } from '../large-repository.ts';
import { type Command, peakMemoryOf, timeOf } from '../load/command.ts';
import { HttpConnection } from '../load/http-connection.ts';
import { memoryMegabytes } from '../process-figures.ts';
import type { Budget, Comparison, Unit } from '../report/comparison.ts';
import { BenchRepository } from '../repository.ts';
import { type Stack, type StackPlan, whyNot, withStacks } from '../stack.ts';

const tags = 100_000;
const gun = 'registry.example.com/team/large';
/** A tag from the middle of the table. */
const wantedTag = tagName(tags / 2);
/** How long a server may tidy up before its memory is read. */
const settleMs = { short: 500, whole: 2000 } as const;

const go: StackPlan = { make: 'Go', store: 'memory' };
const ours: StackPlan = { make: 'ours', store: 'SQLite' };

/** What is measured of one side; seconds and megabytes. */
interface LargeResult {
  readonly coldSeconds: number;
  readonly warmSeconds: number;
  /** The memory of clients takes runs of its own; the short run leaves it out. */
  readonly lookUpMemory?: number;
  readonly addSeconds: number;
  readonly addMemory?: number;
  readonly serverMemory: number;
  readonly serverPeak: number;
}

type Measure = readonly [
  what: string,
  unit: Unit,
  of: keyof LargeResult,
  limit: number,
  goOnce: number,
];

const measures: readonly Measure[] = [
  ['one tag among 100,000, nothing cached', 's', 'coldSeconds', 0.4, 1.6],
  ['one tag among 100,000, cached', 's', 'warmSeconds', 0.25, 1.7],
  ['one tag among 100,000, memory of the client', 'MB', 'lookUpMemory', 200, 312],
  ['add one tag to 100,000 and publish', 's', 'addSeconds', 1.2, 4.7],
  ['add one tag to 100,000, memory of the client', 'MB', 'addMemory', 250, 365],
  ['memory of the server after that publish', 'MB', 'serverMemory', 200, 396],
];

export const large: Suite = {
  name: 'large',
  run: (bench) =>
    withStacks(bench, whyNoClient('Go') === undefined ? [go, ours] : [ours], async (stacks) => {
      const results = new Map<StackPlan, LargeResult>();
      const table = manyTags(tags);
      for (const stack of stacks) results.set(stack.plan, await measureSide(bench, stack, table));
      const leftOut = whyNoClient('Go') ?? whyNot(go);
      return measuresOf(bench).map(([what, unit, of, limit, goOnce]): Comparison => {
        const figure = (plan: StackPlan) => {
          const result = results.get(plan);
          const value = result?.[of];
          return result && value !== undefined ? { value, ...noteOf(of, result) } : undefined;
        };
        const budget: Budget = { kind: 'at-most', limit, goOnce };
        return {
          what,
          unit,
          goVariant: go.store,
          oursVariant: ours.store,
          go: figure(go),
          ours: figure(ours),
          budget,
          ...(leftOut === undefined ? {} : { leftOut }),
        };
      });
    }),
};

function measuresOf({ isShort }: Bench): readonly Measure[] {
  return measures.filter(([, , of]) => !isShort || (of !== 'lookUpMemory' && of !== 'addMemory'));
}

function noteOf(of: keyof LargeResult, { serverPeak }: LargeResult): { readonly note?: string } {
  return of === 'serverMemory' ? { note: `at most ${Math.round(serverPeak)} MB before` } : {};
}

async function measureSide(bench: Bench, stack: Stack, table: TargetTable): Promise<LargeResult> {
  const repository = new BenchRepository(gun, Date.now(), table);
  const connection = await HttpConnection.open(stack.endpoint);
  await repository.publishFirst(connection);
  connection.close();
  const client = await newClient(bench, stack.plan.make, 'large', stack);
  await client.giveKey(repository);
  const times = await lookUps(bench, client);
  const addMs: number[] = [];
  for (let round = 0; round < bench.rounds; round += 1) {
    addMs.push(await timeOf(await client.addTag(gun, `added-${round}`)));
  }
  const clientMemory = bench.isShort ? {} : await clientMemoryOf(client);
  await pause(bench.isShort ? settleMs.short : settleMs.whole);
  const { now: serverMemory, peak: serverPeak } = memoryMegabytes(stack.serverPid);
  const addSeconds = Math.min(...addMs) / 1000;
  return { ...times, addSeconds, ...clientMemory, serverMemory, serverPeak };
}

async function clientMemoryOf(
  client: Client,
): Promise<Required<Pick<LargeResult, 'lookUpMemory' | 'addMemory'>>> {
  return {
    lookUpMemory: await peakMemoryOf(await cold(client)),
    addMemory: await peakMemoryOf(await client.addTag(gun, 'added-last')),
  };
}

async function lookUps(
  bench: Bench,
  client: Client,
): Promise<Pick<LargeResult, 'coldSeconds' | 'warmSeconds'>> {
  const coldMs: number[] = [];
  const warmMs: number[] = [];
  for (let round = 0; round < bench.rounds; round += 1) {
    coldMs.push(await timeOf(await cold(client)));
    warmMs.push(await timeOf(client.lookUp(gun, wantedTag)));
  }
  return { coldSeconds: Math.min(...coldMs) / 1000, warmSeconds: Math.min(...warmMs) / 1000 };
}

/** A lookup by somebody who never asked for this repository before. */
async function cold(client: Client): Promise<Command> {
  await rm(join(client.person.trustDir, 'tuf'), { recursive: true, force: true });
  return client.lookUp(gun, wantedTag);
}
