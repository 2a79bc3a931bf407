// What is noted of a rotation of keys from before its new key is made until everything is done, so that one that was
// killed is continued with the key that it made. In the trust directory, one file for each role of a repository.
// Nothing in it is secret, and it decides nothing alone: which keys count is what the published root says.
import { JsonView } from '../../encoding/json-view.ts';
import { parseJson } from '../../encoding/strict-json.ts';
import { isFailure } from '../../errors.ts';

export interface PendingRotation {
  /** When it began: milliseconds since 1970. */
  readonly sinceMs: number;
  readonly holder: 'local' | 'server';
  /** Canonical ids of the keys of the role that were in the key store before: another one is of this rotation. */
  readonly keysBefore: readonly string[];
  /** Canonical ids of the new keys; none while they are being made. */
  readonly newKeys: readonly string[];
  /** Canonical ids of keys that the rotation replaces and that are here. */
  readonly replaced: readonly string[];
}

/** A few ids. */
export const maxPendingRotationBytes = 1024 * 1024;

export function pendingRotationBytes(rotation: PendingRotation): Buffer {
  const { sinceMs, holder, keysBefore, newKeys, replaced } = rotation;
  const file = {
    since: new Date(sinceMs).toISOString(),
    holder,
    keys_before: keysBefore,
    new_keys: newKeys,
    replaced,
  };
  return Buffer.from(`${JSON.stringify(file, undefined, 1)}\n`);
}

/** Undefined for what cannot be read: then nothing is known of a rotation, and a new one begins. */
export function parsePendingRotation(bytes: Buffer): PendingRotation | undefined {
  try {
    const view = new JsonView(parseJson(bytes), 'rotation', 'CACHE_DAMAGED');
    const ids = (name: string) =>
      view
        .member(name)
        .list()
        .map((id) => id.string());
    const sinceMs = Date.parse(view.member('since').string());
    const holder = view.member('holder').string();
    if (Number.isNaN(sinceMs) || (holder !== 'local' && holder !== 'server')) return undefined;
    return {
      sinceMs,
      holder,
      keysBefore: ids('keys_before'),
      newKeys: ids('new_keys'),
      replaced: ids('replaced'),
    };
  } catch (error) {
    if (isFailure(error, 'CACHE_DAMAGED', 'JSON_INVALID')) return undefined;
    throw error;
  }
}
