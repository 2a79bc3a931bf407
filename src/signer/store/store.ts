// The contract of the signer's stores: one row per key, shaped as notary's table `private_keys`, and beside it
// a floor per key (the highest version signed with it). Each store is written natively; they share the
// contract test, not a base class.
//
// Invariants:
// - `add` is one step: afterwards the row is there whole, or not at all.
// - A key that never signed is pending; `add` never makes a second pending key for one gun, role and algorithm, however
//   many signers of ours share the database. Notary's signer, which takes no lock, can: the one with the lowest id counts.
// - A floor only rises, and outlives its key. It stands in a side table, never in notary's columns.
// - Removing is soft: the row stays and keeps its key id, but no reader sees it any more.

export interface KeyRow {
  /** The TUF key id. */
  readonly keyId: string;
  readonly algorithm: string;
  readonly encryptionAlg: string;
  readonly keywrapAlg: string;
  /** Names the passphrase under which `privateJwe` is encrypted. */
  readonly passphraseAlias: string;
  readonly publicBytes: Buffer;
  /** The private key as a JWE in compact form. */
  readonly privateJwe: string;
  readonly gun: string;
  readonly role: string;
  readonly createdAtMs: number;
  /** Undefined while the key is pending. */
  readonly lastUsedMs: number | undefined;
}

export interface SignatureRecord {
  readonly keyId: string;
  /** Version of the metadata that was signed; undefined when the content was none. */
  readonly version: number | undefined;
  readonly atMs: number;
}

/** Every method throws Failure STORE_FAILED when the database does. */
export interface SigningKeyStore {
  /** Stores the row, unless a pending key is there for its gun, role and algorithm: returns what is there now. */
  add(row: KeyRow): Promise<KeyRow>;
  find(keyId: string): Promise<KeyRow | undefined>;
  /** Rows of one gun and role, those made last first, at most `max`. */
  newestOf(gun: string, role: string, max: number): Promise<readonly KeyRow[]>;
  /** The newest row of each passphrase alias. */
  newestOfEachAlias(): Promise<readonly KeyRow[]>;
  /**
   * Marks the keys as used and raises their floors, all in one transaction that is on the disk when this returns.
   * @returns ids of keys that are not there (removed meanwhile): their signatures must not leave.
   */
  recordSignatures(records: readonly SignatureRecord[]): Promise<ReadonlySet<string>>;
  floor(keyId: string): Promise<number | undefined>;
  /** Does nothing when the key is not there. */
  remove(keyId: string, atMs: number): Promise<void>;
  /** Resolves when the store answers. */
  check(): Promise<void>;
  close(): Promise<void>;
}
