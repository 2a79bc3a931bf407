// How many consumers a server can answer: timestamp.json, the one file that every consumer fetches each time.
//
// The servers have one core. Where the load is the limit and not the server (its core was idle part of the
// time), the rate would say more of the load than of the server: then both sides of the comparison are
// given as reads per second of the server's processor time, which is what its core could do, and a note
// says so.
import { type Bench, inRounds, type Suite } from '../bench.ts';
import { HttpConnection } from '../load/http-connection.ts';
import { makeReads, type ReadResult } from '../load/reads.ts';
import type { Budget, Comparison, Figure } from '../report/comparison.ts';
import { BenchRepository } from '../repository.ts';
import { type Stack, type StackPlan, whyNot, withStacks } from '../stack.ts';

/** As in the budget. */
const connections = 16;
/** From this share of its core on, a server is the limit. */
const serverIsLimitFrom = 0.85;

const goMemory: StackPlan = { make: 'Go', store: 'memory' };
const goPostgres: StackPlan = { make: 'Go', store: 'PostgreSQL' };
const oursSqlite: StackPlan = { make: 'ours', store: 'SQLite' };
const oursMemory: StackPlan = { make: 'ours', store: 'memory' };
const oursPostgres: StackPlan = { make: 'ours', store: 'PostgreSQL' };

interface Pair {
  readonly go: StackPlan;
  readonly ours: StackPlan;
  readonly budget?: Budget;
}

/** The gun of the repository that is read. */
const gun = 'registry.example.com/team/app';
const path = `/v2/${gun}/_trust/tuf/timestamp.json`;

export const keptReads: Suite = {
  name: 'reads',
  run: (bench) =>
    compareReads(bench, 'timestamp.json over TLS, 16 kept connections', false, [
      { go: goMemory, ours: oursSqlite, budget: { kind: 'times', factor: 4 } },
      { go: goMemory, ours: oursMemory },
      { go: goPostgres, ours: oursPostgres, budget: { kind: 'times', factor: 10 } },
    ]),
};

export const freshReads: Suite = {
  name: 'fresh-reads',
  run: (bench) =>
    compareReads(bench, 'timestamp.json over TLS, a new connection each, 16 at a time', true, [
      { go: goMemory, ours: oursSqlite, budget: { kind: 'times', factor: 1 } },
      { go: goMemory, ours: oursMemory },
      { go: goPostgres, ours: oursPostgres, budget: { kind: 'times', factor: 3 } },
    ]),
};

/** Of plain HTTP, so that TLS does not hide what the server itself costs. */
export const readCost: Suite = {
  name: 'read-cost',
  async run(bench) {
    const go = { ...goMemory, isPlain: true };
    const variants = bench.isShort ? [oursSqlite] : [oursSqlite, oursMemory];
    const plans = variants.map((plan) => ({ ...plan, isPlain: true }));
    const results = await readAll(bench, [go, ...plans], false);
    const cost = (plan: StackPlan): Figure | undefined => {
      const result = results.get(plan);
      return result && { value: result.serverMicroseconds, note: rateNote(result) };
    };
    const budget: Budget = { kind: 'at-most', limit: 15, goOnce: 148 };
    return plans.map((ours) => ({
      what: 'processor time of the server for one read, plain HTTP',
      unit: 'µs',
      ...sides(go, ours),
      go: cost(go),
      ours: cost(ours),
      budget,
    }));
  },
};

async function compareReads(
  bench: Bench,
  what: string,
  isFresh: boolean,
  pairs: readonly Pair[],
): Promise<readonly Comparison[]> {
  const wanted = pairs.filter(({ budget }) => !bench.isShort || budget !== undefined);
  const plans = [...new Set(wanted.flatMap(({ go, ours }) => [go, ours]))];
  const results = await readAll(bench, plans, isFresh);
  return wanted.map(({ go, ours, budget }) => {
    const both = [results.get(go), results.get(ours)];
    const isByCost = both.some((result) => result && result.serverBusy < serverIsLimitFrom);
    return {
      what,
      unit: 'per second',
      ...sides(go, ours),
      go: rate(results.get(go), isByCost),
      ours: rate(results.get(ours), isByCost),
      ...(budget === undefined ? {} : { budget }),
    };
  });
}

function rate(result: ReadResult | undefined, isByCost: boolean): Figure | undefined {
  if (result === undefined) return undefined;
  if (!isByCost) return { value: result.perSecond, note: rateNote(result) };
  const value = 1e6 / result.serverMicroseconds;
  return { value, note: `per second of processor time; ${rateNote(result)}` };
}

function rateNote(result: ReadResult): string {
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  return (
    `measured ${Math.round(result.perSecond)}/s, p50 ${result.p50Ms.toFixed(2)} ms, ` +
    `p99 ${result.p99Ms.toFixed(2)} ms, servers busy ${percent(result.serverBusy)}, ` +
    `load busy ${percent(result.loadBusy)}`
  );
}

/** The best result of each plan that can run here. */
async function readAll(
  bench: Bench,
  plans: readonly StackPlan[],
  isFresh: boolean,
): Promise<ReadonlyMap<StackPlan, ReadResult>> {
  return withStacks(bench, plans, async (stacks) => {
    for (const stack of stacks) await publishOne(stack);
    const best = await inRounds(
      bench,
      stacks,
      (stack) =>
        makeReads({
          port: stack.endpoint.port,
          ca: stack.endpoint.ca,
          path,
          connections,
          isFresh,
          // Handshakes leave time for fewer requests, by which the server's code is compiled.
          warmUpMs: isFresh ? 2 * bench.warmUpMs : bench.warmUpMs,
          measureMs: bench.measureMs,
          threads: bench.cores.loadThreads,
          threadFile: bench.readerFile,
          servedBy: stack.pids,
        }),
      (result, than) => result.perSecond > than.perSecond,
    );
    return new Map([...best].map(([stack, result]) => [stack.plan, result]));
  });
}

async function publishOne(stack: Stack): Promise<void> {
  const connection = await HttpConnection.open(stack.endpoint);
  await new BenchRepository(gun, Date.now()).publishFirst(connection);
  connection.close();
}

function sides(
  go: StackPlan,
  ours: StackPlan,
): Pick<Comparison, 'goVariant' | 'oursVariant' | 'leftOut'> {
  const leftOut = whyNot(go) ?? whyNot(ours);
  return {
    goVariant: go.store,
    oursVariant: ours.store,
    ...(leftOut === undefined ? {} : { leftOut }),
  };
}
