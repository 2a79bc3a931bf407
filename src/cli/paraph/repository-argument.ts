// Arguments that name a whole repository, and roles in it.
import { Failure } from '../../errors.ts';
import { type ImageReference, parseReference } from '../../remote/registry.ts';
import { isTargetsRole, type TargetsRole } from '../../tuf/role.ts';

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
  const role = text === 'targets' || text.startsWith('targets/') ? text : `targets/${text}`;
  if (isTargetsRole(role)) return role;
  throw new Failure('ROLE_INVALID', `${JSON.stringify(text.slice(0, 255))} is not a role`, {
    remedy: 'Name targets, or a delegation such as releases or targets/releases, in lower case.',
  });
}
