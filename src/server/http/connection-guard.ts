// Knows every open connection, whether or not its TLS handshake is done, so that all can be cut at the end; and
// watches those that carry answers for a reader that takes nothing of what is waiting for it. One sweep over all
// connections every few seconds; requests themselves pay nothing.
import type { Socket } from 'node:net';
import type { HttpLimits } from './limits.ts';

interface Progress {
  /** Bytes that the reader had taken at the last sweep. */
  takenBytes: number;
  idleSweeps: number;
}

export class ConnectionGuard {
  readonly #limits: HttpLimits;
  readonly #held = new Set<Socket>();
  readonly #watched = new Map<Socket, Progress>();
  readonly #timer: NodeJS.Timeout;

  constructor(limits: HttpLimits) {
    this.#limits = limits;
    this.#timer = setInterval(() => this.#sweep(), limits.sweepMs);
    this.#timer.unref();
  }

  /** A connection as it was accepted. */
  hold(socket: Socket): void {
    this.#held.add(socket);
    socket.once('close', () => this.#held.delete(socket));
  }

  /** A connection on which answers go out: the same one, or the TLS connection upon it. */
  watch(socket: Socket): void {
    this.#watched.set(socket, { takenBytes: 0, idleSweeps: 0 });
    socket.once('close', () => this.#watched.delete(socket));
  }

  cut(): void {
    for (const socket of this.#held) socket.destroy();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sweep(): void {
    for (const [socket, progress] of this.#watched) {
      const waiting = socket.writableLength;
      const taken = socket.bytesWritten - waiting;
      const isStuck = waiting > 0 && taken <= progress.takenBytes;
      progress.idleSweeps = isStuck ? progress.idleSweeps + 1 : 0;
      progress.takenBytes = taken;
      if (progress.idleSweeps >= this.#limits.sweepsWithoutProgress) socket.destroy();
    }
  }
}
