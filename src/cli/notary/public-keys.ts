// Stands where reading public keys from files will be.
import { Failure } from '../../errors.ts';
import type { PublicKey } from '../../tuf/public-key.ts';

export function readPublicKeys(_pem: string, _nowMs: number): PublicKey {
  throw new Failure('INTERNAL', 'public keys cannot be read yet');
}
