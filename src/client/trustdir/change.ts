// One staged change in Go's format (client store §4): what to do to which role, and what the change carries: a
// target, or what becomes of a delegation. Pure: bytes to values and back.
//
// Invariant: what is written here is what Go's encoder would write; what Go wrote comes back equal.
import { decodeBase64 } from '../../encoding/base64.ts';
import { canonicalJson, compareUtf8, escapeHtml } from '../../encoding/canonical-json.ts';
import { JsonView } from '../../encoding/json-view.ts';
import { type JsonValue, parseJson } from '../../encoding/strict-json.ts';
import { type FileMeta, parseFileMeta } from '../../tuf/file-meta.ts';
import { type PublicKey, parsePublicKey } from '../../tuf/public-key.ts';

export const changeActions = ['create', 'update', 'delete'] as const;
export type ChangeAction = (typeof changeActions)[number];

export interface Change {
  readonly action: ChangeAction;
  /** `targets`, a delegation, `targets/*` for purging, `root` for an in-memory role change. */
  readonly role: string;
  /** `target`, `delegation`, `witness` or `role`. */
  readonly type: string;
  /** Name of the target; empty for other types. */
  readonly path: string;
  /** The payload as it lay in the file; undefined where Go writes null. */
  readonly data: Buffer | undefined;
}

/** Reads one change file. @throws Failure CACHE_DAMAGED when it is not one */
export function parseChange(bytes: Buffer, path: string): Change {
  const view = new JsonView(parseJson(bytes), path, 'CACHE_DAMAGED');
  const text = view.member('action').string();
  const data = view.member('data');
  return {
    action:
      changeActions.find((known) => known === text) ?? view.member('action').fail('is not known'),
    role: view.member('role').string(),
    type: view.member('type').string(),
    path: view.member('path').string(),
    data: !data.exists || data.isNull ? undefined : decodeBase64(data.string()),
  };
}

/** The change as Go writes it: members in Go's order, `<>&` escaped, no newline at the end. */
export function changeBytes(change: Change): Buffer {
  const members: readonly (readonly [string, string | null])[] = [
    ['action', change.action],
    ['role', change.role],
    ['type', change.type],
    ['path', change.path],
    ['data', change.data?.toString('base64') ?? null],
  ];
  const text = members.map(([name, value]) => `"${name}":${JSON.stringify(value)}`).join(',');
  return Buffer.from(escapeHtml(`{${text}}`));
}

/**
 * The change that stages `target` under `name` in `role`.
 * @throws Failure JSON_INVALID for a `custom` that Go cannot sign
 */
export function targetChange(role: string, name: string, target: FileMeta): Change {
  const hashes = [...target.hashes]
    .sort(([a], [b]) => compareUtf8(a, b))
    .map(([algorithm, digest]) => `${JSON.stringify(algorithm)}:"${digest.toString('base64')}"`);
  const custom = target.custom === undefined ? '' : `,"custom":${jsonText(target.custom)}`;
  const data = `{"length":${target.length},"hashes":{${hashes.join(',')}}${custom}}`;
  return {
    action: 'create',
    role,
    type: 'target',
    path: name,
    data: Buffer.from(escapeHtml(data)),
  };
}

/** The change that takes `name` out of `role`. */
export function removeTargetChange(role: string, name: string): Change {
  return { action: 'delete', role, type: 'target', path: name, data: undefined };
}

/** What a change to a delegation carries. */
export interface DelegationContent {
  readonly threshold?: number;
  readonly addKeys?: readonly PublicKey[];
  /** Canonical. */
  readonly removeKeyIds?: readonly string[];
  readonly addPaths?: readonly string[];
  readonly removePaths?: readonly string[];
  readonly clearPaths?: boolean;
}

/**
 * The change that makes or changes the delegation `role`; `update` of `targets/*` with ids to remove takes these keys
 * out of every delegation. notary adds keys and paths by two changes, keys first.
 */
export function delegationChange(
  role: string,
  action: 'create' | 'update',
  content: DelegationContent,
): Change {
  const { threshold, addKeys, removeKeyIds, addPaths, removePaths, clearPaths } = content;
  const members = {
    threshold: threshold === 0 ? undefined : threshold,
    add_keys: someOf(addKeys?.map(goKey)),
    remove_keys: someOf(removeKeyIds),
    add_paths: someOf(addPaths),
    remove_paths: someOf(removePaths),
    clear_paths: clearPaths === true ? true : undefined,
  };
  const data = Buffer.from(escapeHtml(JSON.stringify(members)));
  return { action, role, type: 'delegation', path: '', data };
}

/** The change that removes the delegation `role`, with its keys and paths. */
export function removeDelegationChange(role: string): Change {
  return { action: 'delete', role, type: 'delegation', path: '', data: undefined };
}

/** The change that has `role` signed again as it is. */
export function witnessChange(role: string): Change {
  return { action: 'update', role, type: 'witness', path: '', data: undefined };
}

/**
 * The target that a `create target` change carries.
 * @throws Failure CACHE_DAMAGED naming `path` when it carries none
 */
export function changedTarget(change: Change, path: string): FileMeta {
  return parseFileMeta(payload(change, path));
}

/**
 * What a `create delegation` or `update delegation` change carries.
 * @throws Failure CACHE_DAMAGED naming `path` when it carries nothing, or a new name, which Go passes over
 */
export function changedDelegation(change: Change, path: string): Required<DelegationContent> {
  const view = payload(change, path);
  const strings = (name: string) => optional(view.member(name), (one) => one.list(), []);
  if (optional(view.member('new_name'), (name) => name.string(), '') !== '') {
    view.member('new_name').fail('cannot be published: a delegation is not renamed');
  }
  return {
    threshold: optional(view.member('threshold'), (count) => count.integer(), 0),
    addKeys: strings('add_keys').map(parsePublicKey),
    removeKeyIds: strings('remove_keys').map((id) => id.string()),
    addPaths: strings('add_paths').map((prefix) => prefix.string()),
    removePaths: strings('remove_paths').map((prefix) => prefix.string()),
    clearPaths: optional(view.member('clear_paths'), (flag) => flag.boolean(), false),
  };
}

/**
 * The keys that a `create role` change gives a base role. Go makes such changes in memory only, and applies them from
 * files as well. @throws Failure CACHE_DAMAGED naming `path`
 */
export function changedRoleKeys(
  change: Change,
  path: string,
): { readonly role: string; readonly keys: readonly PublicKey[] } {
  const view = payload(change, path);
  return {
    role: view.member('role').string(),
    keys: view.member('keys').list().map(parsePublicKey),
  };
}

function payload(change: Change, path: string): JsonView {
  return new JsonView(parseJson(change.data ?? Buffer.from('null')), path, 'CACHE_DAMAGED');
}

function optional<T>(view: JsonView, read: (view: JsonView) => T, absent: T): T {
  return !view.exists || view.isNull ? absent : read(view);
}

/** Go leaves empty lists out. */
function someOf<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

/** Go's encoder writes the members of a key in the order of its declaration, which is not that of metadata. */
function goKey({ keyType, publicBytes }: PublicKey): object {
  return {
    keytype: keyType,
    keyval: { public: publicBytes.toString('base64'), private: null },
  };
}

/** Canonical JSON leaves control characters in strings as they are; a document escapes them. */
function jsonText(value: JsonValue): string {
  return canonicalJson(value).replace(
    /\p{Cc}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
