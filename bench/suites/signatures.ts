// How many signatures a signer makes: GetKeyInfo and Sign, the pair of calls that a Go server makes for each
// file, over one connection with mutual TLS. Both signers record each signature in their store.
import { performance } from 'node:perf_hooks';
import { composeTimestamp, release } from '../../src/tuf/compose.ts';
import { fileMeta } from '../../src/tuf/file-meta.ts';
import { inRounds, type Suite } from '../bench.ts';
import { SignerCalls } from '../load/signer-calls.ts';
import { processorSeconds } from '../process-figures.ts';
import type { Budget, Comparison, Figure } from '../report/comparison.ts';
import { type Stack, type StackPlan, whyNot, withStacks } from '../stack.ts';

/** As in the budget. */
const callers = 8;

interface Pair {
  readonly go: StackPlan;
  readonly ours: StackPlan;
  readonly budget?: Budget;
}

const goOnPostgres: StackPlan = { make: 'Go', store: 'PostgreSQL' };
const twice: Budget = { kind: 'times', factor: 2 };

/** The budget is for signers that record each signature durably; memory shows what the calls alone cost. */
const pairs: readonly Pair[] = [
  { go: goOnPostgres, ours: { make: 'ours', store: 'SQLite' }, budget: twice },
  { go: goOnPostgres, ours: { make: 'ours', store: 'PostgreSQL' }, budget: twice },
  { go: { make: 'Go', store: 'memory' }, ours: { make: 'ours', store: 'memory' } },
];

interface SignResult {
  readonly perSecond: number;
  readonly serverBusy: number;
  readonly loadBusy: number;
}

export const signatures: Suite = {
  name: 'signatures',
  async run(bench) {
    const wanted = bench.isShort ? pairs.slice(0, 2) : pairs;
    const plans = [...new Set(wanted.flatMap(({ go, ours }) => [go, ours]))];
    const results = await withStacks(bench, plans, async (stacks) => {
      for (const stack of stacks) await makeSignatures(stack, bench.warmUpMs);
      const best = await inRounds(
        bench,
        stacks,
        (stack) => makeSignatures(stack, bench.measureMs),
        (a, b) => a.perSecond > b.perSecond,
      );
      return new Map([...best].map(([stack, result]) => [stack.plan, result]));
    });
    return wanted.map(({ go, ours, budget }): Comparison => {
      const leftOut = whyNot(go) ?? whyNot(ours);
      return {
        what: 'signatures for 8 callers, GetKeyInfo and Sign',
        unit: 'per second',
        goVariant: go.store,
        oursVariant: ours.store,
        go: figure(results.get(go)),
        ours: figure(results.get(ours)),
        ...(budget === undefined ? {} : { budget }),
        ...(leftOut === undefined ? {} : { leftOut }),
      };
    });
  },
};

function figure(result: SignResult | undefined): Figure | undefined {
  if (result === undefined) return undefined;
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  const note = `signer and database busy ${percent(result.serverBusy)}, load busy ${percent(result.loadBusy)}`;
  return { value: result.perSecond, note };
}

async function makeSignatures(stack: Stack, measureMs: number): Promise<SignResult> {
  const calls = await SignerCalls.open(stack.signer);
  const ids = await Promise.all(
    Array.from({ length: callers }, (_, at) =>
      calls.createKey(`registry.example.com/signed-${at}`),
    ),
  );
  let count = 0;
  const begunMs = performance.now();
  const usedBefore = processorSeconds(stack.pids);
  const loadBefore = performance.eventLoopUtilization();
  await Promise.all(
    ids.map(async (id, caller) => {
      for (let version = 1; performance.now() - begunMs < measureMs; version += 1) {
        await calls.keyInfo(id);
        await calls.sign(id, timestampBytes(caller, version));
        count += 1;
      }
    }),
  );
  const seconds = (performance.now() - begunMs) / 1000;
  const used = processorSeconds(stack.pids) - usedBefore;
  const { utilization: loadBusy } = performance.eventLoopUtilization(loadBefore);
  calls.close();
  return { perSecond: count / seconds, serverBusy: used / seconds, loadBusy };
}

/** What a server has signed: the content of a timestamp, another one each time. */
function timestampBytes(caller: number, version: number): Buffer {
  const head = release('timestamp', version - 1, Date.now());
  const meta = new Map([['snapshot', fileMeta(Buffer.from(`${caller} ${version}`))]]);
  return composeTimestamp({ ...head, meta }).signedBytes;
}
