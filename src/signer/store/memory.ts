// Signing keys in memory: for tests, the sandbox and trying out. Everything is lost when the process ends. Rows are
// encrypted all the same, so that one code path serves every store.
import { Failure } from '../../errors.ts';
import type { KeyRow, SignatureRecord, SigningKeyStore } from './store.ts';

export class MemoryKeyStore implements SigningKeyStore {
  /** In order of making. */
  readonly #rows = new Map<string, KeyRow>();
  readonly #removed = new Set<string>();
  readonly #floors = new Map<string, number>();

  async add(row: KeyRow): Promise<KeyRow> {
    // No await before the row is in: two calls at a time must not both find nothing.
    const pending = this.#pending(row.gun, row.role, row.algorithm);
    if (pending !== undefined) return pending;
    if (this.#rows.has(row.keyId) || this.#removed.has(row.keyId)) {
      throw new Failure('STORE_FAILED', `key ${row.keyId} is there already`);
    }
    this.#rows.set(row.keyId, row);
    return row;
  }

  async find(keyId: string): Promise<KeyRow | undefined> {
    return this.#rows.get(keyId);
  }

  async newestOf(gun: string, role: string, max: number): Promise<readonly KeyRow[]> {
    const rows = [...this.#rows.values()].filter((row) => row.gun === gun && row.role === role);
    return rows.toReversed().slice(0, max);
  }

  async newestOfEachAlias(): Promise<readonly KeyRow[]> {
    const newest = new Map<string, KeyRow>();
    for (const row of this.#rows.values()) newest.set(row.passphraseAlias, row);
    return [...newest.values()];
  }

  async recordSignatures(records: readonly SignatureRecord[]): Promise<ReadonlySet<string>> {
    const missing = new Set<string>();
    for (const { keyId, version, atMs } of records) {
      const row = this.#rows.get(keyId);
      if (row === undefined) {
        missing.add(keyId);
        continue;
      }
      this.#rows.set(keyId, { ...row, lastUsedMs: atMs });
      if (version !== undefined)
        this.#floors.set(keyId, Math.max(version, this.#floors.get(keyId) ?? 0));
    }
    return missing;
  }

  async floor(keyId: string): Promise<number | undefined> {
    return this.#floors.get(keyId);
  }

  async remove(keyId: string): Promise<void> {
    if (this.#rows.delete(keyId)) this.#removed.add(keyId);
  }

  async check(): Promise<void> {}

  async close(): Promise<void> {}

  #pending(gun: string, role: string, algorithm: string): KeyRow | undefined {
    let lowest: KeyRow | undefined;
    for (const row of this.#rows.values()) {
      const isCandidate =
        row.gun === gun &&
        row.role === role &&
        row.algorithm === algorithm &&
        row.lastUsedMs === undefined;
      if (isCandidate && (lowest === undefined || row.keyId < lowest.keyId)) lowest = row;
    }
    return lowest;
  }
}
