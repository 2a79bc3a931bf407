// Targets files, of `targets` and of every delegation alike (notary dialect §3.2): tags, and who else
// may sign tags.
import type { JsonScanner } from '../encoding/json-scanner.ts';
import { JsonView } from '../encoding/json-view.ts';
import type { JsonValue } from '../encoding/strict-json.ts';
import type { Expiry } from './expiry.ts';
import type { PublicKey } from './public-key.ts';
import { type DelegationRole, isDelegationRole, parentRole, type TargetsRole } from './role.ts';
import type { RoleKeys } from './signature.ts';
import { readSignedFile, type SignedFile } from './signed-file.ts';
import { checkRoleKeys, invalid, parseHead, parseKeys, parseRoleKeys } from './structure.ts';
import { TargetTable } from './target-table.ts';

export interface Delegation extends RoleKeys {
  readonly name: DelegationRole;
  /** Plain string prefixes; the empty string allows every tag. */
  readonly paths: readonly string[];
}

export interface Delegations {
  readonly keys: ReadonlyMap<string, PublicKey>;
  /** In the order of the file, which is the order of lookup. */
  readonly roles: readonly Delegation[];
}

export interface Targets {
  readonly version: number;
  readonly expires: Expiry;
  readonly targets: TargetTable;
  readonly delegations: Delegations;
  /**
   * Which empty lists and tables stood as `null`: `targets`, `keys`, `roles`, or the name of a delegation for
   * its key ids. Go writes them back as they were.
   */
  readonly nulls: ReadonlySet<string>;
}

export type TargetsFile = SignedFile<Targets>;

/** Reads the file of `role`; nothing in it is verified yet. @throws Failure JSON_INVALID, METADATA_INVALID */
export function parseTargets(bytes: Buffer, role: TargetsRole): TargetsFile {
  return readSignedFile(bytes, (scanner) => readSigned(scanner, role));
}

/** What `targets` says of a role that it delegates to; undefined when it does not. The first entry counts, as in Go. */
export function delegationIn(targets: Targets, role: DelegationRole): Delegation | undefined {
  return targets.delegations.roles.find(({ name }) => name === role);
}

function readSigned(scanner: JsonScanner, role: TargetsRole): Targets {
  const members = new Map<string, JsonValue>();
  let targets = TargetTable.empty();
  scanner.readMembers((name) => {
    scanner.skipSpace();
    if (name === 'targets' && scanner.bytes[scanner.at] === '{'.charCodeAt(0)) {
      targets = TargetTable.read(scanner);
      members.set(name, new Map());
    } else members.set(name, scanner.readValue());
  });
  const signed = new JsonView(members, 'signed', 'METADATA_INVALID');
  signed.withNames('_type', 'delegations', 'expires', 'targets', 'version');
  const head = parseHead(signed, 'targets', 'Targets');
  const nulls = new Set<string>();
  if (isNullOrAbsent(signed.member('targets'))) nulls.add('targets');
  else signed.member('targets').object();
  const delegations = parseDelegations(signed.member('delegations'), role, nulls);
  return { ...head, targets, delegations, nulls };
}

function parseDelegations(view: JsonView, role: TargetsRole, nulls: Set<string>): Delegations {
  if (isNullOrAbsent(view)) {
    nulls.add('keys').add('roles');
    return { keys: new Map(), roles: [] };
  }
  view.withNames('keys', 'roles');
  const keys = parseKeys(view.member('keys'));
  const listed = view.member('roles');
  if (isNullOrAbsent(view.member('keys'))) nulls.add('keys');
  if (isNullOrAbsent(listed)) nulls.add('roles');
  const roles = isNullOrAbsent(listed)
    ? []
    : listed.list().map((item) => parseDelegation(item, role, keys, nulls));
  return { keys, roles };
}

function parseDelegation(
  view: JsonView,
  owner: TargetsRole,
  keys: ReadonlyMap<string, PublicKey>,
  nulls: Set<string>,
): Delegation {
  view.withNames('keyids', 'name', 'paths', 'threshold');
  const name = view.member('name').string();
  if (!isDelegationRole(name) || parentRole(name) !== owner) {
    throw invalid('targets', `delegation role ${JSON.stringify(name).slice(1, -1)} invalid`);
  }
  const roleKeys = parseRoleKeys(view);
  checkRoleKeys('targets', name, roleKeys, keys);
  if (isNullOrAbsent(view.member('keyids'))) nulls.add(name);
  const paths = view.member('paths');
  return {
    name,
    ...roleKeys,
    paths: isNullOrAbsent(paths) ? [] : paths.list().map((path) => path.string()),
  };
}

function isNullOrAbsent(view: JsonView): boolean {
  return !view.exists || view.isNull;
}
