// The root file (notary dialect, section 3.1): which keys exist, and which of them sign for which role.
import type { JsonView } from '../encoding/json-view.ts';
import { type Expiry, parseExpiry } from './expiry.ts';
import { invalid } from './file-meta.ts';
import { type PublicKey, parsePublicKey } from './public-key.ts';
import { baseRoles } from './role.ts';
import type { RoleKeys } from './signature.ts';
import { readSignedTree, type SignedFile } from './signed-file.ts';

export interface Root {
  readonly version: number;
  readonly expires: Expiry;
  /** By the id under which the file lists them; a wrong id is found when the key is used. */
  readonly keys: ReadonlyMap<string, PublicKey>;
  /** The four base roles, and any other that the file names. */
  readonly roles: ReadonlyMap<string, RoleKeys>;
  readonly consistentSnapshot: boolean;
  /** Names of roles whose empty list of keys stood as `null`, which Go writes back as it was. */
  readonly nulls: ReadonlySet<string>;
}

export type RootFile = SignedFile<Root>;

/** Reads a root file; nothing in it is verified yet. @throws Failure JSON_INVALID, METADATA_INVALID */
export function parseRoot(bytes: Buffer): RootFile {
  return readSignedTree(bytes, parseSigned);
}

/** The keys of a base role; present because the structure check asks for all four. */
export function roleKeysOf(root: Root, role: (typeof baseRoles)[number]): RoleKeys {
  const keys = root.roles.get(role);
  if (keys === undefined) throw invalid('root', `missing ${role} role specification`);
  return keys;
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

/** Reads `keys`: id to key. `null` counts as none. */
export function parseKeys(view: JsonView): ReadonlyMap<string, PublicKey> {
  if (!view.exists || view.isNull) return new Map();
  return new Map(
    view.entries().map(([id, key]) => {
      key.withNames('keytype', 'keyval').member('keyval').withNames('private', 'public');
      return [id, parsePublicKey(key)];
    }),
  );
}

/** Reads `keyids` and `threshold`. `null` counts as no keys. */
export function parseRoleKeys(view: JsonView): RoleKeys {
  const ids = view.member('keyids');
  const threshold = view.member('threshold');
  return {
    keyIds: ids.exists && !ids.isNull ? ids.list().map((id) => id.string()) : [],
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

function parseSigned(signed: JsonView): Root {
  signed.withNames('_type', 'consistent_snapshot', 'expires', 'keys', 'roles', 'version');
  const head = parseHead(signed, 'root', 'Root');
  const keys = parseKeys(signed.member('keys'));
  const roles = new Map<string, RoleKeys>();
  const nulls = new Set<string>();
  for (const [name, role] of signed.member('roles').entries()) {
    role.withNames('keyids', 'threshold');
    if (!role.member('keyids').exists || role.member('keyids').isNull) nulls.add(name);
    roles.set(name, parseRoleKeys(role));
  }
  for (const name of baseRoles) {
    const role = roles.get(name);
    if (role === undefined) throw invalid('root', `missing ${name} role specification`);
    checkRoleKeys('root', name, role, keys);
  }
  const consistent = signed.member('consistent_snapshot');
  return {
    ...head,
    keys,
    roles,
    nulls,
    consistentSnapshot: consistent.exists && !consistent.isNull && consistent.boolean(),
  };
}
