// Many writers, one disk: whoever arrives while the event loop is busy shares one transaction, and so one
// wait for the disk, with the others. Each job keeps its own fate: it runs in a savepoint, and a job that is
// refused leaves no trace. Nobody is told "done" before the commit that holds the job has returned.
//
// The wait for the disk stops this process. So, for the sake of its readers, after a commit the next one comes no sooner
// than it took: at worst half of the time is the disk's, however slow it is, and the more writers wait for it meanwhile.
import { type Database, sqliteFailure } from './sqlite.ts';

interface Job {
  /** Returns what its caller gets once the transaction is on the disk. */
  readonly run: () => () => void;
  readonly fail: (error: unknown) => void;
}

/** Jobs in one transaction: bounds how long readers of the same process wait for a commit. */
const maxJobsAtOnce = 64;
const defaultMaxPauseMs = 50;

export interface WriteQueueOptions {
  /** Longest pause between two commits; 0 where nobody waits but writers. */
  readonly maxPauseMs?: number;
}

export class WriteQueue {
  readonly #database: Database;
  readonly #savepoint: (job: Job) => (() => void) | undefined;
  readonly #transaction: (jobs: readonly Job[]) => readonly (() => void)[];
  readonly #maxPauseMs: number;
  #waiting: Job[] = [];
  #isScheduled = false;
  #nextCommitMs = 0;

  constructor(database: Database, { maxPauseMs = defaultMaxPauseMs }: WriteQueueOptions = {}) {
    this.#database = database;
    this.#maxPauseMs = maxPauseMs;
    // better-sqlite3 makes a nested transaction a savepoint, rolled back alone when it throws.
    const savepoint = database.transaction((job: Job) => job.run());
    this.#savepoint = (job) => {
      try {
        return savepoint(job);
      } catch (error) {
        // Some errors (disk full) end the whole transaction: then the others have lost theirs too.
        if (!database.inTransaction) throw error;
        job.fail(sqliteFailure(error, 'the rows could not be written'));
        return undefined;
      }
    };
    const transaction = database.transaction((jobs: readonly Job[]) =>
      jobs.map(this.#savepoint).filter((done) => done !== undefined),
    );
    this.#transaction = (jobs) => transaction.immediate(jobs);
  }

  /** Runs `work` inside a transaction that also holds others; settles after the commit. */
  write<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (): (() => void) => {
        const result = work();
        return () => resolve(result);
      };
      this.#waiting.push({ run, fail: reject });
      this.#schedule();
    });
  }

  /** Writes what is still waiting. */
  flush(): void {
    while (this.#waiting.length > 0) this.#commit();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    const commit = (): void => {
      this.#isScheduled = false;
      this.#commit();
      this.#schedule();
    };
    const pauseMs = this.#nextCommitMs - performance.now();
    if (pauseMs > 0) setTimeout(commit, pauseMs);
    else setImmediate(commit);
  }

  #commit(): void {
    const jobs = this.#waiting.splice(0, maxJobsAtOnce);
    if (jobs.length === 0) return;
    const startMs = performance.now();
    try {
      for (const done of this.#transaction(jobs)) done();
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      const failure = sqliteFailure(error, 'the transaction could not be committed');
      for (const job of jobs) job.fail(failure);
    }
    const endMs = performance.now();
    this.#nextCommitMs = endMs + Math.min(endMs - startMs, this.#maxPauseMs);
  }
}
