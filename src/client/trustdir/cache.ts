// Cached metadata of one repository: Go's files below `metadata/`, and our memory of generations.
//
// Invariants: files hold the bytes as received; several files change together or not at all (journal);
// what is read here is unverified (Go's programs take no lock, and a reader may come between two moves of
// a change), so callers verify it again and take what does not fit for missing.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listNames, makeDirectory, removeFile, removeTree, replaceFile } from '../../disk/files.ts';
import { isFailure } from '../../errors.ts';
import { isRoleName, type RoleName } from '../../tuf/role.ts';
import {
  type Generation,
  generationsBytes,
  maxGenerationsBytes,
  parseGenerations,
} from './generations.ts';
import { ownDirectoryName } from './gun-path.ts';
import { Journal, type JournalEntry } from './journal.ts';
import { withLock } from './lock.ts';
import { readStored } from './stored-file.ts';

const generationsPath = `${ownDirectoryName}/generations.json`;
/** Generations that were trusted until the repository was forgotten here; in the form of the memory. */
const forgottenPath = `${ownDirectoryName}/forgotten.json`;
/** A repository is forgotten by hand, a few times in its life. */
const maxForgotten = 100;

/** A change is a few renames; whoever holds this lock longer is stuck. */
const cacheLockWaitMs = 10_000;

export class MetadataCache {
  readonly #home: string;
  readonly #own: string;
  readonly #journal: Journal;

  /** `home` is the directory of the repository (gun-path.ts). */
  constructor(home: string) {
    this.#home = home;
    this.#own = join(home, ownDirectoryName);
    this.#journal = new Journal(home, this.#own, mayReplace);
  }

  /** Finishes a change that a killed process left; call before reading. @throws Failure LOCKED, DISK */
  async open(): Promise<void> {
    if (await this.#journal.isPending()) await this.#locked(() => this.#journal.replay());
  }

  /**
   * The bytes under the role's name, unverified; undefined when absent.
   * @throws Failure CACHE_DAMAGED above `maxBytes`
   */
  async read(role: RoleName, maxBytes: number): Promise<Buffer | undefined> {
    return readStored(this.pathOf(role), maxBytes);
  }

  /** When the role's file was stored, in milliseconds since 1970. */
  async storedMs(role: RoleName): Promise<number | undefined> {
    const found = await stat(this.pathOf(role)).catch(() => undefined); // for a message, so never a failure
    return found?.mtimeMs;
  }

  /** Where the role's file lies, for messages. */
  pathOf(role: RoleName): string {
    return join(this.#home, metadataPath(role));
  }

  /** Every generation seen, newest last. @throws Failure CACHE_DAMAGED when the memory cannot be read */
  async generations(): Promise<readonly Generation[]> {
    const path = join(this.#home, generationsPath);
    const bytes = await readStored(path, maxGenerationsBytes);
    return bytes === undefined ? [] : parseGenerations(bytes, path);
  }

  /** Whether a generation is remembered, be the memory readable or not. */
  async hasMemory(): Promise<boolean> {
    return (await evenIfDamaged(() => this.generations()))?.length !== 0;
  }

  /**
   * Replaces the given files and the memory of generations as one. `decide` runs under the lock, after
   * any unfinished change, so it may read what is there now; undefined means nothing is to be changed.
   */
  async update(decide: () => Promise<CacheChange | undefined>): Promise<void> {
    await this.#locked(async () => {
      await this.#journal.replay();
      const change = await decide();
      if (change === undefined) return;
      const entries: JournalEntry[] = inOrder(change.files).map(([role, bytes]) => ({
        path: metadataPath(role),
        bytes,
      }));
      const memory = { path: generationsPath, bytes: generationsBytes(change.generations) };
      await this.#journal.commit([memory, ...entries]);
    });
  }

  /**
   * What was trusted before the repository was forgotten here, newest last. It decides nothing, it is told; so when it
   * cannot be read nothing is told.
   */
  async forgotten(): Promise<readonly Generation[]> {
    const path = join(this.#home, forgottenPath);
    const read = await evenIfDamaged(async () => {
      const bytes = await readStored(path, maxGenerationsBytes);
      return bytes === undefined ? [] : parseGenerations(bytes, path);
    });
    return read ?? [];
  }

  /**
   * Removes what is cached and ends the trust in it: whatever root comes next is looked at as at first contact. Only
   * files that belong here are removed, because the directory of another repository may lie below this one.
   * Killed half-way, it is finished by running it again. @throws Failure DISK, LOCKED
   */
  async forget(): Promise<void> {
    await this.#locked(async () => {
      await evenIfDamaged(() => this.#journal.replay());
      const ended = (await evenIfDamaged(() => this.generations())) ?? [];
      if (ended.length > 0) await this.#setAside(ended);
      const metadata = join(this.#home, 'metadata');
      for (const name of await listNames(metadata)) {
        if (mayReplace(`metadata/${name}`)) await removeFile(join(metadata, name));
      }
      await removeTree(join(metadata, 'targets'));
      await this.#journal.discard();
      await removeFile(join(this.#home, generationsPath));
    });
  }

  async #setAside(ended: readonly Generation[]): Promise<void> {
    const before = await this.forgotten();
    const isEnded = ({ rootHashes }: Generation) =>
      ended.some((generation) => generation.rootHashes[0] === rootHashes[0]);
    const all = [...before.filter((generation) => !isEnded(generation)), ...ended];
    const path = join(this.#home, forgottenPath);
    await replaceFile(path, generationsBytes(all.slice(-maxForgotten)), `${path}.new`);
  }

  async #locked<T>(work: () => Promise<T>): Promise<T> {
    await makeDirectory(this.#own);
    return withLock(join(this.#own, 'cache.lock'), work, cacheLockWaitMs);
  }
}

export interface CacheChange {
  readonly files: ReadonlyMap<RoleName, Buffer>;
  readonly generations: readonly Generation[];
}

/** Forgetting is what helps against a damaged file, so it does not stop at one. */
async function evenIfDamaged<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isFailure(error, 'CACHE_DAMAGED', 'JSON_INVALID')) return undefined;
    throw error;
  }
}

function metadataPath(role: RoleName): string {
  return `metadata/${role}.json`;
}

function mayReplace(path: string): boolean {
  if (path === generationsPath) return true;
  const role = /^metadata\/(.*)\.json$/.exec(path)?.[1];
  return role !== undefined && isRoleName(role);
}

/** Parents before what they name is of no use here; what names the others comes last. */
function inOrder(files: ReadonlyMap<RoleName, Buffer>): readonly (readonly [RoleName, Buffer])[] {
  const rank = (role: RoleName) =>
    role === 'timestamp' ? 3 : role === 'snapshot' ? 2 : role === 'root' ? 0 : 1;
  return [...files].sort(([a], [b]) => rank(a) - rank(b));
}
