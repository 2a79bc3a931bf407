// What client operations are given to work with. Nothing here is made by them: the caller decides which
// server, which directory, which clock.
import type { KeyStore } from '../keys/key-store.ts';
import type { TrustServer } from '../remote/trust-server.ts';
import type { EventSink } from './events.ts';
import type { Pins } from './trustdir/pins.ts';
import type { TrustDirectory } from './trustdir/trust-directory.ts';

export interface ConsumerPorts {
  readonly server: TrustServer;
  readonly directory: TrustDirectory;
  readonly pins: Pins;
  /** The time, in milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly emit: EventSink;
}

export interface PublisherPorts extends ConsumerPorts {
  readonly keys: KeyStore;
  /** Waits between two attempts. */
  readonly pause: (ms: number) => Promise<void>;
}
