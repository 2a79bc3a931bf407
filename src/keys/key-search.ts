// Finding the file, or all the files, of one key. Docker and notary take no lock and write by removing first, so
// a file that is missing or cut off is looked at once more before that is believed.
import { lstat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, isFailure } from '../errors.ts';
import { type FoundKey, keyPath, readFound, surveyKeys } from './key-layout.ts';

/** How long another client may need between removing a file and having written it again. */
const secondLookMs = 50;
/** Keys named in the message about a missing one. */
const maxListedKeys = 8;

const keyId = /^[0-9a-f]{64}$/;

export class KeySearch {
  readonly #directory: string;
  readonly #pause: (ms: number) => Promise<unknown>;

  /** @param directory the folder `private` */
  constructor(directory: string, pause: (ms: number) => Promise<unknown> = (ms) => sleep(ms)) {
    this.#directory = directory;
    this.#pause = pause;
  }

  /** The file that is used for a key. @throws Failure KEY_NOT_FOUND, KEY_UNREADABLE, KEY_LIMITS, DISK */
  async find(id: string): Promise<FoundKey> {
    // An id becomes a file name: anything else in its place must not reach the file system.
    if (keyId.test(id)) {
      const found =
        (await this.#look(id)) ?? (await this.#pause(secondLookMs), await this.#look(id));
      if (found !== undefined) return found;
    }
    throw await this.#notFound(id);
  }

  /**
   * Every file of a key, that of the newest layout last.
   * @throws Failure as `find`, also when one of several files, or a folder where there may be one, cannot be read
   */
  async findAll(id: string): Promise<readonly FoundKey[]> {
    await this.find(id);
    const { keys, copies, unusable } = await surveyKeys(this.#directory);
    const broken = unusable.find(
      ({ location, isFolder }) => isFolder || basename(location).startsWith(id),
    );
    if (broken !== undefined) throw broken.reason;
    const found = [...keys, ...copies].filter(({ entry }) => entry.id === id);
    if (found.length === 0) throw await this.#notFound(id);
    return found.reverse();
  }

  async #look(id: string): Promise<FoundKey | undefined> {
    const location = keyPath(this.#directory, id);
    const current = await readFound(this.#directory, location).catch(async (error: unknown) => {
      if (!isFailure(error, 'KEY_UNREADABLE')) throw error;
      await this.#pause(secondLookMs);
      return readFound(this.#directory, location);
    });
    if (current !== undefined) return current;
    return (await surveyKeys(this.#directory)).keys.find(({ entry }) => entry.id === id);
  }

  async #notFound(id: string): Promise<Failure> {
    const { keys } = await surveyKeys(this.#directory);
    const listed = keys
      .slice(0, maxListedKeys)
      .map(({ entry }) => `${entry.id.slice(0, 7)} ${entry.role}`);
    const more = keys.length > listed.length ? [`and ${keys.length - listed.length} more`] : [];
    const obstacle = keyId.test(id) ? await obstacleAt(keyPath(this.#directory, id)) : undefined;
    return new Failure('KEY_NOT_FOUND', `there is no private key ${id.slice(0, 7)} here`, {
      facts: {
        wanted: id,
        searched: this.#directory,
        found: [...listed, ...more].join(', ') || 'no keys',
        ...(obstacle !== undefined && { 'in its place': obstacle }),
      },
    });
  }
}

/** What stands where a key file should be and is none; links are not followed, as docker and notary do not. */
async function obstacleAt(path: string): Promise<string | undefined> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined || stat.isFile()) return undefined;
  if (stat.isSymbolicLink()) return `${path} is a symbolic link`;
  return `${path} is ${stat.isDirectory() ? 'a folder' : 'no regular file'}`;
}
