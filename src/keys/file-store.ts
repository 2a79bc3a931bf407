// The key files of a trust directory, shared with docker and notary: found in every layout, written in the
// newest.
//
// Invariants: the passphrase is known before anything is written, and what is written is encrypted; a key
// is handed out only when its own id is the name it was asked by; only its passphrase replaces a file; a
// decrypted key is kept as KeyObject until `close`, so that a passphrase is asked once. Safe for concurrent
// callers within one process, and beside other processes.
import { join } from 'node:path';
import { encodePem } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';
import { exportedKeys } from './key-export.ts';
import { createKeyFile, ensureKeyDirectory, removeKeyFile } from './key-file.ts';
import { foreignKeyFor, foreignKeys } from './key-import.ts';
import { type LockedKey, lockAnew, takeIn, takenAsItIs } from './key-intake.ts';
import { keyPath, readFound, surveyKeys, type UnusableFile, unusedFiles } from './key-layout.ts';
import { type Migration, migrateKeys } from './key-migration.ts';
import { KeySearch } from './key-search.ts';
import {
  belongsToRepository,
  describeKey,
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
  type RoleOwner,
  type Signer,
} from './key-store.ts';
import { unlockFound } from './passphrase-attempts.ts';
import { changePassphrase } from './passphrase-change.ts';
import { generatePrivateKey, type PrivateKey } from './private-key.ts';
import { softwareSigner } from './software-signer.ts';

export class KeyFileStore
  implements KeyStore, KeyImporter, KeyRemover, KeyExporter, PassphraseChanger
{
  readonly #directory: string;
  readonly #passphrases: PassphraseSource;
  readonly #search: KeySearch;
  #migration: Promise<Migration> | undefined;
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

  /** Files among the keys that are not used, for listings: no keys, or a second and differing file of one. */
  async unusable(): Promise<readonly UnusableFile[]> {
    return unusedFiles(await surveyKeys(this.#directory));
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
    await this.#prepare();
    const key = generatePrivateKey();
    await this.#store(await lockAnew(this.#passphrases, key, owner));
    return softwareSigner(key);
  }

  async remove(id: string): Promise<void> {
    const files = await this.#search.findAll(id);
    this.#unlocked.delete(id);
    for (const { entry } of files) await removeKeyFile(entry.location);
  }

  async changePassphrase(id: string): Promise<void> {
    await this.#prepare();
    await changePassphrase(await this.#search.findAll(id), this.#passphrases);
  }

  exportKeys(filter: ExportFilter = {}): Promise<string> {
    return exportedKeys(this.#directory, filter);
  }

  async importKeys(pem: string, defaults: ImportDefaults = {}): Promise<readonly ImportedKey[]> {
    const foreign = foreignKeys(pem, defaults);
    await this.#prepare();
    const locked: LockedKey[] = [];
    for (const key of foreign) {
      const asItIs = defaults.keepsEncrypted === true ? takenAsItIs(key) : undefined;
      locked.push(asItIs ?? (await takeIn(this.#passphrases, key)));
    }
    const imported: ImportedKey[] = [];
    for (const key of locked) imported.push(await this.#store(key));
    return imported;
  }

  async importKeyFor(pem: string, owner: RoleOwner): Promise<ImportedKey> {
    const foreign = foreignKeyFor(pem, owner);
    await this.#prepare();
    const imported = await this.#store(await takeIn(this.#passphrases, foreign));
    const { role, gun } = foreign.owner;
    if (imported.role === role && imported.gun === gun) return imported;
    const present = describeKey({ ...imported, keyId: imported.id });
    throw new Failure('KEY_ROLE_MISMATCH', `the key is here already, as ${present}`, {
      facts: { file: imported.location },
      remedy: `Use a key of its own for ${role}.`,
    });
  }

  /**
   * Moves the key files of old releases into the newest layout, once; the first writing of a key does so too.
   * @throws Failure DISK when the folder of the keys cannot be read
   */
  migrate(): Promise<Migration> {
    this.#migration ??= migrateKeys(this.#directory);
    return this.#migration;
  }

  /** Forgets every decrypted key. Signers that were handed out keep theirs. */
  close(): void {
    this.#unlocked.clear();
  }

  /** Old files come first, so that a key that is here is not made a second file. */
  async #prepare(): Promise<void> {
    await ensureKeyDirectory(this.#directory);
    await this.migrate();
  }

  async #unlock(id: string): Promise<PrivateKey> {
    return unlockFound(this.#passphrases, await this.#search.find(id));
  }

  async #store({ id, owner, block, key }: LockedKey): Promise<ImportedKey> {
    const location = keyPath(this.#directory, id);
    const entry = { id, ...owner, location };
    const isCreated = await createKeyFile(location, encodePem(block));
    if (isCreated) {
      if (key !== undefined) this.#unlocked.set(id, Promise.resolve(key));
      return { ...entry, outcome: 'stored' };
    }
    // The name is taken. Unless the file there can be read as a key, the caller must not think it safe.
    const existing = await readFound(this.#directory, location);
    if (existing === undefined)
      throw new Failure('DISK', `${location} is in the way of a key file`);
    return { ...existing.entry, outcome: 'present' };
  }
}
