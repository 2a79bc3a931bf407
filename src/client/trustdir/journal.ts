// Several files of one repository changed as one: a directory that holds the new files and a list of
// where they go, made complete and durable under another name, then renamed to `journal`. From that
// rename on the change is made, even if this process dies: whoever opens the repository next moves
// the files that are still in the journal to their places.
//
// Invariants: all under the repository's cache lock; before the rename nothing outside the journal has
// changed, after it every file will; files are moved in the order given (the caller puts the timestamp
// last, so that Go's programs, which know neither lock nor journal, see it after what it names);
// moving again what was moved already does nothing.
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import {
  listNames,
  makeDirectory,
  move,
  removeFile,
  removeTree,
  syncDirectory,
  writeSynced,
} from '../../disk/files.ts';
import { JsonView } from '../../encoding/json-view.ts';
import { parseJson } from '../../encoding/strict-json.ts';
import { Failure } from '../../errors.ts';
import { readStored } from './stored-file.ts';

/** The list is one line per file; a repository with 10,000 delegations stays below this. */
const maxListBytes = 4 * 1024 * 1024;
const listName = 'files.json';

/** One file of a change: `path` is relative to the repository's directory, with `/`. */
export interface JournalEntry {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The journal of the repository directory `home`; `own` is where our files of it lie. */
export class Journal {
  readonly #home: string;
  readonly #own: string;
  readonly #path: string;
  readonly #mayReplace: (path: string) => boolean;

  /** `mayReplace` says which paths a journal may hold: a journal found on disk is input, too. */
  constructor(home: string, own: string, mayReplace: (path: string) => boolean) {
    this.#home = home;
    this.#own = own;
    this.#path = join(own, 'journal');
    this.#mayReplace = mayReplace;
  }

  /** True when a change was made durable but not all its files are in their places yet. */
  async isPending(): Promise<boolean> {
    return (await listNames(this.#path)).length > 0;
  }

  /** Makes the change. @throws Failure DISK with nothing changed, or, after the point of no return, pending */
  async commit(entries: readonly JournalEntry[]): Promise<void> {
    const preparing = `${this.#path}-${randomUUID()}`;
    try {
      await makeDirectory(preparing);
      for (const [index, entry] of entries.entries()) {
        await writeSynced(join(preparing, String(index)), entry.bytes);
      }
      const list = JSON.stringify(entries.map(({ path }) => path));
      await writeSynced(join(preparing, listName), Buffer.from(list));
      await syncDirectory(preparing);
      await move(preparing, this.#path);
      await syncDirectory(this.#own);
    } catch (error) {
      await removeTree(preparing).catch(() => undefined); // the first failure is the one to report
      throw error;
    }
    await this.replay();
  }

  /** Finishes a change that was made durable; removes what was still being prepared. */
  async replay(): Promise<void> {
    for (const name of await listNames(this.#own)) {
      if (name.startsWith('journal-')) await removeTree(join(this.#own, name));
    }
    const bytes = await readStored(join(this.#path, listName), maxListBytes);
    // The list goes first when a journal is cleared: without it everything is in place.
    if (bytes !== undefined) await this.#moveAll(this.#parse(bytes));
    await removeTree(this.#path);
  }

  /** Throws away a change that was made durable; what has been moved of it stays where it is. */
  async discard(): Promise<void> {
    await removeFile(join(this.#path, listName)); // first: without it a journal is nothing any more
    await removeTree(this.#path);
  }

  async #moveAll(paths: readonly string[]): Promise<void> {
    const touched = new Set<string>();
    for (const [index, path] of paths.entries()) {
      const place = join(this.#home, path);
      await makeDirectory(dirname(place));
      await move(join(this.#path, String(index)), place);
      touched.add(dirname(place));
    }
    for (const directory of touched) await syncDirectory(directory);
    await removeFile(join(this.#path, listName));
  }

  #parse(bytes: Buffer): readonly string[] {
    const list = join(this.#path, listName);
    const paths = new JsonView(parseJson(bytes), list, 'CACHE_DAMAGED')
      .list()
      .map((item) => item.string());
    for (const path of paths) {
      if (!this.#mayReplace(path)) throw new Failure('CACHE_DAMAGED', `${list} names another file`);
    }
    return paths;
  }
}
