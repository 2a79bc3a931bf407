// Changes that wait to be published, one file each, in Go's directory and names (client store §4):
// notary stages them, and so may we. They are applied in the order of their file names. Until `notary publish` is
// spoken here they are only kept: no command of ours applies them.
//
// Invariants: a file appears complete; a damaged one is reported and never removed or skipped silently;
// clearing removes the files that were listed, not those that came meanwhile.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { listNames, makeDirectory, removeFile, replaceFile } from '../../disk/files.ts';
import { isFailure } from '../../errors.ts';
import { type Change, changeBytes, parseChange } from './change.ts';
import { readStored } from './stored-file.ts';

/** A change carries one target or the keys of one delegation. */
const maxChangeBytes = 16 * 1024 * 1024;
const extension = '.change';

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

  /** Stages `change` after all others; `nowNs` is the time that orders it. Returns the file's name. */
  async add(change: Change, nowNs: bigint): Promise<string> {
    await makeDirectory(this.#path);
    const name = `${String(nowNs).padStart(20, '0')}_${randomUUID()}${extension}`;
    const temporary = join(this.#path, `.${name}.tmp`);
    await replaceFile(join(this.#path, name), changeBytes(change), temporary);
    return name;
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
