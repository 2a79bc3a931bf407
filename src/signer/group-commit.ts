// Many callers, few commits: what is handed in within one turn of the event loop, or while enough commits run, is
// written together. Each caller has an answer of his own, and has it only once the commit has returned.
// This is for databases that are waited for without stopping the process; SQLite has daemon/database/write-queue.ts.

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Bounds the size of a statement. */
const maxItems = 500;
/** Commits that run at the same time: a database joins their waits for the disk, which a queue of one adds up. */
const maxRunning = 3;

/** What one item came to. */
export type Answer<Result> = { readonly result: Result } | { readonly error: unknown };

export class GroupCommit<Item, Result> {
  readonly #commit: (items: readonly Item[]) => Promise<readonly Answer<Result>[]>;
  #waiting: Waiting<Item, Result>[] = [];
  readonly #running = new Set<Promise<void>>();
  #isGathering = false;

  /** @param commit answers each item in order; when it rejects, so do all callers whose items it had. */
  constructor(commit: (items: readonly Item[]) => Promise<readonly Answer<Result>[]>) {
    this.#commit = commit;
  }

  write(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#gather();
    });
  }

  /** Resolves when everything handed in so far is written or refused. */
  async drain(): Promise<void> {
    while (this.#isGathering || this.#running.size > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      await Promise.all(this.#running);
    }
  }

  /** Calls that arrived with this one are handled in this turn of the event loop; they join the commit. */
  #gather(): void {
    if (this.#isGathering || this.#waiting.length === 0 || this.#running.size >= maxRunning) return;
    this.#isGathering = true;
    setImmediate(() => {
      this.#isGathering = false;
      const running = this.#writeTogether(this.#waiting.splice(0, maxItems)).finally(() => {
        this.#running.delete(running);
        this.#gather();
      });
      this.#running.add(running);
      this.#gather();
    });
  }

  async #writeTogether(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const answers = await this.#commit(batch.map(({ item }) => item));
      for (const [at, { resolve, reject }] of batch.entries()) {
        const answer = answers[at] ?? { error: new Error('a commit left an item unanswered') };
        if ('error' in answer) reject(answer.error);
        else resolve(answer.result);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
