// Public keys and certificates that arguments name: files of collaborators, which may be hostile. A grammar only words
// what is wrong with one.
import { asFailure, type Failure } from '../errors.ts';
import { readPublicKeys } from '../keys/public-key-file.ts';
import type { PublicKey } from '../tuf/public-key.ts';
import { readArgumentFile } from './argument-file.ts';
import type { World } from './world.ts';

/** What a grammar makes of a failure; one that it leaves out stays as it is. */
export interface PublicKeyWords {
  /** For a file that cannot be read. */
  readonly unread?: (failure: Failure) => Failure;
  /** For a file that holds no public key that can be used. */
  readonly unusable?: (failure: Failure) => Failure;
}

/** @throws Failure as readArgumentFile and readPublicKeys, in `words` */
export async function readPublicKeyArgument(
  file: string,
  world: World,
  { unread = asItIs, unusable = asItIs }: PublicKeyWords = {},
): Promise<PublicKey> {
  const pem = await readArgumentFile(file, world).catch((error: unknown) => {
    throw unread(asFailure(error));
  });
  try {
    return readPublicKeys(pem.toString('latin1'), world.nowMs());
  } catch (error) {
    throw unusable(asFailure(error));
  }
}

function asItIs(failure: Failure): Failure {
  return failure;
}
