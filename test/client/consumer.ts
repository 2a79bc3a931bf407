// A consumer on a machine of its own: a trust directory, a clock, pins, and a record of events.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientEvent } from '../../src/client/events.ts';
import type { ConsumerPorts } from '../../src/client/ports.ts';
import { Pins } from '../../src/client/trustdir/pins.ts';
import { TrustDirectory } from '../../src/client/trustdir/trust-directory.ts';
import { JsonView } from '../../src/encoding/json-view.ts';
import { parseJson } from '../../src/encoding/strict-json.ts';
import type { TrustServer } from '../../src/remote/trust-server.ts';
import { simulatedNowMs } from '../simulator/repository.ts';

export class Consumer implements ConsumerPorts {
  readonly server: TrustServer;
  readonly directory: TrustDirectory;
  readonly events: ClientEvent[] = [];
  pins = Pins.none();
  clockMs = simulatedNowMs;

  private constructor(server: TrustServer, path: string) {
    this.server = server;
    this.directory = new TrustDirectory(path);
  }

  static async make(server: TrustServer): Promise<Consumer> {
    return new Consumer(server, await mkdtemp(join(tmpdir(), 'paraph-consumer-')));
  }

  readonly nowMs = (): number => this.clockMs;
  readonly emit = (event: ClientEvent): void => void this.events.push(event);

  /** The kinds of the events since the last call. */
  takeEvents(): readonly string[] {
    return this.events.splice(0).map(({ kind }) => kind);
  }

  /** Sets pins as a configuration file would. */
  pin(trustPinning: unknown, directory = '/nowhere'): void {
    const json = parseJson(Buffer.from(JSON.stringify(trustPinning)));
    const view = new JsonView(json, 'trust_pinning', 'CONFIG_INVALID');
    this.pins = Pins.read([{ view, directory, workingDirectory: '/nowhere' }]);
  }

  /** The same machine with another server in front of it. */
  at(server: TrustServer): Consumer {
    const other = new Consumer(server, this.directory.path);
    other.pins = this.pins;
    other.clockMs = this.clockMs;
    return other;
  }

  remove(): Promise<void> {
    return rm(this.directory.path, { recursive: true, force: true });
  }
}
