// The public keys that `docker trust signer add --key FILE` names, in docker's words where they cannot be used.
import type { PublicKey } from '../../tuf/public-key.ts';
import { readPublicKeyArgument } from '../public-key-argument.ts';
import type { World } from '../world.ts';
import { prefixed } from './words.ts';

/** @throws Failure with the first file that is not there or holds no public key */
export async function readSignerKeys(
  paths: readonly string[],
  world: World,
): Promise<readonly PublicKey[]> {
  const keys: PublicKey[] = [];
  for (const path of paths) {
    const key = await readPublicKeyArgument(path, world, {
      unread: (failure) => prefixed('unable to read public key from file: ', failure),
      unusable: (failure) => prefixed(`could not parse public key from file: ${path}: `, failure),
    });
    keys.push(key);
  }
  return keys;
}
