// Waits for the reading of public keys.
import { Failure } from '../../errors.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import type { World } from '../world.ts';

export function readSignerKeys(
  paths: readonly string[],
  { workingDir }: World,
): Promise<readonly PublicKey[]> {
  const where = `${paths.join(', ')} in ${workingDir}`;
  return Promise.reject(new Failure('USAGE', `public keys cannot be read yet: ${where}`));
}
