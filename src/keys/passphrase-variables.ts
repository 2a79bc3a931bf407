// Environment variables that answer for a passphrase: those of docker and those of notary. `paraph` takes
// both, so that a script written for either works unchanged (client store §3).
import { isBaseRole } from '../tuf/role.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const notaryNames: ReadonlyMap<string, string> = new Map([
  ['root', 'NOTARY_ROOT_PASSPHRASE'],
  ['targets', 'NOTARY_TARGETS_PASSPHRASE'],
  ['snapshot', 'NOTARY_SNAPSHOT_PASSPHRASE'],
]);

/** Names of the variables that answer for a key of `role`, in the order in which they are tried. */
export function passphraseVariables(role: string): readonly string[] {
  return [...dockerVariables(role), ...notaryVariables(role)];
}

/** As docker has them: one for root keys, one for all others. */
export function dockerVariables(role: string): readonly string[] {
  return role === 'root'
    ? ['DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE']
    : ['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE'];
}

/** As notary has them: one for each role. That of a delegation key is a free name, such as a signer's. */
export function notaryVariables(role: string): readonly string[] {
  const name =
    notaryNames.get(role) ?? (isBaseRole(role) ? undefined : 'NOTARY_DELEGATION_PASSPHRASE');
  return name === undefined ? [] : [name];
}
