// Whether the things a daemon depends on work. Checks run in the background, so that a question about health
// is answered from memory and never waits for a database.
import { asFailure, Failure } from '../errors.ts';
import type { Log } from './log.ts';

export type HealthCheck = () => Promise<void>;

export interface HealthOptions {
  /** Pause between two runs of a check; the Go programs take ten seconds. */
  readonly intervalMs?: number;
  /** A check that has not ended by then has failed. */
  readonly timeoutMs?: number;
  /** Is told when a check begins to fail, and when it passes again. */
  readonly log?: Log;
}

const defaultIntervalMs = 10_000;
const defaultTimeoutMs = 10_000;

export class Health {
  readonly #checks: ReadonlyMap<string, HealthCheck>;
  readonly #failing = new Map<string, Failure>();
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #log: Log | undefined;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #isStopped = false;

  /** `checks` by the name under which their failure is shown, such as `DB operational`. */
  constructor(checks: ReadonlyMap<string, HealthCheck>, options: HealthOptions = {}) {
    this.#checks = checks;
    this.#intervalMs = options.intervalMs ?? defaultIntervalMs;
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    this.#log = options.log;
  }

  /** Runs every check once, then again after each interval until `stop`. */
  async start(): Promise<void> {
    await Promise.all([...this.#checks.keys()].map((name) => this.#run(name)));
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** The checks that failed when they last ran; empty means healthy. */
  get failures(): ReadonlyMap<string, Failure> {
    return this.#failing;
  }

  async #run(name: string): Promise<void> {
    const check = this.#checks.get(name);
    if (check === undefined || this.#isStopped) return;
    try {
      await withDeadline(check, this.#timeoutMs);
      if (this.#failing.delete(name))
        this.#log?.info('a health check passes again', { check: name });
    } catch (error) {
      const isNew = !this.#failing.has(name);
      this.#failing.set(name, asFailure(error));
      if (isNew) this.#log?.error('a health check fails', { check: name, error });
    }
    if (this.#isStopped) return;
    const timer = setTimeout(() => void this.#run(name), this.#intervalMs);
    timer.unref();
    this.#timers.set(name, timer);
  }
}

async function withDeadline(check: HealthCheck, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Failure('TIMEOUT', `no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  try {
    await Promise.race([check(), deadline]);
  } finally {
    clearTimeout(timer);
  }
}
