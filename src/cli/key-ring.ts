// The private keys of a trust directory with the passphrases that open them, in the words of a grammar. Closing wipes
// what was decrypted or typed.
import { KeyFileStore } from '../keys/file-store.ts';
import type { PassphraseSource } from '../keys/key-store.ts';
import { Passphrases } from '../keys/passphrase.ts';
import type { PassphraseVoice } from '../keys/passphrase-voice.ts';
import { openAnswers } from '../keys/piped-answers.ts';
import type { World } from './world.ts';

export interface Asking {
  readonly voice: PassphraseVoice;
  /** Where questions go; stderr unless a program of old asks on stdout. */
  readonly asksOn?: 'stdout';
  /** File and descriptor that answer before variables and questions. */
  readonly file?: string | undefined;
  readonly descriptor?: number | undefined;
}

export class KeyRing {
  readonly keys: KeyFileStore;
  readonly #passphrases: Passphrases;

  constructor(world: World, trustDir: string, { voice, asksOn, file, descriptor }: Asking) {
    this.#passphrases = new Passphrases({
      voice,
      environment: world.env,
      file,
      descriptor,
      terminal: openAnswers(world.terminalStreams(asksOn), voice),
    });
    this.keys = new KeyFileStore(trustDir, this.#passphrases);
  }

  /** For keys that are not of the directory. */
  get passphrases(): PassphraseSource {
    return this.#passphrases;
  }

  async close(): Promise<void> {
    this.keys.close();
    await this.#passphrases.close();
  }
}
