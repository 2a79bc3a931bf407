// A sum of bytes that may be in memory at one time for all requests together. Whoever buffers takes first
// and gives back when done, whatever happens; whoever finds the budget spent refuses the request.
//
// Invariant: no share is larger than what was left for all others when it last grew; so however many hold all they
// can, a small request finds room.

export class ByteBudget {
  readonly #limit: number;
  #taken = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get takenBytes(): number {
    return this.#taken;
  }

  get leftBytes(): number {
    return this.#limit - this.#taken;
  }

  /** True when `bytes` more fit; they are then taken. More than the whole never fits. */
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

  /** True when `bytes` more were taken; false when that would leave less for others than this share then has. */
  take(bytes: number): boolean {
    const isTooMuch = this.#bytes + bytes > this.#budget.leftBytes - bytes;
    if (isTooMuch || !this.#budget.take(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  close(): void {
    this.#budget.give(this.#bytes);
    this.#bytes = 0;
  }
}
