// The signer's private keys in use: making and sealing new ones, opening stored ones, and the cache from which
// signatures are answered.
//
// Invariants:
// - A key leaves memory only sealed under the passphrase of an alias.
// - A stored key that cannot be opened is SIGNING_KEY_LOCKED or KEY_UNREADABLE, never "not found", and each such
//   attempt is logged as an alarm.
// - What was opened belongs to its row: the private key to the public one, and that to the key id. Someone who can
//   write to the database cannot pass off a key of his own under an id, for want of the passphrase.
// - Plaintexts are Buffers that are wiped after use, as passphrases and KEKs are in kek-cache.ts.
import type { KeyObject } from 'node:crypto';
import type { Log } from '../daemon/log.ts';
import { Failure, isFailure } from '../errors.ts';
import { type PublicKey, publicKey } from '../tuf/public-key.ts';
import {
  encryptionAlg,
  type KekParameters,
  keywrapAlg,
  newKekParameters,
  parseSealed,
  type SealedKey,
  seal,
  unseal,
} from './jwe.ts';
import { KekCache, lockedAlias } from './kek-cache.ts';
import type { PassphraseSource } from './passphrases.ts';
import {
  decodePrivateKey,
  encodePrivateKey,
  generatePrivateKey,
  publicBytesIn,
  type SigningAlgorithm,
} from './private-key.ts';
import { dropOldest, touch } from './recently-used.ts';
import type { KeyRow } from './store/store.ts';

export interface OpenKey {
  readonly publicKey: PublicKey;
  readonly privateKey: KeyObject;
  readonly role: string;
}

export interface VaultOptions {
  readonly passphrases: PassphraseSource;
  /** Alias under which new keys are sealed. */
  readonly defaultAlias: string;
  /** Rounds for new keys. Rows of any bounded count are read. */
  readonly iterations?: number;
  readonly log: Log;
}

/**
 * OWASP's figure for PBKDF2-HMAC-SHA256: 0.1 s. It is paid once a start, because all keys that are sealed under one
 * alias share one derived KEK. Notary writes 8192 and honours what the header says.
 */
export const defaultIterations = 600_000;
/** Opened keys kept; a few kilobytes each. The least recently used goes first. */
const maxOpenKeys = 20_000;

export class Vault {
  readonly #options: VaultOptions;
  readonly #iterations: number;
  readonly #open = new Map<string, Promise<OpenKey>>();
  readonly #keks: KekCache;
  /** Keys that were made here, by the row that holds them: they need no opening. */
  readonly #made = new WeakMap<KeyRow, OpenKey>();
  /** How new keys are sealed: taken over from the first row of the default alias that opens, or made anew. */
  #sealing: KekParameters | undefined;

  constructor(options: VaultOptions) {
    this.#options = options;
    this.#keks = new KekCache(options.passphrases);
    this.#iterations = options.iterations ?? defaultIterations;
  }

  /**
   * Makes a key and seals it.
   * @throws Failure SIGNING_KEY_LOCKED when the default alias has no passphrase
   */
  async create(
    algorithm: SigningAlgorithm,
    gun: string,
    role: string,
    nowMs: number,
  ): Promise<KeyRow> {
    const alias = this.#options.defaultAlias;
    const parameters = (this.#sealing ??= newKekParameters(this.#iterations));
    return this.#keks.use(alias, parameters, (kek) => {
      const privateKey = generatePrivateKey(algorithm);
      const plaintext = encodePrivateKey(privateKey);
      try {
        const key = publicKey(algorithm, publicBytesIn(algorithm, plaintext));
        const row: KeyRow = {
          keyId: key.id,
          algorithm,
          encryptionAlg,
          keywrapAlg,
          passphraseAlias: alias,
          publicBytes: key.publicBytes,
          privateJwe: seal(plaintext, kek, parameters),
          gun,
          role,
          createdAtMs: nowMs,
          lastUsedMs: undefined,
        };
        this.#made.set(row, { publicKey: key, privateKey, role });
        return row;
      } finally {
        plaintext.fill(0);
      }
    });
  }

  /** The opened key when it is in the cache. */
  cached(keyId: string): Promise<OpenKey> | undefined {
    return touch(this.#open, keyId);
  }

  /**
   * The key of a stored row.
   * @throws Failure SIGNING_KEY_LOCKED (its alias has no passphrase, or a wrong one), KEY_UNREADABLE, KEY_LIMITS
   */
  openRow(row: KeyRow): Promise<OpenKey> {
    const known = this.cached(row.keyId);
    if (known !== undefined) return known;
    const opening = this.#decrypt(row).catch((error: unknown) => {
      this.#open.delete(row.keyId);
      this.#options.log.error('ALARM: a stored signing key cannot be opened; no new key is made', {
        key: row.keyId,
        gun: row.gun,
        role: row.role,
        alias: row.passphraseAlias,
        error,
      });
      throw error;
    });
    this.#open.set(row.keyId, opening);
    void dropOldest(this.#open, maxOpenKeys);
    return opening;
  }

  forget(keyId: string): void {
    this.#open.delete(keyId);
  }

  /** Wipes what can be wiped. */
  async close(): Promise<void> {
    this.#open.clear();
    await this.#keks.close();
  }

  async #decrypt(row: KeyRow): Promise<OpenKey> {
    const made = this.#made.get(row);
    if (made !== undefined) return made;
    const key = publicKey(row.algorithm, row.publicBytes);
    if (key.id !== row.keyId) {
      throw new Failure(
        'KEY_UNREADABLE',
        `key ${row.keyId} is stored with the public key of another`,
      );
    }
    const sealed = parseSealed(row.privateJwe);
    const plaintext = await this.#unsealUnder(row, sealed);
    try {
      const privateKey = decodePrivateKey(row.algorithm, plaintext, row.publicBytes);
      this.#adopt(row, sealed);
      return { publicKey: key, privateKey, role: row.role };
    } finally {
      plaintext.fill(0);
    }
  }

  async #unsealUnder(row: KeyRow, sealed: SealedKey): Promise<Buffer> {
    try {
      return await this.#keks.use(row.passphraseAlias, sealed, (kek) => unseal(sealed, kek));
    } catch (cause) {
      if (!isFailure(cause, 'PASSPHRASE_WRONG')) throw cause;
      throw lockedAlias(
        row.passphraseAlias,
        'is not the one with which a stored key was sealed',
        cause,
      );
    }
  }

  /** Seals new keys under the KEK of a row that opened, so that the next start derives one KEK and not two. */
  #adopt(row: KeyRow, sealed: SealedKey): void {
    const isFit =
      row.passphraseAlias === this.#options.defaultAlias && sealed.iterations === this.#iterations;
    if (isFit) this.#sealing ??= { iterations: sealed.iterations, salt: sealed.salt };
  }
}
