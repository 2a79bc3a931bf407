// For commands that read which keys there are and decrypt none.
import { Failure } from '../errors.ts';
import type { PassphraseSource } from '../keys/key-store.ts';

export const noPassphrases: PassphraseSource = {
  passphrase: () =>
    Promise.reject(new Failure('PASSPHRASE_MISSING', 'this command decrypts no key')),
};
