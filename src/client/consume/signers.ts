// Names of signers as docker shows them: a delegation without its `targets/`, the owner of the repository key as
// `repository key`.
import type { TargetsRole } from '../../tuf/role.ts';

const repositoryKeyName = 'repository key';

export function signerName(role: TargetsRole): string {
  return role === 'targets' ? repositoryKeyName : role.slice('targets/'.length);
}

export function signerNames(roles: readonly TargetsRole[]): readonly string[] {
  return roles.map(signerName);
}
