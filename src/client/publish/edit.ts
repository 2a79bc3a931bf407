// What a publisher wants changed, as data. Edits are planned against the state that is published now, so that
// they can be planned again after somebody else was quicker.
import { canonicalJson } from '../../encoding/canonical-json.ts';
import type { TargetsRole } from '../../tuf/role.ts';
import type { Target } from '../../tuf/target-table.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';

export type Edit =
  | {
      readonly kind: 'set-tag';
      readonly role: TargetsRole;
      readonly name: string;
      readonly target: Target;
    }
  /** For `notary remove` and `docker trust revoke`, when they are spoken here. */
  | { readonly kind: 'remove-tag'; readonly role: TargetsRole; readonly name: string };

/** Decides on edits for a repository as it is now; may throw any Failure. */
export type Plan = (repository: TrustedRepository) => Promise<readonly Edit[]>;

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
