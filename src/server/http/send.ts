// Puts an answer on the wire. A large body goes out slice by slice as the reader takes it, so that a reader who
// takes nothing is seen (connection-guard.ts) and no more than a slice waits in the connection.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, refusal } from './answer.ts';
import { ByteBudget } from './byte-budget.ts';
import type { HttpLimits } from './limits.ts';

/** Sends answers within a bound on the memory of large ones. */
export class Sender {
  readonly #limits: HttpLimits;
  readonly #budget: ByteBudget;
  /** Large bodies on their way, and how many connections each is on its way to. */
  readonly #sending = new Map<Buffer, number>();

  constructor(limits: HttpLimits) {
    this.#limits = limits;
    this.#budget = new ByteBudget(limits.answerBytes);
  }

  send(response: ServerResponse, answer: Answer): void {
    const { body, headers, status } = answer;
    if (body.length > this.#limits.sliceBytes) {
      this.#sendLarge(response, answer);
      return;
    }
    response.writeHead(status, headers);
    response.end(body);
  }

  #sendLarge(response: ServerResponse, { status, headers, body }: Answer): void {
    if (!this.#take(body)) {
      this.send(response, tooBusy);
      return;
    }
    response.once('close', () => this.#give(body));
    response.writeHead(status, headers);
    void sendSlices(response, body, this.#limits.sliceBytes);
  }

  #take(body: Buffer): boolean {
    const readers = this.#sending.get(body) ?? 0;
    if (readers === 0 && !this.#budget.take(body.length)) return false;
    this.#sending.set(body, readers + 1);
    return true;
  }

  #give(body: Buffer): void {
    const readers = (this.#sending.get(body) ?? 1) - 1;
    if (readers > 0) {
      this.#sending.set(body, readers);
      return;
    }
    this.#sending.delete(body);
    this.#budget.give(body.length);
  }
}

const tooBusy = refusal('UNAVAILABLE', undefined, ['Retry-After', '5']);

async function sendSlices(
  response: ServerResponse,
  body: Buffer,
  sliceBytes: number,
): Promise<void> {
  for (let at = 0; at < body.length; at += sliceBytes) {
    if (response.destroyed) return;
    const isTaken = response.write(body.subarray(at, at + sliceBytes));
    if (!isTaken) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

/**
 * After a request was answered before its body was read: reads on for a moment, so that the client sees the
 * answer rather than a broken connection, then cuts.
 */
export function drainRefused(request: IncomingMessage, limits: HttpLimits): void {
  if (request.complete || request.destroyed) return;
  let left = limits.refusedBodyBytes;
  const cut = (): void => void request.socket.destroy();
  const timer = setTimeout(cut, limits.refusedBodyMs);
  request.on('close', () => clearTimeout(timer));
  request.on('end', () => clearTimeout(timer));
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) cut();
  });
  request.resume();
}
