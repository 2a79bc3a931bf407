// The time limits of one exchange with a peer that may be silent, slow or dripping on purpose.
//
// Phases: connecting, answering (request sent, no answer yet), and moving (bytes of a body go up or come
// down). While moving, each window must carry a minimum of bytes, so that a peer that sends one byte now
// and then ends the exchange as surely as one that sends none. The total deadline runs through all of it.
// Invariant: `stop` leaves no timer behind, and at most one failure is reported.

import { Failure } from '../errors.ts';

/** How long a peer may take. All in milliseconds, `windowBytes` excepted. */
export interface TimeLimits {
  /** Name lookup, connection and TLS handshake together (also through a proxy). */
  readonly connectMs: number;
  /** From the last byte of the request to the last byte of the answer's headers. */
  readonly answerMs: number;
  /** A body that moves fewer than `windowBytes` within this time is given up. */
  readonly windowMs: number;
  readonly windowBytes: number;
  /** Everything together, retries and redirects included, unless a request says otherwise. */
  readonly deadlineMs: number;
}

/** Generous for a slow line (1 kB/s), short enough that a CI job fails by itself. */
export const defaultTimeLimits: TimeLimits = {
  connectMs: 15_000,
  answerMs: 45_000,
  windowMs: 10_000,
  windowBytes: 10_240,
  deadlineMs: 120_000,
};

/** A point in monotonic time: changes of the wall clock neither shorten nor stretch it. */
export class Deadline {
  readonly totalMs: number;
  readonly #endMs: number;

  constructor(totalMs: number) {
    this.totalMs = totalMs;
    this.#endMs = performance.now() + totalMs;
  }

  get remainingMs(): number {
    return Math.max(0, this.#endMs - performance.now());
  }
}

export class Pace {
  readonly #host: string;
  readonly #limits: TimeLimits;
  readonly #miss: (failure: Failure) => void;
  readonly #total: NodeJS.Timeout;
  #phase: NodeJS.Timeout | undefined;
  #moved = 0;

  /** `miss` is called once, with TIMEOUT, when `host` misses a limit. */
  constructor(
    host: string,
    limits: TimeLimits,
    deadline: Deadline,
    miss: (failure: Failure) => void,
  ) {
    this.#host = host;
    this.#limits = limits;
    this.#miss = miss;
    this.#total = setTimeout(
      () => this.#fail(`did not finish within ${seconds(deadline.totalMs)}`),
      deadline.remainingMs,
    );
  }

  connecting(): void {
    this.#start(this.#limits.connectMs, 'could not be connected to');
  }

  answering(): void {
    this.#start(this.#limits.answerMs, 'did not answer');
  }

  /** A body moves in direction `way`; each window from now on must see enough `progress`. */
  moving(way: 'up' | 'down'): void {
    this.#hold();
    this.#moved = 0;
    this.#phase = setTimeout(() => {
      if (this.#moved >= this.#limits.windowBytes) return this.moving(way);
      const what = way === 'up' ? 'took' : 'sent';
      const amount = this.#moved === 0 ? 'nothing' : `only ${this.#moved} bytes`;
      return this.#fail(`${what} ${amount} within ${seconds(this.#limits.windowMs)}`);
    }, this.#limits.windowMs);
  }

  progress(bytes: number): void {
    this.#moved += bytes;
  }

  /** The peer is not to blame for what takes time now (our own consumer is writing to disk). */
  hold(): void {
    this.#hold();
  }

  stop(): void {
    this.#hold();
    clearTimeout(this.#total);
  }

  #start(ms: number, what: string): void {
    this.#hold();
    this.#phase = setTimeout(() => this.#fail(`${what} within ${seconds(ms)}`), ms);
  }

  #hold(): void {
    clearTimeout(this.#phase);
  }

  #fail(what: string): void {
    this.stop();
    this.#miss(new Failure('TIMEOUT', `${this.#host} ${what}`));
  }
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`;
}
