// What the structure checks of all roles share (notary dialect §3): the head of a file, lists of keys, and who
// may sign for a role. Wording is Go's, because the server hands it on.
import type { JsonView } from '../encoding/json-view.ts';
import { Failure } from '../errors.ts';
import { type Expiry, parseExpiry } from './expiry.ts';
import { type PublicKey, parsePublicKey } from './public-key.ts';
import type { RoleKeys } from './signature.ts';

/** Go's wording for a file whose structure is not that of its role. */
export function invalid(role: string, problem: string): Failure {
  return new Failure('METADATA_INVALID', `${role} type metadata invalid: ${problem}`);
}

/** Reads `version`, at least 1, and `expires`, and checks `_type`: what every role begins with. */
export function parseHead(
  signed: JsonView,
  role: string,
  type: string,
): { readonly version: number; readonly expires: Expiry } {
  const actual = signed.member('_type').string();
  if (actual !== type) {
    throw invalid(role, `expected type ${type}, not ${JSON.stringify(actual).slice(1, -1)}`);
  }
  const version = signed.member('version').integer();
  if (version < 1) {
    throw invalid(role, `version cannot be less than ${role.startsWith('targets') ? 'one' : '1'}`);
  }
  return { version, expires: parseExpiry(signed.member('expires').string()) };
}

/** Keys in one file. Each is hashed when it is read, before anything of the file is verified. */
const maxKeys = 4096;

/** Reads `keys`: id to key. `null` counts as none. */
export function parseKeys(view: JsonView): ReadonlyMap<string, PublicKey> {
  if (!view.exists || view.isNull) return new Map();
  const entries = view.entries();
  if (entries.length > maxKeys) view.fail(`has more than ${maxKeys} entries`);
  return new Map(
    entries.map(([id, key]) => {
      key.withNames('keytype', 'keyval').member('keyval').withNames('private', 'public');
      return [id, parsePublicKey(key)];
    }),
  );
}

/** Keys of one role. Each may have to be read and compared, and no honest role has a tenth of this. */
const maxRoleKeys = 1024;

/** Reads `keyids` and `threshold`. `null` counts as no keys. */
export function parseRoleKeys(view: JsonView): RoleKeys {
  const ids = view.member('keyids');
  const threshold = view.member('threshold');
  const listed = ids.exists && !ids.isNull ? ids.list() : [];
  if (listed.length > maxRoleKeys) ids.fail(`has more than ${maxRoleKeys} entries`);
  return {
    keyIds: listed.map((id) => id.string()),
    threshold: threshold.exists ? threshold.integer() : 0,
  };
}

/** Refuses a role without a usable threshold, or with a key that is not listed. */
export function checkRoleKeys(
  owner: string,
  role: string,
  keys: RoleKeys,
  listed: ReadonlyMap<string, PublicKey>,
): void {
  if (keys.threshold < 1) {
    throw invalid(owner, `invalid threshold specified for ${role}: ${keys.threshold} `);
  }
  for (const id of keys.keyIds) {
    if (!listed.has(id)) {
      const shown = JSON.stringify(id).slice(1, -1);
      throw invalid(owner, `key ID ${shown} specified in ${role} without corresponding key`);
    }
  }
}
