// Composing metadata. Two steps, so that signing may happen elsewhere or by many: compose the bytes to sign,
// then attach signatures.
//
// What is written here is byte for byte what Go writes (notary dialect §2.1). It has to be: Go peers hash
// their own re-serialisation of what they read, and a file that differs by one byte loses them the repository.
// `release` is the one place that raises versions and sets expiry.
import { canonicalJson, escapeHtml } from '../encoding/canonical-json.ts';
import type { JsonValue } from '../encoding/strict-json.ts';
import { Failure } from '../errors.ts';
import { type Expiry, expiryAt, goTimeText, lifetimeMs } from './expiry.ts';
import { type FileMeta, fileMetaJson } from './file-meta.ts';
import { type PublicKey, publicKeyJson } from './public-key.ts';
import { isBaseRole, type RoleName, type TargetsRole } from './role.ts';
import type { Root } from './root.ts';
import type { RoleKeys, Signature } from './signature.ts';
import type { Snapshot, Timestamp } from './snapshot.ts';
import type { Delegation, Targets } from './targets.ts';

/** Composed and not signed yet. */
export interface Unsigned {
  readonly role: RoleName;
  readonly version: number;
  /** The canonical bytes that each signature is over. */
  readonly signedBytes: Buffer;
}

export interface Release {
  readonly version: number;
  readonly expires: Expiry;
}

/**
 * The next version of a role and how long it is valid; `previousVersion` 0 for the first.
 * @throws Failure VERSION_LEAP at the end of the numbers that every program reads alike
 */
export function release(role: RoleName, previousVersion: number, nowMs: number): Release {
  if (!Number.isSafeInteger(previousVersion + 1)) {
    throw new Failure('VERSION_LEAP', `${role} has no version after ${previousVersion}`);
  }
  const life = isBaseRole(role) ? lifetimeMs[role] : lifetimeMs.delegation;
  return { version: previousVersion + 1, expires: expiryAt(nowMs + life) };
}

/** Composes a root. @throws Failure JSON_INVALID for numbers that are not integers */
export function composeRoot(root: Root): Unsigned {
  const roles = [...root.roles].map(([name, role]): readonly [string, JsonValue] => [
    name,
    object(roleKeysJson(role, root.nulls.has(name))),
  ]);
  return compose('root', 'Root', root, {
    consistent_snapshot: root.consistentSnapshot,
    keys: keysJson(root.keys),
    roles: new Map(roles),
  });
}

/** Composes a snapshot. */
export function composeSnapshot(snapshot: Snapshot): Unsigned {
  return compose('snapshot', 'Snapshot', snapshot, { meta: metaJson(snapshot.meta) });
}

/** Composes a timestamp. */
export function composeTimestamp(timestamp: Timestamp): Unsigned {
  return compose('timestamp', 'Timestamp', timestamp, { meta: metaJson(timestamp.meta) });
}

/** Composes the file of `role`. The table of tags is copied, not rebuilt: it may be large. */
export function composeTargets(role: TargetsRole, targets: Targets): Unsigned {
  const { version, expires, nulls } = targets;
  const delegations = object({
    keys: emptyAsNull(nulls.has('keys'), keysJson(targets.delegations.keys)),
    roles: emptyAsNull(
      nulls.has('roles'),
      targets.delegations.roles.map((item) => delegationJson(item, nulls.has(item.name))),
    ),
  });
  const isNull = nulls.has('targets') && targets.targets.size === 0;
  const signedBytes = Buffer.concat([
    Buffer.from(
      `{"_type":"Targets","delegations":${canonicalJson(delegations)},` +
        `"expires":${canonicalJson(goTimeText(expires))},"targets":`,
    ),
    isNull ? Buffer.from('null') : targets.targets.canonicalBytes(),
    Buffer.from(`,"version":${canonicalJson(version)}}`),
  ]);
  return { role, version, signedBytes };
}

/** The file: what was composed, with signatures in the order given. */
export function attachSignatures(unsigned: Unsigned, signatures: readonly Signature[]): Buffer {
  const listed = signatures.map(({ keyId, method, sig }) => {
    const parts = [keyId, method, sig.toString('base64')].map((text) => JSON.stringify(text));
    return `{"keyid":${parts[0]},"method":${parts[1]},"sig":${parts[2]}}`;
  });
  return Buffer.concat([
    Buffer.from('{"signed":'),
    escapeBytes(unsigned.signedBytes),
    Buffer.from(`,"signatures":[${escapeHtml(listed.join(','))}]}`),
  ]);
}

function compose(
  role: RoleName,
  type: string,
  head: Release,
  rest: Readonly<Record<string, JsonValue>>,
): Unsigned {
  const { version, expires } = head;
  const signed = object({ _type: type, expires: goTimeText(expires), version, ...rest });
  return { role, version, signedBytes: Buffer.from(canonicalJson(signed)) };
}

const htmlBytes = ['<', '>', '&', '\u2028', '\u2029'].map((text) => Buffer.from(text));

/** Escapes as Go does in files; large files rarely need it, so they are searched before they are rebuilt. */
function escapeBytes(canonical: Buffer): Buffer {
  const isClean = htmlBytes.every((text) => !canonical.includes(text));
  return isClean ? canonical : Buffer.from(escapeHtml(canonical.toString()));
}

function delegationJson(delegation: Delegation, hasNullKeys: boolean): JsonValue {
  const { name, paths } = delegation;
  const members = { ...roleKeysJson(delegation, hasNullKeys), name };
  return object(paths.length === 0 ? members : { ...members, paths });
}

function roleKeysJson(
  role: RoleKeys,
  hasNullKeys: boolean,
): { readonly keyids: JsonValue; readonly threshold: number } {
  return { keyids: emptyAsNull(hasNullKeys, role.keyIds), threshold: role.threshold };
}

function keysJson(keys: ReadonlyMap<string, PublicKey>): JsonValue {
  return new Map([...keys].map(([id, key]) => [id, publicKeyJson(key)]));
}

function metaJson(meta: ReadonlyMap<string, FileMeta>): JsonValue {
  return new Map([...meta].map(([name, file]) => [name, fileMetaJson(file)]));
}

/** Go tells an empty list from none at all; what was `null` when it was read and is still empty stays so. */
function emptyAsNull(wasNull: boolean, value: JsonValue): JsonValue {
  if (!wasNull) return value;
  const isEmpty = Array.isArray(value)
    ? value.length === 0
    : value instanceof Map && value.size === 0;
  return isEmpty ? null : value;
}

function object(members: Readonly<Record<string, JsonValue>>): JsonValue {
  return new Map(Object.entries(members));
}
