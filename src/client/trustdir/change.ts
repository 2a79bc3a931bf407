// One staged change in Go's format (client store §4): what to do to which role, and the payload of a
// change to a target. Pure: bytes to values and back.
//
// Invariant: what is written here is what Go's encoder would write; what Go wrote comes back equal.
import { decodeBase64 } from '../../encoding/base64.ts';
import { canonicalJson, compareUtf8, escapeHtml } from '../../encoding/canonical-json.ts';
import { JsonView } from '../../encoding/json-view.ts';
import { type JsonValue, parseJson } from '../../encoding/strict-json.ts';
import { type FileMeta, parseFileMeta } from '../../tuf/file-meta.ts';

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

/**
 * The target that a `create target` change carries.
 * @throws Failure CACHE_DAMAGED naming `path` when it carries none
 */
export function changedTarget(change: Change, path: string): FileMeta {
  const json = parseJson(change.data ?? Buffer.from('null'));
  return parseFileMeta(new JsonView(json, path, 'CACHE_DAMAGED'));
}

/** Canonical JSON leaves control characters in strings as they are; a document escapes them. */
function jsonText(value: JsonValue): string {
  return canonicalJson(value).replace(
    /\p{Cc}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
