// docker's rule for names of keys and signers.
import { Failure } from '../../errors.ts';

const fitName = /^[a-z0-9][a-z0-9_-]*$/;

/** @throws Failure ROLE_INVALID in docker's words */
export function requireName(name: string, what: 'key' | 'signer'): void {
  if (fitName.test(name)) return;
  throw new Failure(
    'ROLE_INVALID',
    `${what} name "${name}" must start with lowercase alphanumeric characters and can include "-" or "_" after the first character`,
    { remedy: '' },
  );
}
