// What publishing needs beside a session: the private keys of the trust directory and the passphrases that open
// them. Closing wipes what was decrypted or typed.
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClientEvent } from '../../client/events.ts';
import type { PublisherPorts } from '../../client/ports.ts';
import { paraphVoice } from '../../keys/passphrase-voice.ts';
import type { ImageReference } from '../../remote/registry.ts';
import { KeyRing } from '../key-ring.ts';
import type { Invocation } from './command.ts';
import type { Session } from './session.ts';
import { wrongValue } from './usage-failure.ts';

export class Publisher {
  readonly #session: Session;
  readonly #keyRing: KeyRing;

  /** @throws Failure USAGE */
  constructor({ world, flags }: Invocation, session: Session) {
    this.#session = session;
    this.#keyRing = new KeyRing(world, session.places.trustDir, {
      voice: paraphVoice,
      file: pathOf(flags.text('passphrase-file'), world.workingDir),
      descriptor: descriptorOf(flags.text('passphrase-fd')),
    });
  }

  /** @param listen as in `Session.consumer` */
  ports(reference: ImageReference, listen: (event: ClientEvent) => boolean): PublisherPorts {
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

function descriptorOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw wrongValue(`--passphrase-fd ${text} is not the number of a descriptor`, {
    command: 'sign',
  });
}

function pathOf(text: string | undefined, workingDir: string): string | undefined {
  return text === undefined ? undefined : resolve(workingDir, text);
}
