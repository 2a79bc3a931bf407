// The ports of this wing: what the rest of Paraph asks of private keys, whoever keeps them. A back-end
// offers what it can: signing always, the rest as separate capabilities. No back-end is named here.
import type { PublicKey } from '../tuf/public-key.ts';
import type { Signature } from '../tuf/signature.ts';

export interface Signer {
  /** The TUF key under whose id the signature is filed: the bare key, or a certificate of it. */
  readonly key: PublicKey;
  /** @throws Failure SIGNING_FAILED */
  sign(message: Uint8Array): Promise<Signature>;
}

/** Capability: RSA keys sign certificates in the older padding, which metadata never carries. */
export interface Pkcs1Signer extends Signer {
  signPkcs1v15(message: Uint8Array): Promise<Buffer>;
}

export interface KeyEntry {
  /** Canonical id, 64 hex digits; names the key file. */
  readonly id: string;
  /** `root`, `targets`, `snapshot`, or the free name of a delegation key. Not verified by anything. */
  readonly role: string;
  /** Only keys of targets, snapshot and timestamp belong to one repository. */
  readonly gun: string | undefined;
  /** Where the key is, for people. */
  readonly location: string;
}

export interface KeyStore {
  /** All keys, sorted by id; nothing is decrypted. */
  list(): Promise<readonly KeyEntry[]>;
  /**
   * The signer of a key.
   * @throws Failure KEY_NOT_FOUND, KEY_UNREADABLE, KEY_LIMITS, ALGORITHM_UNSUPPORTED, DISK, and what
   * the passphrase source throws (PASSPHRASE_WRONG, PASSPHRASE_MISSING)
   */
  open(id: string): Promise<Signer>;
  /** Makes a P-256 key and stores it encrypted before it returns. @throws Failure DISK, PASSPHRASE_… */
  generate(role: string, gun?: string): Promise<Signer>;
}

export interface ImportedKey extends KeyEntry {
  /** `present`: the store had this key and keeps its own file. */
  readonly outcome: 'stored' | 'present';
}

/** Capability: removes a private key for good. */
export interface KeyRemover {
  /**
   * Removes the file, and those of older layouts with the same id.
   * @throws Failure KEY_NOT_FOUND, DISK; KEY_UNREADABLE or KEY_LIMITS when a file of that id cannot be read, and
   * then none was removed
   */
  remove(id: string): Promise<void>;
}

/** Capability: gives a key another passphrase. */
export interface PassphraseChanger {
  /**
   * Asks for the passphrase that the key has and for a new one. The old file is there until the new one was
   * opened again.
   * @throws Failure as `open`; PASSPHRASE_UNFIT, DISK when the file changed meanwhile
   */
  changePassphrase(id: string): Promise<void>;
}

/** Which keys; all of them when neither is given. */
export interface ExportFilter {
  /** Canonical ids in full. */
  readonly ids?: readonly string[];
  readonly guns?: readonly string[];
}

/** Capability: gives keys away, encrypted. */
export interface KeyExporter {
  /**
   * PEM text of the chosen keys as they are stored, each with the header `path` that an import reads.
   * @throws Failure KEY_NOT_FOUND when an id or repository has no key, KEY_UNENCRYPTED when one is stored so,
   * and for a file that cannot be used what `open` would throw, unless ids say that it is not wanted
   */
  exportKeys(filter?: ExportFilter): Promise<string>;
}

/** Role and repository for keys whose file does not tell. */
export interface ImportDefaults {
  readonly role?: string;
  readonly gun?: string;
  /**
   * True to store an encrypted key that names itself as it came, and ask nothing, as notary and docker do. That it
   * is the key that it says is then found out when it is opened.
   */
  readonly keepsEncrypted?: boolean;
}

/** The role that a key from elsewhere shall have. */
export interface RoleOwner {
  readonly role: string;
  readonly gun?: string | undefined;
}

/** Capability: takes over keys that were made elsewhere. */
export interface KeyImporter {
  /**
   * Stores every private key of a PEM text, or none when one of them cannot be read.
   * @throws Failure as `open` and `generate`; ROLE_INVALID when a repository key lacks its repository
   */
  importKeys(pem: string, defaults?: ImportDefaults): Promise<readonly ImportedKey[]>;
  /**
   * Stores the one private key of a PEM text for a role, whatever its file says. One without a passphrase gets one,
   * unless it is for root.
   * @throws Failure as `importKeys`; KEY_UNENCRYPTED, KEY_ROLE_MISMATCH when it is here for another role
   */
  importKeyFor(pem: string, owner: RoleOwner): Promise<ImportedKey>;
}

export interface PassphraseRequest {
  /** Canonical id; empty when a key is read whose id is not known before it is decrypted. */
  readonly keyId: string;
  readonly role: string;
  readonly gun: string | undefined;
  /** True when the passphrase is chosen now. */
  readonly isNew: boolean;
  /**
   * True when the one chosen now replaces the one that the key has. What answers for that one by itself
   * (a variable, an answer kept from before) must not answer again.
   */
  readonly isChange?: boolean;
  /** 0 at first, one more each time the answer did not open the key. */
  readonly attempt: number;
}

export interface PassphraseSource {
  /**
   * Bytes of the passphrase; the caller wipes the buffer.
   * @throws Failure PASSPHRASE_MISSING, PASSPHRASE_UNFIT, PASSPHRASE_WRONG when it has no other answer
   */
  passphrase(request: PassphraseRequest): Promise<Buffer>;
}

/** Roles whose keys belong to one repository, and whose files therefore name it. */
const repositoryRoles: ReadonlySet<string> = new Set(['targets', 'snapshot', 'timestamp']);

export function belongsToRepository(role: string): boolean {
  return repositoryRoles.has(role);
}

/** `the targets key 7a3d54e of registry.example.com/team/app`, for messages and prompts. */
export function describeKey(key: { keyId: string; role: string; gun: string | undefined }): string {
  const role = key.role === '' ? 'the key' : `the ${key.role} key`;
  const id = key.keyId === '' ? '' : ` ${key.keyId.slice(0, 7)}`;
  return `${role}${id}${key.gun === undefined ? '' : ` of ${key.gun}`}`;
}
