// Changes that wait to be published, one file each, in Go's directory and names (client store §4):
// notary stages them, and so do we. They are applied in the order of their file names (publish/staged.ts).
//
// Invariants: a file appears complete; a damaged one is reported and never removed or skipped silently; what is
// staged later has the later name, whatever the clock says; removing takes the files that were listed, not those that
// came meanwhile.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { listNames, makeDirectory, removeFile, replaceFile } from '../../disk/files.ts';
import { isFailure } from '../../errors.ts';
import { type Change, changeBytes, parseChange } from './change.ts';
import { readStored } from './stored-file.ts';

/** A change carries one target or the keys of one delegation. */
const maxChangeBytes = 16 * 1024 * 1024;
const extension = '.change';
/** Digits of the time in a file's name. */
const timeDigits = 20;
const stagedName = /^\d{20}_.*\.change$/;

/** A staged change, or the reason why its file cannot be read. */
export interface StagedChange {
  /** Name of the file in the change list. */
  readonly name: string;
  readonly change: Change | undefined;
  readonly fault: Error | undefined;
}

export class ChangeList {
  readonly #path: string;

  /** `home` is the directory of the repository (gun-path.ts). */
  constructor(home: string) {
    this.#path = join(home, 'changelist');
  }

  /** Every staged change in the order in which it is to be applied. @throws Failure DISK */
  async list(): Promise<readonly StagedChange[]> {
    const staged: StagedChange[] = [];
    for (const name of await listNames(this.#path)) {
      if (name.endsWith(extension)) staged.push(...(await this.#read(name)));
    }
    return staged;
  }

  /**
   * Stages `changes` after all others, all or none of them; `nowNs` is the time that orders them, in nanoseconds since
   * 1970. Returns the names of the files. @throws Failure DISK
   */
  async add(nowNs: bigint, ...changes: readonly Change[]): Promise<readonly string[]> {
    await makeDirectory(this.#path);
    let timeNs = later(nowNs, await this.#lastNs());
    const names: string[] = [];
    try {
      for (const change of changes) {
        const name = `${String(timeNs).padStart(timeDigits, '0')}_${randomUUID()}${extension}`;
        const temporary = join(this.#path, `.${name}.tmp`);
        await replaceFile(join(this.#path, name), changeBytes(change), temporary);
        names.push(name);
        timeNs += 1n;
      }
    } catch (error) {
      await this.remove(names).catch(() => undefined); // the first failure is the one to report
      throw error;
    }
    return names;
  }

  /** Where the file of that name lies, for messages. */
  pathOf(name: string): string {
    return join(this.#path, name);
  }

  /** Removes these staged changes; those that are gone already do not matter. @throws Failure DISK */
  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) await removeFile(join(this.#path, name));
  }

  /** Removes every staged change, readable or not, and says how many there were. @throws Failure DISK */
  async clear(): Promise<number> {
    const names = (await listNames(this.#path)).filter((name) => name.endsWith(extension));
    await this.remove(names);
    return names.length;
  }

  /** The time of the last change that is staged, in nanoseconds since 1970; 0 when there is none. */
  async #lastNs(): Promise<bigint> {
    const last = (await listNames(this.#path)).filter((name) => stagedName.test(name)).at(-1);
    return last === undefined ? 0n : BigInt(last.slice(0, timeDigits));
  }

  async #read(name: string): Promise<readonly StagedChange[]> {
    const path = join(this.#path, name);
    try {
      const bytes = await readStored(path, maxChangeBytes);
      if (bytes === undefined) return []; // published by another process meanwhile
      return [{ name, change: parseChange(bytes, path), fault: undefined }];
    } catch (error) {
      if (!isFailure(error, 'CACHE_DAMAGED', 'JSON_INVALID')) throw error;
      return [{ name, change: undefined, fault: error }];
    }
  }
}

/** `nowNs`, or the moment after `lastNs` when a clock was set back or ran ahead. */
function later(nowNs: bigint, lastNs: bigint): bigint {
  return nowNs > lastNs ? nowNs : lastNs + 1n;
}
