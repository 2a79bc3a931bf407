// How long server and signer take from their start to their first answer: `GET /v2/` over TLS, and the health
// check of gRPC over mutual TLS.
import type { Bench, Suite } from '../bench.ts';
import { getRequest, HttpConnection } from '../load/http-connection.ts';
import { median } from '../load/latencies.ts';
import { SignerCalls } from '../load/signer-calls.ts';
import { timeToAnswer } from '../load/start-time.ts';
import type { Comparison, Figure } from '../report/comparison.ts';
import { prepareStack, type StackPlan, type StackStarts, whyNot } from '../stack.ts';

/** Starts of which the median counts. */
const runs = { short: 3, whole: 11 } as const;
const limitMs = 300;

const go: StackPlan = { make: 'Go', store: 'memory' };
const ours: StackPlan = { make: 'ours', store: 'SQLite' };

export const starts: Suite = {
  name: 'starts',
  async run(bench) {
    const goStarts = whyNot(go) === undefined ? await prepareStack(bench, go) : undefined;
    const oursStarts = await prepareStack(bench, ours);
    return [
      await compare(
        bench,
        'start of the server to its first answer',
        serverTime,
        goStarts,
        oursStarts,
      ),
      await compare(
        bench,
        'start of the signer to its first answer',
        signerTime,
        goStarts,
        oursStarts,
      ),
    ];
  },
};

async function compare(
  bench: Bench,
  what: string,
  time: (starts: StackStarts) => Promise<number>,
  goStarts: StackStarts | undefined,
  oursStarts: StackStarts,
): Promise<Comparison> {
  const times: { readonly go: number[]; readonly ours: number[] } = { go: [], ours: [] };
  for (let run = 0; run < (bench.isShort ? runs.short : runs.whole); run += 1) {
    if (goStarts !== undefined) times.go.push(await time(goStarts));
    times.ours.push(await time(oursStarts));
  }
  const leftOut = whyNot(go);
  return {
    what,
    unit: 'ms',
    goVariant: go.store,
    oursVariant: ours.store,
    go: goStarts && figure(times.go),
    ours: figure(times.ours),
    budget: { kind: 'at-most', limit: limitMs },
    ...(leftOut === undefined ? {} : { leftOut }),
  };
}

function figure(ms: readonly number[]): Figure {
  return { value: median(ms), note: `median of ${ms.length}` };
}

function serverTime({ server, endpoint }: StackStarts): Promise<number> {
  return timeToAnswer(server, async () => {
    const connection = await HttpConnection.open(endpoint);
    await connection.must('ping', getRequest('/v2/'));
    connection.close();
  });
}

function signerTime({ signer, signerEndpoint }: StackStarts): Promise<number> {
  return timeToAnswer(signer, async () => {
    const calls = await SignerCalls.open(signerEndpoint);
    await calls.health();
    calls.close();
  });
}
