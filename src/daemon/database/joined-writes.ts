// The socket under a connection to a database: statements that are sent within one turn of the event loop leave in
// one system call. pg corks the socket for each statement by itself; each by itself would cost the sender, and the
// database that is woken by it, more than most statements do.
import { Socket } from 'node:net';

/** For pg's `stream`. Under TLS pg corks the stream above it, and nothing is joined. */
export class JoinedWrites extends Socket {
  #isGathering = false;

  override cork(): void {
    super.cork();
    if (this.#isGathering) return;
    this.#isGathering = true;
    super.cork();
    // After the promises that are settled now: they are what sends the other statements.
    process.nextTick(() => {
      this.#isGathering = false;
      super.uncork();
    });
  }
}
