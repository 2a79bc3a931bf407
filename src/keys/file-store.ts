// The key files of a trust directory, shared with docker and notary: found in every layout, written in the
// newest.
//
// Invariants: the passphrase is known before anything is written, and what is written is encrypted; a key
// is handed out only when its own id is the name it was asked by; only its passphrase replaces a file; a
// decrypted key is kept as KeyObject until `close`, so that a passphrase is asked once. Safe for concurrent
// callers within one process, and beside other processes.
import { join } from 'node:path';
import { encodePem, type PemBlock } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';
import { isLocked, keyBlocks, lockKey, ownerHeaders, readKey } from './key-block.ts';
import { exportedKeys } from './key-export.ts';
import { createKeyFile, ensureKeyDirectory, removeKeyFile } from './key-file.ts';
import { importOrigin } from './key-import.ts';
import { keyPath, readFound, requireId, surveyKeys, type UnusableFile } from './key-layout.ts';
import { KeySearch } from './key-search.ts';
import {
  belongsToRepository,
  type ExportFilter,
  type ImportDefaults,
  type ImportedKey,
  type KeyEntry,
  type KeyExporter,
  type KeyImporter,
  type KeyRemover,
  type KeyStore,
  type PassphraseChanger,
  type PassphraseSource,
  type Signer,
} from './key-store.ts';
import { unlockByAsking, unlockFound } from './passphrase-attempts.ts';
import { changePassphrase } from './passphrase-change.ts';
import { generatePrivateKey, type PrivateKey } from './private-key.ts';
import { softwareSigner } from './software-signer.ts';

/** Characters of an import: some five hundred keys of the largest kind. */
const maxImportLength = 1024 * 1024;

interface Owner {
  readonly role: string;
  readonly gun: string | undefined;
}

interface LockedKey {
  readonly key: PrivateKey;
  readonly owner: Owner;
  readonly block: PemBlock;
}

export class KeyFileStore
  implements KeyStore, KeyImporter, KeyRemover, KeyExporter, PassphraseChanger
{
  readonly #directory: string;
  readonly #passphrases: PassphraseSource;
  readonly #search: KeySearch;
  readonly #unlocked = new Map<string, Promise<PrivateKey>>();

  /** @param trustDirectory such as `~/.docker/trust`; need not exist */
  constructor(
    trustDirectory: string,
    passphrases: PassphraseSource,
    pause?: (ms: number) => Promise<unknown>,
  ) {
    this.#directory = join(trustDirectory, 'private');
    this.#search = new KeySearch(this.#directory, pause);
    this.#passphrases = passphrases;
  }

  async list(): Promise<readonly KeyEntry[]> {
    const { keys } = await surveyKeys(this.#directory);
    return keys.map(({ entry }) => entry);
  }

  /** Files among the keys that cannot be used as such, for listings. */
  async unusable(): Promise<readonly UnusableFile[]> {
    return (await surveyKeys(this.#directory)).unusable;
  }

  async open(id: string): Promise<Signer> {
    let key = this.#unlocked.get(id);
    if (key === undefined) {
      key = this.#unlock(id);
      this.#unlocked.set(id, key);
      // A key that did not open is tried anew next time.
      const failed = key;
      failed.catch(() => {
        if (this.#unlocked.get(id) === failed) this.#unlocked.delete(id);
      });
    }
    return softwareSigner(await key);
  }

  async generate(role: string, gun?: string): Promise<Signer> {
    const owner = { role, gun: belongsToRepository(role) ? gun : undefined };
    if (belongsToRepository(role) && gun === undefined) {
      throw new Failure('ROLE_INVALID', `a ${role} key needs the repository that it is for`);
    }
    await ensureKeyDirectory(this.#directory);
    const key = generatePrivateKey();
    await this.#store(await this.#lockAnew(key, owner));
    return softwareSigner(key);
  }

  async remove(id: string): Promise<void> {
    const files = await this.#search.findAll(id);
    this.#unlocked.delete(id);
    for (const { entry } of files) await removeKeyFile(entry.location);
  }

  async changePassphrase(id: string): Promise<void> {
    await changePassphrase(await this.#search.findAll(id), this.#passphrases);
  }

  exportKeys(filter: ExportFilter = {}): Promise<string> {
    return exportedKeys(this.#directory, filter);
  }

  /** For `notary key import` and `docker trust key load`, when they are spoken here. */
  async importKeys(pem: string, defaults: ImportDefaults = {}): Promise<readonly ImportedKey[]> {
    if (pem.length > maxImportLength) {
      throw new Failure('KEY_LIMITS', 'the text to import is larger than 1 MiB');
    }
    await ensureKeyDirectory(this.#directory);
    const locked: LockedKey[] = [];
    for (const block of keyBlocks(pem)) {
      const { idHint, ...owner } = importOrigin(block, defaults);
      locked.push(await this.#relock(block, idHint, owner));
    }
    const imported: ImportedKey[] = [];
    for (const item of locked) imported.push(await this.#store(item));
    return imported;
  }

  /** Forgets every decrypted key. Signers that were handed out keep theirs. */
  close(): void {
    this.#unlocked.clear();
  }

  async #unlock(id: string): Promise<PrivateKey> {
    return unlockFound(this.#passphrases, await this.#search.find(id));
  }

  /** Encrypts a key under a passphrase that is chosen now. */
  async #lockAnew(key: PrivateKey, owner: Owner): Promise<LockedKey> {
    const id = key.publicKey.canonicalId;
    const request = { keyId: id, ...owner, isNew: true, attempt: 0 };
    const passphrase = await this.#passphrases.passphrase(request);
    try {
      if (passphrase.length === 0) {
        throw new Failure('PASSPHRASE_UNFIT', 'a key is not stored under an empty passphrase');
      }
      return { key, owner, block: await lockKey(key, passphrase, ownerHeaders(owner)) };
    } finally {
      passphrase.fill(0);
    }
  }

  /** Brings a foreign block into our form: under its own passphrase, or a new one if it had none. */
  async #relock(block: PemBlock, idHint: string, owner: Owner): Promise<LockedKey> {
    if (!isLocked(block)) {
      const key = readKey(block);
      requireId(key, idHint, 'the imported file');
      return this.#lockAnew(key, owner);
    }
    const claim = { keyId: idHint, ...owner };
    const { key, passphrase } = await unlockByAsking(this.#passphrases, block, claim);
    try {
      requireId(key, idHint, 'the imported file');
      return { key, owner, block: await lockKey(key, passphrase, ownerHeaders(owner)) };
    } finally {
      passphrase.fill(0);
    }
  }

  async #store({ key, owner, block }: LockedKey): Promise<ImportedKey> {
    const id = key.publicKey.canonicalId;
    const location = keyPath(this.#directory, id);
    const entry = { id, ...owner, location };
    const isCreated = await createKeyFile(location, encodePem(block));
    if (isCreated) {
      this.#unlocked.set(id, Promise.resolve(key));
      return { ...entry, outcome: 'stored' };
    }
    // The name is taken. Unless the file there can be read as a key, the caller must not think it safe.
    const existing = await readFound(this.#directory, location);
    if (existing === undefined)
      throw new Failure('DISK', `${location} is in the way of a key file`);
    return { ...existing.entry, outcome: 'present' };
  }
}
