// What the start of a client costs: its version, a tag from the cache alone, a tag with one round trip.
import type { Bench, Suite } from '../bench.ts';
import { type Client, newClient, whyNoClient } from '../client.ts';
import { type Command, timeOf } from '../load/command.ts';
import { HttpConnection } from '../load/http-connection.ts';
import { median } from '../load/latencies.ts';
import type { Comparison } from '../report/comparison.ts';
import { BenchRepository } from '../repository.ts';
import { type Stack, type StackPlan, whyNot, withStacks } from '../stack.ts';

const gun = 'registry.example.com/team/app';
const tag = 'latest';
/** Runs of which the median counts. */
const runs = { short: 9, whole: 25 } as const;

type Measure = readonly [
  what: string,
  command: (client: Client) => Command,
  limitMs: number,
  goOnceMs: number,
];

const measures: readonly Measure[] = [
  ['version', (client) => client.version(), 65, 7],
  ['verify from a warm cache', (client) => client.lookUp(gun, tag, 'offline'), 90, 13],
  ['verify with one round trip', (client) => client.lookUp(gun, tag), 130, 17],
];

/** Both clients ask the same server, so that only they differ. */
const server: StackPlan = { make: 'ours', store: 'memory' };

export const commands: Suite = {
  name: 'commands',
  run: (bench) =>
    withStacks(bench, [server], async (stacks) => {
      const comparisons: Comparison[] = [];
      for (const stack of stacks) comparisons.push(...(await compare(bench, stack)));
      return comparisons;
    }),
};

async function compare(bench: Bench, stack: Stack): Promise<readonly Comparison[]> {
  await publishOne(stack);
  const leftOut = whyNoClient('Go') ?? whyNot(server);
  const ours = await newClient(bench, 'ours', 'commands', stack);
  const go = leftOut === undefined ? await newClient(bench, 'Go', 'commands', stack) : undefined;
  const clients = go === undefined ? [ours] : [go, ours];
  for (const client of clients) await timeOf(client.lookUp(gun, tag));
  const comparisons: Comparison[] = [];
  for (const [what, command, limit, goOnce] of measures) {
    const times = await timesOf(bench, clients, command);
    const figure = (client: Client | undefined) => {
      const ms = client && times.get(client);
      return (
        ms && {
          value: median(ms),
          note: `median of ${ms.length}, best ${Math.min(...ms).toFixed(1)} ms`,
        }
      );
    };
    comparisons.push({
      what,
      unit: 'ms',
      goVariant: '',
      oursVariant: '',
      go: figure(go),
      ours: figure(ours),
      budget: { kind: 'at-most', limit, goOnce },
      ...(leftOut === undefined ? {} : { leftOut }),
    });
  }
  return comparisons;
}

/** Milliseconds of each run, the clients in turn. */
async function timesOf(
  bench: Bench,
  clients: readonly Client[],
  command: (client: Client) => Command,
): Promise<ReadonlyMap<Client, readonly number[]>> {
  const times = new Map<Client, number[]>(clients.map((client) => [client, []]));
  for (let run = 0; run < (bench.isShort ? runs.short : runs.whole); run += 1) {
    for (const client of clients) times.get(client)?.push(await timeOf(command(client)));
  }
  return times;
}

async function publishOne(stack: Stack): Promise<void> {
  const connection = await HttpConnection.open(stack.endpoint);
  await new BenchRepository(gun, Date.now()).publishFirst(connection);
  connection.close();
}
