// Environment variables that answer for a passphrase: those of docker, then those of notary, so that a
// script written for either works unchanged (client store §3).
import { isBaseRole } from '../tuf/role.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const notaryVariables: ReadonlyMap<string, string> = new Map([
  ['root', 'NOTARY_ROOT_PASSPHRASE'],
  ['targets', 'NOTARY_TARGETS_PASSPHRASE'],
  ['snapshot', 'NOTARY_SNAPSHOT_PASSPHRASE'],
]);

/** Names of the variables that answer for a key of `role`, in the order in which they are tried. */
export function passphraseVariables(role: string): readonly string[] {
  const docker =
    role === 'root'
      ? 'DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE'
      : 'DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE';
  // The role of a delegation key is a free name, such as that of a signer.
  const notary =
    notaryVariables.get(role) ?? (isBaseRole(role) ? undefined : 'NOTARY_DELEGATION_PASSPHRASE');
  return notary === undefined ? [docker] : [docker, notary];
}
