// What a repository publishes at this moment: found by walking from the newest timestamp to the snapshot it
// names and on to the files that the snapshot lists, always by hash (HTTP API §1.1, row 5). So
// a reader never sees files of two releases mixed, whatever is written meanwhile.
//
// What is read here was checked before it was stored. It is parsed once for each stored row, because rows never
// change; the parsed form lives as long as the store keeps the row in memory.
import type { RoleName } from '../../tuf/role.ts';
import {
  parseSnapshot,
  parseTimestamp,
  type SnapshotFile,
  type TimestampFile,
} from '../../tuf/snapshot.ts';
import type { StoredFile, TufStore } from '../store/store.ts';

export interface CurrentRelease {
  readonly timestamp: StoredFile;
  readonly snapshot: StoredFile;
  readonly timestampFile: TimestampFile;
  readonly snapshotFile: SnapshotFile;
}

const timestamps = new WeakMap<StoredFile, TimestampFile>();
const snapshots = new WeakMap<StoredFile, SnapshotFile>();

/**
 * Undefined when nothing is published, and when the snapshot that the timestamp names is not there.
 * @throws Failure METADATA_INVALID, JSON_INVALID for stored files that cannot be read; STORE_FAILED
 */
export async function currentRelease(
  store: TufStore,
  gun: string,
): Promise<CurrentRelease | undefined> {
  const timestamp = await store.newest(gun, 'timestamp');
  if (timestamp === undefined) return undefined;
  const timestampFile = parsedOnce(timestamps, timestamp, parseTimestamp);
  const sha256 = hashOf(timestampFile.signed.meta, 'snapshot');
  const snapshot =
    sha256 === undefined ? undefined : await store.byChecksum(gun, 'snapshot', sha256);
  if (snapshot === undefined) return undefined;
  const snapshotFile = parsedOnce(snapshots, snapshot, parseSnapshot);
  return { timestamp, snapshot, timestampFile, snapshotFile };
}

/** The file of `role` in this release; undefined when the snapshot does not list it or it is not stored. */
export async function fileOf(
  store: TufStore,
  gun: string,
  release: CurrentRelease,
  role: RoleName,
): Promise<StoredFile | undefined> {
  if (role === 'timestamp') return release.timestamp;
  if (role === 'snapshot') return release.snapshot;
  const sha256 = hashOf(release.snapshotFile.signed.meta, role);
  return sha256 === undefined ? undefined : store.byChecksum(gun, role, sha256);
}

/** Parses the file of a row once. @throws what `parse` throws */
export function parsedOnce<T>(
  known: WeakMap<StoredFile, T>,
  stored: StoredFile,
  parse: (bytes: Buffer) => T,
): T {
  const parsed = known.get(stored);
  if (parsed !== undefined) return parsed;
  const fresh = parse(stored.bytes);
  known.set(stored, fresh);
  return fresh;
}

function hashOf(
  meta: ReadonlyMap<string, { readonly hashes: ReadonlyMap<string, Buffer> }>,
  role: RoleName,
): string | undefined {
  return meta.get(role)?.hashes.get('sha256')?.toString('hex');
}
