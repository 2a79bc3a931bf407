// docker's rule for names of keys and signers.
import { isSignerName, signerNameFault } from '../../client/publish/signer-roles.ts';
import { Failure } from '../../errors.ts';

/** @throws Failure ROLE_INVALID in docker's words */
export function requireName(name: string, what: 'key' | 'signer'): void {
  if (isSignerName(name)) return;
  throw new Failure('ROLE_INVALID', `${what} name "${name}" ${signerNameFault(name, what)}`, {
    remedy: '',
  });
}
