// Many callers, one commit: what is handed in while a commit runs, or within one turn of the event loop, is
// written together. Each caller has an answer of his own, and has it only once the commit has returned.
// This is for databases that are waited for without stopping the process; SQLite has daemon/database/write-queue.ts.

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Bounds the size of a statement. */
const maxItems = 500;

/** What one item came to. */
export type Answer<Result> = { readonly result: Result } | { readonly error: unknown };

export class GroupCommit<Item, Result> {
  readonly #commit: (items: readonly Item[]) => Promise<readonly Answer<Result>[]>;
  #waiting: Waiting<Item, Result>[] = [];
  #running: Promise<void> | undefined;

  /** @param commit answers each item in order; when it rejects, so do all callers whose items it had. */
  constructor(commit: (items: readonly Item[]) => Promise<readonly Answer<Result>[]>) {
    this.#commit = commit;
  }

  write(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when everything handed in so far is written or refused. */
  async drain(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Calls that arrived with this one are handled in this turn of the event loop; they join the commit.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#writeTogether(this.#waiting.splice(0, maxItems));
    }
    this.#running = undefined;
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
