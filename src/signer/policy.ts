// What the signer does and refuses, without a wire: makes keys, finds them, signs.
//
// Invariants:
// - For one gun, role and algorithm there is at most one pending key (one that never signed); it is given out until it
//   has signed. The one with the lowest id, as in Go.
// - No new key is made where a stored key of the same gun and role cannot be opened: a Go server that cannot use a key
//   asks for a new one, and the repository would quietly change keys because a passphrase is missing.
// - A key that was made for a role signs metadata of that role and nothing else. Whose repository the metadata is of
//   cannot be seen: the protocol does not say.
// - A signature leaves only after its key is recorded as used and its floor, the highest version signed, is raised.
//   Refusing below the floor is not done yet.
import { Failure, isFailure } from '../errors.ts';
import type { PublicKey } from '../tuf/public-key.ts';
import { isSigningAlgorithm, signWith } from './private-key.ts';
import type { SignatureLedger } from './signature-ledger.ts';
import { maySign, readSignedContent } from './signed-content.ts';
import type { KeyRow, SigningKeyStore } from './store/store.ts';
import type { OpenKey, Vault } from './vault.ts';

/** The width of notary's columns. */
const maxNameLength = 255;
/**
 * Stored keys of a gun and role that must open before another is made: all of them, except where someone had a great
 * many made. What is pending beyond these is found when the new key is to be stored.
 */
const maxOpenedOfRole = 16;

export interface SigningPolicyParts {
  readonly store: SigningKeyStore;
  readonly vault: Vault;
  readonly ledger: SignatureLedger;
  readonly nowMs: () => number;
}

export interface MadeSignature {
  readonly key: PublicKey;
  readonly method: string;
  readonly sig: Buffer;
}

export class SigningPolicy {
  readonly #parts: SigningPolicyParts;

  constructor(parts: SigningPolicyParts) {
    this.#parts = parts;
  }

  /**
   * The pending key of `gun`, `role` and `algorithm`, or a new one.
   * @throws Failure ALGORITHM_UNSUPPORTED, REFERENCE_INVALID, ROLE_INVALID (a name that cannot be stored),
   *   SIGNING_KEY_LOCKED, KEY_UNREADABLE, STORE_FAILED
   */
  async createKey(algorithm: string, gun: string, role: string): Promise<PublicKey> {
    if (!isSigningAlgorithm(algorithm)) {
      throw new Failure(
        'ALGORITHM_UNSUPPORTED',
        `algorithm ${algorithm} not supported for create key`,
      );
    }
    if (!isStorable(gun)) throw new Failure('REFERENCE_INVALID', 'the gun cannot be stored');
    if (!isStorable(role)) throw new Failure('ROLE_INVALID', 'the role cannot be stored');
    const { store, vault, nowMs } = this.#parts;
    const rows = await store.newestOf(gun, role, maxOpenedOfRole);
    for (const row of rows) await vault.openRow(row);
    const row =
      pendingAmong(rows, algorithm) ??
      (await store.add(await vault.create(algorithm, gun, role, nowMs())));
    // Given out only after it opened as stored: then it can sign, and nobody planted it.
    return (await vault.openRow(row)).publicKey;
  }

  /** @throws Failure SIGNING_KEY_NOT_FOUND, SIGNING_KEY_LOCKED, KEY_UNREADABLE, KEY_LIMITS, STORE_FAILED */
  async findKey(keyId: string): Promise<OpenKey> {
    const { store, vault } = this.#parts;
    const cached = vault.cached(keyId);
    if (cached !== undefined) return cached;
    const row = await store.find(keyId);
    if (row === undefined)
      throw new Failure('SIGNING_KEY_NOT_FOUND', `signing key not found: ${keyId}`);
    return vault.openRow(row);
  }

  /** @throws Failure as `findKey`; KEY_ROLE_MISMATCH (content of another role), SIGNING_FAILED */
  async sign(keyId: string, content: Buffer): Promise<MadeSignature> {
    const { publicKey, privateKey, role } = await this.findKey(keyId);
    const said = readSignedContent(content);
    if (!maySign(role, said)) throw otherRole(role, said?.role);
    const signature = signNow(privateKey, publicKey, content);
    await this.#record(keyId, said?.version);
    return { key: publicKey, ...signature };
  }

  /** Succeeds whether or not the key is there. @throws Failure STORE_FAILED */
  async deleteKey(keyId: string): Promise<void> {
    const { store, vault, ledger, nowMs } = this.#parts;
    await store.remove(keyId, nowMs());
    vault.forget(keyId);
    ledger.forget(keyId);
  }

  async #record(keyId: string, version: number | undefined): Promise<void> {
    const { vault, ledger } = this.#parts;
    try {
      await ledger.record(keyId, version);
    } catch (error) {
      // Another process on the same database removed it: the opened key must not be found again.
      if (isFailure(error, 'SIGNING_KEY_NOT_FOUND')) vault.forget(keyId);
      throw error;
    }
  }
}

/** PostgreSQL's text holds no zero. */
function isStorable(name: string): boolean {
  return name.length <= maxNameLength && !name.includes('\0');
}

/** The one with the lowest id, as in Go. */
function pendingAmong(rows: readonly KeyRow[], algorithm: string): KeyRow | undefined {
  return rows
    .filter((row) => row.algorithm === algorithm && row.lastUsedMs === undefined)
    .reduce<KeyRow | undefined>(
      (lowest, row) => (lowest === undefined || row.keyId < lowest.keyId ? row : lowest),
      undefined,
    );
}

function signNow(
  privateKey: OpenKey['privateKey'],
  key: PublicKey,
  content: Buffer,
): { readonly method: string; readonly sig: Buffer } {
  try {
    return signWith(privateKey, key.keyType, content);
  } catch (cause) {
    throw new Failure('SIGNING_FAILED', `key ${key.id} could not sign`, { cause });
  }
}

function otherRole(role: string, stated: string | undefined): Failure {
  const content = stated === undefined ? 'content that is no metadata' : `metadata of ${stated}`;
  return new Failure(
    'KEY_ROLE_MISMATCH',
    `it was made for the role ${role} and not for ${content}`,
  );
}
