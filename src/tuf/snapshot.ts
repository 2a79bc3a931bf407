// The snapshot, which says which files belong together, and the timestamp, which says which snapshot is the
// newest (notary dialect, sections 3.3 and 3.4).
import type { JsonView } from '../encoding/json-view.ts';
import type { Expiry } from './expiry.ts';
import { type FileMeta, parseFileMeta, requireUsableHashes } from './file-meta.ts';
import { parseHead } from './root.ts';
import { readSignedTree, type SignedFile } from './signed-file.ts';

export interface Snapshot {
  readonly version: number;
  readonly expires: Expiry;
  /** Role name, without `.json`, to its file. Always has `root` and `targets`. */
  readonly meta: ReadonlyMap<string, FileMeta>;
}

export interface Timestamp {
  readonly version: number;
  readonly expires: Expiry;
  /** Always has `snapshot`; whatever else Go would keep is kept. */
  readonly meta: ReadonlyMap<string, FileMeta>;
}

export type SnapshotFile = SignedFile<Snapshot>;
export type TimestampFile = SignedFile<Timestamp>;

/** Reads a snapshot; nothing in it is verified yet. @throws Failure JSON_INVALID, METADATA_INVALID */
export function parseSnapshot(bytes: Buffer): SnapshotFile {
  return readSignedTree(bytes, (signed) => {
    const snapshot = parseListing(signed, 'snapshot', 'Snapshot');
    requireUsableHashes('snapshot', 'root', snapshot.meta.get('root'));
    requireUsableHashes('snapshot', 'targets', snapshot.meta.get('targets'));
    return snapshot;
  });
}

/** Reads a timestamp; nothing in it is verified yet. @throws Failure JSON_INVALID, METADATA_INVALID */
export function parseTimestamp(bytes: Buffer): TimestampFile {
  return readSignedTree(bytes, (signed) => {
    const timestamp = parseListing(signed, 'timestamp', 'Timestamp');
    requireUsableHashes('timestamp', 'snapshot', timestamp.meta.get('snapshot'));
    return timestamp;
  });
}

function parseListing(signed: JsonView, role: string, type: string): Snapshot {
  signed.withNames('_type', 'expires', 'meta', 'version');
  const head = parseHead(signed, role, type);
  const listed = signed.member('meta');
  const meta = new Map<string, FileMeta>();
  if (listed.exists && !listed.isNull) {
    for (const [name, file] of listed.entries()) meta.set(name, parseFileMeta(file));
  }
  return { ...head, meta };
}
