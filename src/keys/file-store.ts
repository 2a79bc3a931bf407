// The key files of a trust directory, shared with docker and notary: found in every layout, written in the
// newest.
//
// Invariants: the passphrase is known before anything is written, and what is written is encrypted; a key
// is handed out only when its own id is the name it was asked by; an existing file is never replaced; a
// decrypted key is kept as KeyObject until `close`, so that a passphrase is asked once. Docker and notary
// take no lock and write by removing first, so a file that is missing or cut off is looked at once more
// before that is believed. Safe for concurrent callers within one process, and beside other processes.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodePem, type PemBlock } from '../encoding/pem.ts';
import { Failure, isFailure } from '../errors.ts';
import { isLocked, keyBlocks, lockKey, readKey } from './key-block.ts';
import { createKeyFile, ensureKeyDirectory } from './key-file.ts';
import { importOrigin } from './key-import.ts';
import { type FoundKey, keyPath, readFound, surveyKeys, type UnusableFile } from './key-layout.ts';
import {
  belongsToRepository,
  type ImportDefaults,
  type ImportedKey,
  type KeyEntry,
  type KeyImporter,
  type KeyStore,
  type PassphraseSource,
  type Signer,
} from './key-store.ts';
import { unlockByAsking } from './passphrase-attempts.ts';
import { generatePrivateKey, type PrivateKey } from './private-key.ts';
import { softwareSigner } from './software-signer.ts';

/** How long another client may need between removing a file and having written it again. */
const secondLookMs = 50;
/** Characters of an import: some five hundred keys of the largest kind. */
const maxImportLength = 1024 * 1024;
/** Keys named in the message about a missing one. */
const maxListedKeys = 8;

const keyId = /^[0-9a-f]{64}$/;

interface Owner {
  readonly role: string;
  readonly gun: string | undefined;
}

interface LockedKey {
  readonly key: PrivateKey;
  readonly owner: Owner;
  readonly block: PemBlock;
}

export class KeyFileStore implements KeyStore, KeyImporter {
  readonly #directory: string;
  readonly #passphrases: PassphraseSource;
  readonly #pause: (ms: number) => Promise<unknown>;
  readonly #unlocked = new Map<string, Promise<PrivateKey>>();

  /** @param trustDirectory such as `~/.docker/trust`; need not exist */
  constructor(
    trustDirectory: string,
    passphrases: PassphraseSource,
    pause: (ms: number) => Promise<unknown> = (ms) => sleep(ms),
  ) {
    this.#pause = pause;
    this.#directory = join(trustDirectory, 'private');
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
    const { entry, block } = await this.#find(id);
    const key = isLocked(block) ? await this.#unlockBlock(block, entry) : readKey(block);
    requireId(key, id, entry.location);
    return key;
  }

  async #unlockBlock(block: PemBlock, { id, role, gun }: KeyEntry): Promise<PrivateKey> {
    const claim = { keyId: id, role, gun };
    const { key, passphrase } = await unlockByAsking(this.#passphrases, block, claim);
    passphrase.fill(0);
    return key;
  }

  async #find(id: string): Promise<FoundKey> {
    // An id becomes a file name: anything else in its place must not reach the file system.
    if (keyId.test(id)) {
      const found =
        (await this.#look(id)) ?? (await this.#pause(secondLookMs), await this.#look(id));
      if (found !== undefined) return found;
    }
    throw await this.#notFound(id);
  }

  async #look(id: string): Promise<FoundKey | undefined> {
    const location = keyPath(this.#directory, id);
    const current = await readFound(this.#directory, location).catch(async (error: unknown) => {
      if (!isFailure(error, 'KEY_UNREADABLE')) throw error;
      await this.#pause(secondLookMs);
      return readFound(this.#directory, location);
    });
    if (current !== undefined) return current;
    return (await surveyKeys(this.#directory)).keys.find(({ entry }) => entry.id === id);
  }

  async #notFound(id: string): Promise<Failure> {
    const entries = await this.list();
    const listed = entries
      .slice(0, maxListedKeys)
      .map((entry) => `${entry.id.slice(0, 7)} ${entry.role}`);
    const more =
      entries.length > listed.length ? [`and ${entries.length - listed.length} more`] : [];
    return new Failure('KEY_NOT_FOUND', `there is no private key ${id.slice(0, 7)} here`, {
      facts: {
        wanted: id,
        searched: this.#directory,
        found: [...listed, ...more].join(', ') || 'no keys',
      },
    });
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
      return { key, owner, block: await lockKey(key, passphrase, owner) };
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
      return { key, owner, block: await lockKey(key, passphrase, owner) };
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

/** @param id empty when the file did not say */
function requireId(key: PrivateKey, id: string, location: string): void {
  const actual = key.publicKey.canonicalId;
  if (id === '' || actual === id) return;
  throw new Failure('KEY_UNREADABLE', `${location} holds another key than its name says`, {
    facts: { named: id, holds: actual },
    meaning: 'The file was renamed or exchanged. It was not used.',
  });
}
