// Arguments that name a whole repository, and roles in it.
import {
  delegationNamed as knownDelegation,
  targetsRoleNamed as knownTargetsRole,
} from '../../client/publish/named-roles.ts';
import { asFailure, Failure } from '../../errors.ts';
import { type ImageReference, parseReference } from '../../remote/registry.ts';
import type { DelegationRole, TargetsRole } from '../../tuf/role.ts';

/** The repository of IMAGE; a tag or digest would be passed over, so it is refused. @throws Failure REFERENCE_INVALID */
export function repositoryNamed(asked: string, command: string): ImageReference {
  const reference = parseReference(asked);
  if (reference.tag === undefined && reference.digest === undefined) return reference;
  throw new Failure('REFERENCE_INVALID', `${asked} names one image of a repository`, {
    meaning: `paraph ${command} is about the repository with all its tags.`,
    remedy: `Leave the tag or digest out:\n  ${reference.name}`,
  });
}

/** A role whose file lists tags; `targets/` may be left out. @throws Failure ROLE_INVALID */
export function targetsRoleNamed(text: string): TargetsRole {
  return asRole(text, () => knownTargetsRole(inFull(text)));
}

/** A role that is delegated to; `targets/` may be left out. @throws Failure ROLE_INVALID */
export function delegationNamed(text: string): DelegationRole {
  return asRole(text, () => knownDelegation(inFull(text)));
}

function inFull(text: string): string {
  return text === 'targets' || text.startsWith('targets/') ? text : `targets/${text}`;
}

/** The library speaks as Go. */
function asRole<T>(text: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { code } = asFailure(error);
    const isBase = text === 'targets';
    const problem = isBase ? 'is signed with the repository key' : 'is not a role';
    throw new Failure(code, `${JSON.stringify(text.slice(0, 255))} ${problem}`, {
      cause: error,
      remedy: isBase
        ? 'Name a delegation such as releases or targets/releases.'
        : 'Name targets, or a delegation such as releases or targets/releases, in lower case.',
    });
  }
}
