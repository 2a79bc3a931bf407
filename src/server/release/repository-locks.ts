// One writer at a time for each repository, within this process: publishers that race are then judged one after
// the other, each against what the one before left behind. Between processes the store decides.
import { Failure } from '../../errors.ts';

/** Writers that may wait for one repository; each holds its upload in memory. */
const maxWaiting = 64;

interface Line {
  waiting: number;
  /** Settles when the writer that came last is done. Never rejects. */
  last: Promise<void>;
}

export class RepositoryLocks {
  readonly #lines = new Map<string, Line>();

  /**
   * Runs `work` when every earlier writer of `gun` is done.
   * @throws Failure RATE_LIMITED when too many wait already; otherwise what `work` throws
   */
  async run<T>(gun: string, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(gun) ?? { waiting: 0, last: Promise.resolve() };
    if (line.waiting >= maxWaiting) {
      throw new Failure('RATE_LIMITED', `${gun}: ${maxWaiting} writers are waiting already`);
    }
    this.#lines.set(gun, line);
    line.waiting += 1;
    const turn = line.last.then(work);
    line.last = turn.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await turn;
    } finally {
      line.waiting -= 1;
      if (line.waiting === 0) this.#lines.delete(gun);
    }
  }
}
