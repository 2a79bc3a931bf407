// The snapshot, which says which files belong together, and the timestamp, which says which snapshot is the
// newest (notary dialect §3.3, §3.4).
import type { JsonView } from '../encoding/json-view.ts';
import type { Expiry } from './expiry.ts';
import { type FileMeta, parseFileMeta, requireUsableHashes } from './file-meta.ts';
import { readSignedTree, type SignedFile } from './signed-file.ts';
import { parseHead } from './structure.ts';

/** A list of files by role name, without `.json`, with what must be true of each. */
export interface Listing {
  readonly version: number;
  readonly expires: Expiry;
  readonly meta: ReadonlyMap<string, FileMeta>;
}

/** Lists every file of a repository; `root` and `targets` always. */
export type Snapshot = Listing;
/** Lists `snapshot`; whatever else Go would keep is kept. */
export type Timestamp = Listing;

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

function parseListing(signed: JsonView, role: string, type: string): Listing {
  signed.withNames('_type', 'expires', 'meta', 'version');
  const head = parseHead(signed, role, type);
  const listed = signed.member('meta');
  const meta = new Map<string, FileMeta>();
  if (listed.exists && !listed.isNull) {
    for (const [name, file] of listed.entries()) meta.set(name, parseFileMeta(file));
  }
  return { ...head, meta };
}
