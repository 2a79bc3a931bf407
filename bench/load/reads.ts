// Reads one URL with as many threads as there are cores for load, and says what it cost the servers.
import { Worker } from 'node:worker_threads';
import * as v from 'valibot';
import { processorSeconds } from '../process-figures.ts';
import { type ReadPlan, type ReadTally, readReport } from './read-plan.ts';

export interface ReadLoad extends ReadPlan {
  readonly threads: number;
  /** The bundled module of the thread. */
  readonly threadFile: string;
  /** Processes whose processor time counts, with their descendants. */
  readonly servedBy: readonly number[];
}

export interface ReadResult {
  readonly perSecond: number;
  /** Processor time of the servers for one read, in microseconds. */
  readonly serverMicroseconds: number;
  /** Share of one core that the servers used. */
  readonly serverBusy: number;
  /** Share of the time in which the load was busy; near 1, it was the limit. */
  readonly loadBusy: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function makeReads(load: ReadLoad): Promise<ReadResult> {
  const { threads, threadFile, servedBy, ...plan } = load;
  const count = Math.max(1, Math.min(threads, plan.connections));
  const shares = Array.from({ length: count }, (_, at) => ({
    ...plan,
    connections: Math.floor((plan.connections + at) / count),
  }));
  let before = 0;
  const tallies = await Promise.all(
    shares.map((share) =>
      runThread(threadFile, share, () => {
        before = processorSeconds(servedBy);
      }),
    ),
  );
  return combine(tallies, processorSeconds(servedBy) - before);
}

function runThread(file: string, plan: ReadPlan, onBegun: () => void): Promise<ReadTally> {
  const worker = new Worker(file, { workerData: plan });
  return new Promise<ReadTally>((resolve, reject) => {
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('a thread of the load ended early')));
    worker.on('message', (message: unknown) => {
      const report = v.parse(readReport, message);
      if (report.state === 'begun') onBegun();
      else resolve(report.tally);
    });
  }).finally(() => void worker.terminate());
}

function combine(tallies: readonly ReadTally[], serverSeconds: number): ReadResult {
  const sum = (of: (tally: ReadTally) => number): number =>
    tallies.reduce((total, tally) => total + of(tally), 0);
  const requests = sum((tally) => tally.requests);
  const seconds = sum((tally) => tally.seconds) / tallies.length;
  return {
    perSecond: requests / seconds,
    serverMicroseconds: (serverSeconds / requests) * 1e6,
    serverBusy: serverSeconds / seconds,
    loadBusy: sum((tally) => tally.busy) / tallies.length,
    p50Ms: Math.max(...tallies.map((tally) => tally.p50Ms)),
    p99Ms: Math.max(...tallies.map((tally) => tally.p99Ms)),
  };
}
