// `--key FILE` of commands that let somebody sign: public keys and certificates that collaborators have sent, which may be
// hostile.
import { asFailure } from '../../errors.ts';
import { readPublicKeys } from '../../keys/public-key-file.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import { readArgumentFile } from '../argument-file.ts';
import type { Invocation } from './command.ts';
import { requireFile } from './flag-files.ts';

/** In the order of the flags. @throws Failure USAGE for what is no file; what readPublicKeys throws, naming the file */
export async function publicKeysOf(invocation: Invocation): Promise<readonly PublicKey[]> {
  const { flags, world } = invocation;
  const keys: PublicKey[] = [];
  for (const file of flags.texts('key')) {
    await requireFile('key', file, invocation);
    const pem = await readArgumentFile(file, world);
    try {
      keys.push(readPublicKeys(pem.toString('latin1'), world.nowMs()));
    } catch (error) {
      const failure = asFailure(error);
      throw failure.with({ remedy: `${failure.remedy}\nThe file is --key ${file}.` });
    }
  }
  return keys;
}
