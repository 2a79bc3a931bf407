// What client operations are given to work with, made of what a grammar has.
import { setTimeout as pause } from 'node:timers/promises';
import type { EventSink } from '../client/events.ts';
import type { ConsumerPorts, PublisherPorts } from '../client/ports.ts';
import type { Pins } from '../client/trustdir/pins.ts';
import type { TrustDirectory } from '../client/trustdir/trust-directory.ts';
import type { KeyFileStore } from '../keys/file-store.ts';
import type { TrustServer } from '../remote/trust-server.ts';
import type { World } from './world.ts';

/** What a session holds that its ports need. */
export interface PortSources {
  readonly world: Pick<World, 'nowMs'>;
  readonly directory: TrustDirectory;
  readonly pins: Pins;
}

export interface KeyFilePorts extends PublisherPorts {
  readonly keys: KeyFileStore;
}

/** For reads. */
export function consumerPorts(
  server: TrustServer,
  { world, directory, pins }: PortSources,
  emit: EventSink,
): ConsumerPorts {
  return { server, directory, pins, nowMs: world.nowMs, emit };
}

/** For publishing: what reads work with, and the key files of the trust directory. */
export function publisherPorts(ports: ConsumerPorts, keys: KeyFileStore): KeyFilePorts {
  return { ...ports, keys, pause: (ms) => pause(ms) };
}
