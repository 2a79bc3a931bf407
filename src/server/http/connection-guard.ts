// Watches every open connection for a reader that takes nothing of an answer that is waiting for it. One sweep
// over all connections every few seconds; requests themselves pay nothing.
import type { Socket } from 'node:net';
import type { HttpLimits } from './limits.ts';

interface Progress {
  /** Bytes that the reader had taken at the last sweep. */
  takenBytes: number;
  idleSweeps: number;
}

export class ConnectionGuard {
  readonly #limits: HttpLimits;
  readonly #open = new Map<Socket, Progress>();
  readonly #timer: NodeJS.Timeout;

  constructor(limits: HttpLimits) {
    this.#limits = limits;
    this.#timer = setInterval(() => this.#sweep(), limits.sweepMs);
    this.#timer.unref();
  }

  get connections(): number {
    return this.#open.size;
  }

  add(socket: Socket): void {
    this.#open.set(socket, { takenBytes: 0, idleSweeps: 0 });
    socket.once('close', () => this.#open.delete(socket));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sweep(): void {
    for (const [socket, progress] of this.#open) {
      const waiting = socket.writableLength;
      const taken = socket.bytesWritten - waiting;
      const isStuck = waiting > 0 && taken <= progress.takenBytes;
      progress.idleSweeps = isStuck ? progress.idleSweeps + 1 : 0;
      progress.takenBytes = taken;
      if (progress.idleSweeps >= this.#limits.sweepsWithoutProgress) socket.destroy();
    }
  }
}
