// How many publishers a server can serve. Every publish is checked, gets a snapshot and a timestamp signed by
// the signer, and is stored durably before it is answered: Go on PostgreSQL, ours on SQLite and on the same PostgreSQL.
import { type Bench, inRounds, type Suite } from '../bench.ts';
import { HttpConnection } from '../load/http-connection.ts';
import { type PublishResult, publish } from '../load/publishers.ts';
import type { Comparison } from '../report/comparison.ts';
import { BenchRepository } from '../repository.ts';
import { type Stack, type StackPlan, whyNot, withStacks } from '../stack.ts';

/** As in the budget. */
const publishers = 8;
/** Uploads made beforehand for each publisher and second: more than any server can take. */
const preparedPerSecond = 400;
/** Repositories made beforehand, for all publishers, for each second. */
const preparedFirstPerSecond = 500;

const go: StackPlan = { make: 'Go', store: 'PostgreSQL' };
const onSqlite: StackPlan = { make: 'ours', store: 'SQLite' };
const onPostgres: StackPlan = { make: 'ours', store: 'PostgreSQL' };

/** What ours must reach, as a multiple of Go's, on each of its stores. */
type Factors = readonly (readonly [StackPlan, number])[];

export const updates: Suite = {
  name: 'updates',
  run: (bench) =>
    comparePublishing(
      bench,
      'updates by 8 publishers, stored durably',
      [
        [onSqlite, 5],
        [onPostgres, 4],
      ],
      async (stack, limitMs) => {
        const uploads = await prepareUpdates(stack, limitMs);
        return publish(stack.endpoint, publishers, limitMs, stack.pids, (publisher) => {
          const upload = uploads[publisher]?.pop();
          return upload && ((connection) => connection.must('update', upload));
        });
      },
    ),
};

export const firstPublishes: Suite = {
  name: 'first-publishes',
  run: (bench) =>
    comparePublishing(
      bench,
      'first publishes by 8 publishers, keys made',
      [
        [onSqlite, 5],
        [onPostgres, 5],
      ],
      (stack, limitMs) => {
        const count = Math.round((preparedFirstPerSecond * limitMs) / 1000);
        const nowMs = Date.now();
        const prepared = Array.from(
          { length: count },
          () => new BenchRepository(freshGun(), nowMs),
        );
        return publish(stack.endpoint, publishers, limitMs, stack.pids, () => {
          const repository = prepared.pop();
          return repository && ((connection) => repository.publishFirst(connection));
        });
      },
    ),
};

async function comparePublishing(
  bench: Bench,
  what: string,
  factors: Factors,
  measure: (stack: Stack, limitMs: number) => Promise<PublishResult>,
): Promise<readonly Comparison[]> {
  const plans = [go, ...factors.map(([plan]) => plan)];
  const results = await withStacks(bench, plans, async (stacks) => {
    for (const stack of stacks) await measure(stack, bench.warmUpMs);
    const best = await inRounds(
      bench,
      stacks,
      (stack) => measure(stack, bench.measureMs),
      (a, b) => a.perSecond > b.perSecond,
    );
    return new Map([...best].map(([stack, result]) => [stack.plan, result]));
  });
  const figure = (plan: StackPlan) => {
    const result = results.get(plan);
    return result && { value: result.perSecond, note: latencyNote(result) };
  };
  return factors.map(([ours, factor]) => {
    const leftOut = whyNot(go) ?? whyNot(ours);
    return {
      what,
      unit: 'per second',
      goVariant: go.store,
      oursVariant: ours.store,
      go: figure(go),
      ours: figure(ours),
      budget: { kind: 'times', factor },
      ...(leftOut === undefined ? {} : { leftOut }),
    };
  });
}

/** For each publisher the uploads of a repository that is published already, the next one last. */
async function prepareUpdates(stack: Stack, limitMs: number): Promise<readonly Buffer[][]> {
  const count = Math.round((preparedPerSecond * limitMs) / 1000);
  const connection = await HttpConnection.open(stack.endpoint);
  const prepared: Buffer[][] = [];
  for (let publisher = 0; publisher < publishers; publisher += 1) {
    const repository = new BenchRepository(freshGun(), Date.now());
    await repository.publishFirst(connection);
    prepared.push(Array.from({ length: count }, () => repository.nextUpload()).reverse());
  }
  connection.close();
  return prepared;
}

let repositories = 0;

function freshGun(): string {
  repositories += 1;
  return `registry.example.com/team-${repositories % 100}/app-${repositories}`;
}

function latencyNote({ count, p50Ms, p99Ms, serverMs }: PublishResult): string {
  return (
    `${count} in all, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ` +
    `${serverMs.toFixed(2)} ms of processor time each`
  );
}
