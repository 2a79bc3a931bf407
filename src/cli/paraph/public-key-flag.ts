// `--key FILE` of commands that let somebody sign: public keys and certificates that collaborators have sent, which may be
// hostile.
import type { Failure } from '../../errors.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import { readPublicKeyArgument } from '../public-key-argument.ts';
import type { Invocation } from './command.ts';
import { requireFile } from './flag-files.ts';

/** In the order of the flags. @throws Failure USAGE for what is no file; what readPublicKeys throws, naming the file */
export async function publicKeysOf(invocation: Invocation): Promise<readonly PublicKey[]> {
  const { flags, world } = invocation;
  const keys: PublicKey[] = [];
  for (const file of flags.texts('key')) {
    await requireFile('key', file, invocation);
    const unusable = (failure: Failure): Failure =>
      failure.with({ remedy: `${failure.remedy}\nThe file is --key ${file}.` });
    keys.push(await readPublicKeyArgument(file, world, { unusable }));
  }
  return keys;
}
