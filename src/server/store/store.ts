// What the server keeps, and the promises every store makes about it. The tables are notary's
// (`tuf_files`, `changefeed`, `change_category`), so that a Go server can read and continue the same data;
// facts of our own stand in side tables. Each store is written natively; test/server/store.contract.ts is the
// test that all of them pass. No trust logic here: a store neither parses nor judges what it keeps.
//
// Invariants:
// - bytes are kept and given back exactly as received;
// - a publish is one transaction: all of its rows and its changefeed row, or nothing;
// - rows are never changed. Within a generation a version never goes back and never leaps
//   (publication.ts), and (gun, role, version) is unique: that index decides every race;
// - deleting a repository ends its generation. The versions it had reached stay known as floors, so
//   that what this server signs for the name later continues above them.
import type { RoleName } from '../../tuf/role.ts';

/** One row of `tuf_files`. The same object may be handed to many readers: never change its bytes. */
export interface StoredFile {
  readonly role: RoleName;
  readonly version: number;
  /** Lower-case hex of the SHA-256 of `bytes`. */
  readonly sha256: string;
  readonly bytes: Buffer;
  readonly createdAtMs: number;
}

export interface NewFile {
  readonly role: RoleName;
  readonly version: number;
  readonly bytes: Buffer;
}

/** Files that become visible together, made by someone who saw the repository in one certain state. */
export interface Publication {
  readonly gun: string;
  readonly files: readonly NewFile[];
  /**
   * Version of the newest timestamp that was there when the files were checked; undefined when the
   * repository had none. If it is another one by now, the publication is refused.
   */
  readonly basedOn: number | undefined;
  readonly nowMs: number;
}

/** One row of `changefeed`. */
export interface Change {
  readonly id: number;
  readonly createdAtMs: number;
  readonly gun: string;
  /** Version of the timestamp that was published; 0 for a deletion. */
  readonly version: number;
  /** SHA-256 of that timestamp in hex; empty for a deletion. */
  readonly sha256: string;
  readonly category: 'update' | 'deletion';
}

export interface ChangeQuery {
  /** Only changes of this repository; all when absent. */
  readonly gun?: string;
  /** Excluded itself. Forwards from 0 starts at the oldest; backwards from 0 or less, at the newest. */
  readonly fromId: number;
  readonly backwards: boolean;
  readonly limit: number;
}

export interface TufStore {
  /** The file of this role with the highest version. */
  newest(gun: string, role: RoleName): Promise<StoredFile | undefined>;
  /** `sha256` in lower-case hex. */
  byChecksum(gun: string, role: RoleName, sha256: string): Promise<StoredFile | undefined>;
  byVersion(gun: string, role: RoleName, version: number): Promise<StoredFile | undefined>;
  /**
   * Stores all files or none.
   * @throws Failure VERSION_CONFLICT when the repository has moved on, VERSION_LEAP, STORE_FAILED.
   */
  publish(publication: Publication): Promise<void>;
  /** Removes every file of the repository; false, and no changefeed row, when there was none. */
  remove(gun: string, nowMs: number): Promise<boolean>;
  /** The highest version each role had reached in generations that were deleted. */
  floors(gun: string): Promise<ReadonlyMap<RoleName, number>>;
  /** Always oldest first, whichever way the query looks. */
  changes(query: ChangeQuery): Promise<readonly Change[]>;
  /** @throws Failure STORE_FAILED when the tables cannot be read. */
  check(): Promise<void>;
  close(): Promise<void>;
}
