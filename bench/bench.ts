// What every suite is given.
import type { Authority } from '../test/peers/certificates.ts';
import type { Cores } from './cores.ts';
import type { Place } from './place.ts';
import type { Comparison } from './report/comparison.ts';

export interface Bench {
  readonly place: Place;
  readonly cores: Cores;
  readonly authority: Authority;
  readonly isShort: boolean;
  /** The bundled module of the threads that read. */
  readonly readerFile: string;
  /** How often each side of a comparison is measured, in turn; the best counts. */
  readonly rounds: number;
  /** How long a server works before its rate is measured: JavaScript is compiled while it runs. */
  readonly warmUpMs: number;
  /** How long one measurement of a rate takes. */
  readonly measureMs: number;
  /** Where our servers leave profiles of their processor time, if anywhere. */
  readonly profileFolder: string | undefined;
  say(text: string): void;
}

export interface Suite {
  readonly name: string;
  run(bench: Bench): Promise<readonly Comparison[]>;
}

/** The best of the rounds: each side is measured once in each round, so that both meet the same weather. */
export async function inRounds<Side, Result>(
  bench: Bench,
  sides: readonly Side[],
  measure: (side: Side) => Promise<Result>,
  isBetter: (result: Result, than: Result) => boolean,
): Promise<ReadonlyMap<Side, Result>> {
  const best = new Map<Side, Result>();
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const side of sides) {
      const result = await measure(side);
      const before = best.get(side);
      if (before === undefined || isBetter(result, before)) best.set(side, result);
    }
  }
  return best;
}
