// What commands about private keys work with: the key files of the trust directory, the passphrases that open them, and
// no server. Opened by a command and closed by it, whatever happens.

import { asFailure } from '../../errors.ts';
import type { KeyFileStore } from '../../keys/file-store.ts';
import type { PassphraseSource } from '../../keys/key-store.ts';
import { KeyRing } from '../key-ring.ts';
import { placesOf, shownPlaceOf } from '../places.ts';
import type { Reporter } from '../render/reporter.ts';
import type { Invocation } from './command.ts';
import { requireFlagFiles } from './flag-files.ts';
import { namedPlaces } from './named-places.ts';
import { openReporter } from './open-reporter.ts';
import { askingBy, withPassphraseFlags } from './passphrase-flags.ts';

export class KeyDesk {
  readonly reporter: Reporter;
  readonly keys: KeyFileStore;
  /** For keys that are not of the directory. */
  readonly passphrases: PassphraseSource;
  readonly trustDir: string;
  /** A path as people write it, fit to be shown. */
  readonly place: (path: string) => string;

  private constructor(invocation: Invocation, ring: KeyRing, trustDir: string) {
    this.reporter = openReporter(invocation);
    this.keys = ring.keys;
    this.passphrases = ring.passphrases;
    this.trustDir = trustDir;
    this.place = shownPlaceOf(invocation.world);
  }

  /** @throws Failure USAGE for flags about passphrases; what `work` throws */
  static async open<T>(invocation: Invocation, work: (desk: KeyDesk) => Promise<T>): Promise<T> {
    await requireFlagFiles(invocation);
    const { trustDir } = placesOf(invocation.world, namedPlaces(invocation.flags));
    const ring = new KeyRing(invocation.world, trustDir, askingBy(invocation));
    try {
      return await work(new KeyDesk(invocation, ring, trustDir));
    } catch (error) {
      throw withPassphraseFlags(asFailure(error));
    } finally {
      await ring.close();
    }
  }
}
