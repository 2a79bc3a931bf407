// What a publisher wants changed, as data. Edits are planned against the state that is published now, so that
// they can be planned again after somebody else was quicker.
import { canonicalJson } from '../../encoding/canonical-json.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import {
  type BaseRole,
  type DelegationRole,
  parentRole,
  type TargetsRole,
} from '../../tuf/role.ts';
import type { Target } from '../../tuf/target-table.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';

export type Edit =
  | {
      readonly kind: 'set-tag';
      readonly role: TargetsRole;
      readonly name: string;
      readonly target: Target;
    }
  | { readonly kind: 'remove-tag'; readonly role: TargetsRole; readonly name: string }
  | DelegationChange
  | { readonly kind: 'remove-delegation'; readonly role: DelegationRole }
  | KeyPurge
  /** Signs a role again as it is, also one that does not count now. */
  | { readonly kind: 'witness'; readonly role: TargetsRole }
  | KeyReplacement;

/** Makes or changes a delegation; as in Go, what is removed goes before what is added. */
export interface DelegationChange {
  readonly kind: 'change-delegation';
  readonly role: DelegationRole;
  /** Whether the role may be made by this edit. */
  readonly isNew: boolean;
  /** Of a role that is made; one that exists keeps its own. */
  readonly threshold?: number;
  /** Of one that exists, too. No change file of Go's says this. */
  readonly newThreshold?: number;
  readonly addKeys: readonly PublicKey[];
  /** Canonical. */
  readonly removeKeyIds: readonly string[];
  readonly addPaths: readonly string[];
  readonly removePaths: readonly string[];
  readonly clearPaths: boolean;
  /** See triedBefore. */
  readonly wasTried?: boolean;
}

/** Takes keys out of every delegation of `below` and of the roles below it that can be signed here. */
export interface KeyPurge {
  readonly kind: 'purge-keys';
  /** Canonical. */
  readonly keyIds: readonly string[];
  /** `targets` when absent. */
  readonly below?: TargetsRole;
  /** See triedBefore. */
  readonly wasTried?: boolean;
}

/**
 * `edit` once more, after a run that took it and was killed before it saw the end of its upload: keys that were listed
 * then may be gone since, and that is no mistake.
 */
export function triedBefore(edit: Edit): Edit {
  const takesKeys = edit.kind === 'change-delegation' || edit.kind === 'purge-keys';
  return takesKeys ? { ...edit, wasTried: true } : edit;
}

/** Rotation: all keys of a base role give way to `keys`. For root these are certificates of the repository. */
export interface KeyReplacement {
  readonly kind: 'replace-keys';
  readonly role: BaseRole;
  readonly keys: readonly PublicKey[];
  /** Keys of older roots that sign the new one as well, if they are here: for consumers of before notary 0.6. */
  readonly alsoSignedBy?: readonly PublicKey[];
}

/** Decides on edits for a repository as it is now; may throw any Failure. */
export type Plan = (repository: TrustedRepository) => Promise<readonly Edit[]>;

/** The roles that say otherwise after `edit`; of a purge it shows only when it is applied. */
export function editedRoles(edit: Edit): readonly TargetsRole[] {
  switch (edit.kind) {
    case 'set-tag':
    case 'remove-tag':
    case 'witness':
      return [edit.role];
    case 'change-delegation':
    case 'remove-delegation':
      return [parentRole(edit.role)];
    case 'replace-keys':
      return edit.role === 'targets' ? ['targets'] : [];
    default:
      return [];
  }
}

/** True when two entries would be written alike. */
export function isSameTarget(a: Target, b: Target): boolean {
  if (a.length !== b.length || a.hashes.size !== b.hashes.size) return false;
  for (const [name, digest] of a.hashes) {
    if (b.hashes.get(name)?.equals(digest) !== true) return false;
  }
  return customText(a) === customText(b);
}

function customText({ custom }: Target): string {
  return custom === undefined ? '' : canonicalJson(custom);
}
