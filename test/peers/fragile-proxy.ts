// A proxy before a database whose connections a test breaks at a step of its choice: a request that never arrives, or
// an answer that never comes back, after which the other side may have done its work or not. A step is a packet, in
// which a program may send much at once, or one of PostgreSQL's messages in it (without TLS).
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export type Direction = 'request' | 'answer';

export interface FragileProxy {
  readonly port: number;
  /**
   * Counts steps in `direction` from now on. The one numbered `step`, from 0, is swallowed, and every connection
   * ends with it; later ones are left alone.
   */
  breakAt(direction: Direction, step: number): void;
  /** Whether what `breakAt` asked for has happened. */
  readonly isBroken: boolean;
  /** Refuses connections, and ends those there are, until `allow`. */
  refuse(): void;
  allow(): void;
  close(): Promise<void>;
}

/** Before what listens on `target` of this machine. */
export async function startFragileProxy(
  target: number,
  step: 'packet' | 'message' = 'packet',
): Promise<FragileProxy> {
  const sockets = new Set<Socket>();
  const endAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  let left: { direction: Direction; steps: number } | undefined;
  let isBroken = false;
  let isRefusing = false;
  const breaks = (direction: Direction): boolean => {
    if (left?.direction !== direction) return false;
    left.steps -= 1;
    if (left.steps >= 0) return false;
    left = undefined;
    isBroken = true;
    endAll();
    return true;
  };
  const carry = (from: Socket, to: Socket, direction: Direction): void => {
    sockets.add(from);
    // What a client says first has no letter for its kind.
    const messages = new MessageSplitter(direction === 'answer');
    from.on('data', (packet) => {
      for (const piece of step === 'packet' ? [packet] : messages.push(packet)) {
        if (breaks(direction)) return;
        to.write(piece);
      }
    });
    from.on('error', () => undefined);
    from.on('end', () => to.end());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const server = createServer((client) => {
    if (isRefusing) {
      client.destroy();
      return;
    }
    const upstream = connect({ port: target, host: '127.0.0.1', noDelay: true });
    client.setNoDelay(true);
    carry(client, upstream, 'request');
    carry(upstream, client, 'answer');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    breakAt(direction, steps) {
      left = { direction, steps };
      isBroken = false;
    },
    get isBroken() {
      return isBroken;
    },
    refuse() {
      isRefusing = true;
      endAll();
    },
    allow() {
      isRefusing = false;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      endAll();
      await closed;
    },
  };
}

/** Cuts a stream into PostgreSQL's messages: a letter, four bytes of length, which counts itself, and the rest. */
class MessageSplitter {
  #isBegun: boolean;
  #held = Buffer.alloc(0);

  constructor(isBegun: boolean) {
    this.#isBegun = isBegun;
  }

  push(packet: Buffer): readonly Buffer[] {
    this.#held = Buffer.concat([this.#held, packet]);
    const messages: Buffer[] = [];
    for (;;) {
      const lengthAt = this.#isBegun ? 1 : 0;
      if (this.#held.length < lengthAt + 4) return messages;
      const end = lengthAt + this.#held.readUInt32BE(lengthAt);
      if (this.#held.length < end) return messages;
      messages.push(this.#held.subarray(0, end));
      this.#held = this.#held.subarray(end);
      this.#isBegun = true;
    }
  }
}
