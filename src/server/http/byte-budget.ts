// A sum of bytes that may be in memory at one time for all requests together. Whoever buffers takes first
// and gives back when done, whatever happens; whoever finds the budget spent refuses the request.

export class ByteBudget {
  readonly #limit: number;
  #taken = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get takenBytes(): number {
    return this.#taken;
  }

  /** True when `bytes` more fit; they are then taken. A share that is larger than the whole never fits. */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#limit) return false;
    this.#taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }
}

/** What one request has taken of a budget; `close` gives all of it back, once. */
export class Share {
  readonly #budget: ByteBudget;
  #bytes = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  take(bytes: number): boolean {
    if (!this.#budget.take(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  close(): void {
    this.#budget.give(this.#bytes);
    this.#bytes = 0;
  }
}
