// Which roles a tag is signed in when the publisher names none, by docker's rule (docker trust §5): the
// repository key alone while there are no delegations; else every direct delegation whose paths admit the tag
// and of which some key is here. The repository key is then not used even if it is here.
import { Failure } from '../../errors.ts';
import { isAllowed } from '../../tuf/delegation-walk.ts';
import { isDelegationRole, parentRole, type TargetsRole } from '../../tuf/role.ts';
import type { Delegation, Delegations } from '../../tuf/targets.ts';
import type { TrustedSet } from '../../tuf/trusted-set.ts';
import { type LocalKeys, localKeysOf, misplacedKey } from './role-signers.ts';

/** @throws Failure KEY_NOT_FOUND, KEY_ROLE_MISMATCH when there are delegations and none can be signed here */
export function signingRoles(
  set: TrustedSet,
  gun: string,
  tag: string,
  local: LocalKeys,
): readonly TargetsRole[] {
  const delegations = set.targets('targets')?.signed.delegations;
  const direct = (delegations?.roles ?? []).filter(
    ({ name }) => isDelegationRole(name) && parentRole(name) === 'targets',
  );
  if (delegations === undefined || direct.length === 0) return ['targets'];
  const admitting = direct.filter(({ paths }) => isAllowed(tag, paths));
  const authorities = admitting.map((roleKeys) => ({
    role: roleKeys.name,
    roleKeys,
    keys: delegations.keys,
  }));
  const signable = authorities.filter((one) => localKeysOf(one, gun, local).length > 0);
  if (signable.length > 0) return signable.map(({ role }) => role);
  for (const one of authorities) {
    const misplaced = misplacedKey(one, gun, local);
    if (misplaced !== undefined) throw misplaced;
  }
  throw noDelegationKey(tag, admitting, delegations);
}

function noDelegationKey(
  tag: string,
  admitting: readonly Delegation[],
  { keys }: Delegations,
): Failure {
  return new Failure('KEY_NOT_FOUND', 'no valid signing keys for delegation roles', {
    facts: {
      tag,
      ...Object.fromEntries(
        admitting.map(({ name, keyIds }) => [
          name,
          keyIds.map((id) => shortId(keys.get(id)?.canonicalId ?? id)).join(', '),
        ]),
      ),
    },
    meaning:
      admitting.length === 0
        ? 'The repository has delegations, and none of them may sign this tag.'
        : 'The repository has delegations, so the repository key is not used; no key of one of them is here.',
    remedy:
      'Copy the key of a delegation that is named into private/ of the trust directory, or import it with ' +
      '`notary key import FILE`; or ask its owner to sign.',
  });
}

function shortId(id: string): string {
  return id.slice(0, 7);
}
