// The public keys that `docker trust signer add --key FILE` names, in docker's words where they cannot be used.
import { asFailure } from '../../errors.ts';
import { readPublicKeys } from '../../keys/public-key-file.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import { readArgumentFile } from '../argument-file.ts';
import type { World } from '../world.ts';
import { prefixed } from './words.ts';

/** @throws Failure with the first file that is not there or holds no public key */
export async function readSignerKeys(
  paths: readonly string[],
  world: World,
): Promise<readonly PublicKey[]> {
  const keys: PublicKey[] = [];
  for (const path of paths) keys.push(await readSignerKey(path, world));
  return keys;
}

async function readSignerKey(path: string, world: World): Promise<PublicKey> {
  const pem = await readArgumentFile(path, world).catch((error: unknown) => {
    throw prefixed('unable to read public key from file: ', asFailure(error));
  });
  try {
    return readPublicKeys(pem.toString('latin1'), world.nowMs());
  } catch (error) {
    throw prefixed(`could not parse public key from file: ${path}: `, asFailure(error));
  }
}
