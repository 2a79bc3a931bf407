// What publishing needs beside a session: the private keys of the trust directory and the passphrases that open
// them. Closing wipes what was decrypted or typed.
import { setTimeout as pause } from 'node:timers/promises';
import type { ClientEvent } from '../../client/events.ts';
import type { RotationPorts } from '../../client/publish/rotate.ts';
import type { ImageReference } from '../../remote/registry.ts';
import { KeyRing } from '../key-ring.ts';
import type { Invocation } from './command.ts';
import { askingBy } from './passphrase-flags.ts';
import type { Session } from './session.ts';

export class Publisher {
  readonly #session: Session;
  readonly #keyRing: KeyRing;

  /** @throws Failure USAGE */
  constructor(invocation: Invocation, session: Session) {
    this.#session = session;
    const { trustDir } = session.places;
    this.#keyRing = new KeyRing(invocation.world, trustDir, askingBy(invocation));
  }

  /** @param listen as in `Session.consumer` */
  ports(reference: ImageReference, listen: (event: ClientEvent) => boolean): RotationPorts {
    return {
      ...this.#session.consumer(reference, listen),
      keys: this.#keyRing.keys,
      pause: (ms) => pause(ms),
    };
  }

  async close(): Promise<void> {
    await this.#keyRing.close();
  }
}
