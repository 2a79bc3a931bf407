// The record of what was signed, written before a signature leaves: the key is no longer pending, and its floor is
// at least the version signed.
//
// Invariants:
// - When `record` resolves, both facts are on the disk; when it rejects, the signature must not leave.
// - Calls that arrive while a commit runs share the next one: durable recording costs one commit for many.
// - What is known to be on the disk is not written again: a floor never falls, so remembering one is safe. The time
//   of last use is written at most once a second for each key, the resolution of notary's column in MySQL.
import { Failure } from '../errors.ts';
import { type Answer, GroupCommit } from './group-commit.ts';
import type { SignatureRecord, SigningKeyStore } from './store/store.ts';

/** Keys whose last record is remembered; the least recently recorded goes first. */
const maxRemembered = 20_000;
const lastUsedResolutionMs = 1000;

export class SignatureLedger {
  readonly #commits: GroupCommit<SignatureRecord, void>;
  readonly #nowMs: () => number;
  readonly #remembered = new Map<string, { readonly floor: number; readonly atMs: number }>();

  constructor(store: SigningKeyStore, nowMs: () => number) {
    this.#commits = new GroupCommit((records) => this.#write(store, records));
    this.#nowMs = nowMs;
  }

  /**
   * @param version of the metadata that was signed; undefined when the content was none
   * @throws Failure SIGNING_KEY_NOT_FOUND (the key was removed meanwhile), STORE_FAILED
   */
  async record(keyId: string, version: number | undefined): Promise<void> {
    const atMs = this.#nowMs();
    const known = this.#remembered.get(keyId);
    const isRecent = known !== undefined && Math.abs(atMs - known.atMs) < lastUsedResolutionMs;
    if (isRecent && (version ?? 0) <= known.floor) return;
    await this.#commits.write({ keyId, version, atMs });
  }

  forget(keyId: string): void {
    this.#remembered.delete(keyId);
  }

  /** Resolves when everything that was handed in is written or refused. */
  drain(): Promise<void> {
    return this.#commits.drain();
  }

  async #write(
    store: SigningKeyStore,
    records: readonly SignatureRecord[],
  ): Promise<readonly Answer<void>[]> {
    const missing = await store.recordSignatures(records);
    return records.map((record) => {
      if (!missing.has(record.keyId)) return { result: this.#remember(record) };
      this.forget(record.keyId);
      const message = `signing key not found: ${record.keyId}`;
      return { error: new Failure('SIGNING_KEY_NOT_FOUND', message) };
    });
  }

  #remember({ keyId, version, atMs }: SignatureRecord): void {
    const floor = Math.max(version ?? 0, this.#remembered.get(keyId)?.floor ?? 0);
    this.#remembered.delete(keyId);
    this.#remembered.set(keyId, { floor, atMs });
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size <= maxRemembered) return;
      this.#remembered.delete(oldest);
    }
  }
}
