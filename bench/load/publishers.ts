// Publishers at work beside each other, each with a connection of its own, for a bounded time.
import { performance } from 'node:perf_hooks';
import { processorSeconds } from '../process-figures.ts';
import { type Endpoint, HttpConnection } from './http-connection.ts';
import { percentile } from './latencies.ts';

export interface PublishResult {
  readonly count: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the servers for one, in milliseconds. */
  readonly serverMs: number;
}

/** One thing that a publisher does over its connection; undefined when it has nothing left to do. */
export type Task = (connection: HttpConnection) => Promise<unknown>;

/**
 * Lets `publishers` callers do what `next` gives them until `limitMs` is over or there is nothing left.
 * @param servedBy processes whose processor time counts, with their descendants
 * @param next the next task of the publisher with that number
 */
export async function publish(
  endpoint: Endpoint,
  publishers: number,
  limitMs: number,
  servedBy: readonly number[],
  next: (publisher: number) => Task | undefined,
): Promise<PublishResult> {
  const connections = await Promise.all(
    Array.from({ length: publishers }, () => HttpConnection.open(endpoint)),
  );
  const latenciesMs: number[] = [];
  const usedBefore = processorSeconds(servedBy);
  const begunMs = performance.now();
  const work = async (connection: HttpConnection, publisher: number): Promise<void> => {
    for (;;) {
      const sentMs = performance.now();
      const task = sentMs - begunMs < limitMs ? next(publisher) : undefined;
      if (task === undefined) return;
      await task(connection);
      latenciesMs.push(performance.now() - sentMs);
    }
  };
  await Promise.all(connections.map(work));
  const seconds = (performance.now() - begunMs) / 1000;
  for (const connection of connections) connection.close();
  return {
    count: latenciesMs.length,
    perSecond: latenciesMs.length / seconds,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    serverMs: ((processorSeconds(servedBy) - usedBefore) * 1000) / latenciesMs.length,
  };
}
