// The files that are read most, kept in memory up to a number of bytes. Keyed by row id. That an entry is the file
// of that row is for who asks to know: in a SQLite file an id is never used twice, while PostgreSQL can give one
// twice after a restore or a failover, so there the checksum of the lookup decides (postgres-reads.ts).
import type { StoredFile } from './store.ts';

/** Enough for some 12,000 files of usual size. */
const hotFilesBytes = 64 * 1024 * 1024;

/** What an entry costs beside its bytes: objects, strings, map slots, and the parsed file that lives with it. */
const entryOverheadBytes = 4096;

/** Large files that are remembered while somebody reads them. */
const maxLargeFiles = 1000;

export class HotFiles {
  readonly #limit: number;
  /** Least recently used first. */
  readonly #files = new Map<number, StoredFile>();
  /** Files too large to be held: whoever reads one while others do shares their copy. */
  readonly #large = new Map<number, WeakRef<StoredFile>>();
  #bytes = 0;

  constructor(limitBytes: number = hotFilesBytes) {
    this.#limit = limitBytes;
  }

  get heldBytes(): number {
    return this.#bytes;
  }

  get(id: number): StoredFile | undefined {
    const file = this.#files.get(id);
    if (file === undefined) return this.#large.get(id)?.deref();
    this.#files.delete(id);
    this.#files.set(id, file);
    return file;
  }

  /** Keeps `file` and lets go of the least recently used. One that would need half of the room is not kept. */
  set(id: number, file: StoredFile): void {
    const cost = costOf(file);
    if (this.#files.has(id)) return;
    if (cost * 2 > this.#limit) {
      if (this.#large.size >= maxLargeFiles) this.#large.clear();
      this.#large.set(id, new WeakRef(file));
      return;
    }
    this.#files.set(id, file);
    this.#bytes += cost;
    for (const [oldest, held] of this.#files) {
      if (this.#bytes <= this.#limit) break;
      this.#files.delete(oldest);
      this.#bytes -= costOf(held);
    }
  }

  forget(id: number): void {
    const file = this.#files.get(id);
    if (file === undefined) return;
    this.#files.delete(id);
    this.#bytes -= costOf(file);
  }
}

function costOf(file: StoredFile): number {
  return file.bytes.length + entryOverheadBytes;
}
