// What content to be signed says of itself: the role that it is metadata of, and its version. Content is what any
// client of the signer sends.
//
// Invariant: one reading only. Content with two members that a Go client takes for `_type`, whose names it compares
// without case, states no role.
import { JsonView } from '../encoding/json-view.ts';
import { parseJson } from '../encoding/strict-json.ts';

export interface SignedContent {
  readonly role: string;
  /** Undefined when it states none that can be compared: then there is no floor to raise. */
  readonly version: number | undefined;
}

/** The roles whose keys sign metadata of that role and nothing else. */
const metadataRoles: ReadonlySet<string> = new Set(['root', 'targets', 'snapshot', 'timestamp']);

/** Undefined when the content is not the `signed` part of a metadata file. */
export function readSignedContent(content: Buffer): SignedContent | undefined {
  try {
    const signed = new JsonView(parseJson(content), 'signed');
    const role = signed.member('_type').string().toLowerCase();
    const types = [...signed.object().keys()].filter((name) => name.toLowerCase() === '_type');
    if (!metadataRoles.has(role) || types.length !== 1) return undefined;
    return { role, version: versionOf(signed.member('version').value) };
  } catch {
    return undefined;
  }
}

/**
 * Whether a key that was made for `role` may sign `content`. Keys of no role that has metadata, such as the rows
 * of old databases that have none, sign anything, as notary's signer lets every key do.
 */
export function maySign(role: string, content: SignedContent | undefined): boolean {
  return !metadataRoles.has(role) || content?.role === role;
}

function versionOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
