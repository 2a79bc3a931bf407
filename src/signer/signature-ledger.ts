// The record of what was signed, written before a signature leaves: the key is no longer pending, and its floor is
// at least the version signed.
//
// Invariants:
// - When `record` resolves, both facts are on the disk; when it rejects, the signature must not leave.
// - Calls that arrive while a commit runs share the next one: durable recording costs one commit for many.
// - What is known to be on the disk is not written again: a floor never falls, so remembering one is safe. The time
//   of last use is written at most once a second for each key, the resolution of notary's column in MySQL.
import { Failure } from '../errors.ts';
import type { SignatureRecord, SigningKeyStore } from './store/store.ts';

/** Keys whose last record is remembered; the least recently recorded goes first. */
const maxRemembered = 20_000;
const lastUsedResolutionMs = 1000;

interface Waiting {
  readonly record: SignatureRecord;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class SignatureLedger {
  readonly #store: SigningKeyStore;
  readonly #nowMs: () => number;
  readonly #remembered = new Map<string, { readonly floor: number; readonly atMs: number }>();
  #queue: Waiting[] = [];
  #flushing: Promise<void> | undefined;

  constructor(store: SigningKeyStore, nowMs: () => number) {
    this.#store = store;
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
    await new Promise<void>((resolve, reject) => {
      this.#queue.push({ record: { keyId, version, atMs }, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  forget(keyId: string): void {
    this.#remembered.delete(keyId);
  }

  /** Resolves when everything that was queued is written or refused. */
  async drain(): Promise<void> {
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      // Calls that arrived with this one are handled in this turn of the event loop; they join the commit.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = this.#queue;
      this.#queue = [];
      await this.#write(batch);
    }
    this.#flushing = undefined;
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      const missing = await this.#store.recordSignatures(batch.map(({ record }) => record));
      for (const { record, resolve, reject } of batch) {
        if (missing.has(record.keyId)) {
          this.forget(record.keyId);
          reject(new Failure('SIGNING_KEY_NOT_FOUND', `signing key not found: ${record.keyId}`));
        } else {
          this.#remember(record);
          resolve();
        }
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
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
