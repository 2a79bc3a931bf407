// The KEKs derived from passphrases, kept because deriving one costs as much as an attacker's guess.
//
// Invariants:
// - A KEK is used only within `use`, whose work is done when it returns. Whoever asked before the KEK was dropped is
//   served before it is wiped, because promises serve in the order of asking: nobody seals a key with zeros.
// - A KEK that falls out is wiped. A passphrase is wiped as soon as the KEK is derived.
import { Failure } from '../errors.ts';
import { deriveKek, type KekParameters } from './jwe.ts';
import type { PassphraseSource } from './passphrases.ts';
import { dropOldest, touch } from './recently-used.ts';

/** One for each alias and start, and many only for rows that notary's signer wrote. */
const maxKeks = 64;

export class KekCache {
  readonly #passphrases: PassphraseSource;
  readonly #keks = new Map<string, Promise<Buffer>>();

  constructor(passphrases: PassphraseSource) {
    this.#passphrases = passphrases;
  }

  /**
   * What `work` makes of the KEK, which it must not keep.
   * @throws Failure SIGNING_KEY_LOCKED (the alias has no passphrase), and what `work` throws
   */
  async use<T>(alias: string, parameters: KekParameters, work: (kek: Buffer) => T): Promise<T> {
    return work(await this.#kek(alias, parameters));
  }

  async close(): Promise<void> {
    await Promise.all(dropOldest(this.#keks, 0).map(wipe));
  }

  #kek(alias: string, parameters: KekParameters): Promise<Buffer> {
    const name = `${parameters.iterations} ${parameters.salt.toString('hex')} ${alias}`;
    const known = touch(this.#keks, name);
    if (known !== undefined) return known;
    const kek: Promise<Buffer> = this.#derive(alias, parameters).catch((error: unknown) => {
      if (this.#keks.get(name) === kek) this.#keks.delete(name);
      throw error;
    });
    this.#keks.set(name, kek);
    for (const oldest of dropOldest(this.#keks, maxKeks)) void wipe(oldest);
    return kek;
  }

  async #derive(alias: string, parameters: KekParameters): Promise<Buffer> {
    const passphrase = await this.#passphrases.passphrase(alias);
    if (passphrase === undefined) throw lockedAlias(alias, 'is missing');
    try {
      return await deriveKek(passphrase, parameters);
    } finally {
      passphrase.fill(0);
    }
  }
}

export function lockedAlias(alias: string, problem: string, cause?: unknown): Failure {
  const name = JSON.stringify(alias);
  const options = { cause, facts: { alias } };
  return new Failure('SIGNING_KEY_LOCKED', `the passphrase of alias ${name} ${problem}`, options);
}

async function wipe(kek: Promise<Buffer>): Promise<void> {
  // One that could not be derived left nothing to wipe.
  (await kek.catch(() => undefined))?.fill(0);
}
