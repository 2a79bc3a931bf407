// The root file (notary dialect §3.1): which keys exist, and which of them sign for which role.
import type { JsonView } from '../encoding/json-view.ts';
import type { Expiry } from './expiry.ts';
import type { PublicKey } from './public-key.ts';
import { type BaseRole, baseRoles } from './role.ts';
import type { RoleKeys } from './signature.ts';
import { readSignedTree, type SignedFile } from './signed-file.ts';
import { checkRoleKeys, invalid, parseHead, parseKeys, parseRoleKeys } from './structure.ts';

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
export function roleKeysOf(root: Root, role: BaseRole): RoleKeys {
  const keys = root.roles.get(role);
  if (keys === undefined) throw invalid('root', `missing ${role} role specification`);
  return keys;
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
