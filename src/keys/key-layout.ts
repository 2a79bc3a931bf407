// Where key files lie in a trust directory, now and in old releases, and whose they are by name, folder and
// headers. Here files are only read, and an old one is used where it lies; what moves old files, at the first
// writing of a key, is key-migration.ts. Nothing is decrypted, and nothing here is verified by anything.
//
//   private/<id>.key                                      since notary 0.4
//   private/root_keys/<id>[_root].key                     before: root keys
//   private/tuf_keys/[<gun>/]<id>[_<role>].key            before: all others; the role may have slashes
//   private/<gun>/<id>_<role>.key                         first releases
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { diskFailure, systemCode } from '../disk/system-error.ts';
import type { PemBlock } from '../encoding/pem.ts';
import { asFailure, Failure, isFailure } from '../errors.ts';
import { holdsSameKeys, keyBlocks } from './key-block.ts';
import { readKeyFile } from './key-file.ts';
import { belongsToRepository, type KeyEntry } from './key-store.ts';
import type { PrivateKey } from './private-key.ts';

const fileName = /^([0-9a-f]{64})(?:_(.+))?$/;
/** The role of a delegation has slashes, which made folders of such names. */
const delegationFolder = /^([0-9a-f]{64})_(targets)$/;
const extension = '.key';

/** What a path and the headers of a block say about a key. */
export interface KeyOwner {
  readonly id: string | undefined;
  readonly role: string | undefined;
  readonly gun: string | undefined;
}

export interface FoundKey {
  readonly entry: KeyEntry;
  /** The key that is used: the first of the file. */
  readonly block: PemBlock;
  /** The whole file. */
  readonly text: string;
}

/** A file that should be a key and cannot be used as one, with the reason. */
export interface UnusableFile {
  readonly location: string;
  /** True for a folder that cannot be looked into; any key may be there. */
  readonly isFolder: boolean;
  readonly reason: Failure;
}

export interface Survey {
  /** One for each id, sorted by id. */
  readonly keys: readonly FoundKey[];
  /** Files of older layouts with the id of one of `keys`. */
  readonly copies: readonly FoundKey[];
  readonly unusable: readonly UnusableFile[];
}

/**
 * Whose key it is. Headers win over the path, which only old releases used for this.
 * @param path below `private`, segments joined by `/`, with or without extension
 */
export function ownerOf(path: string, headers: ReadonlyMap<string, string>): KeyOwner {
  const { folders, id, suffix } = splitPath(path.replace(/\.key$/, ''));
  const isRootFolder = folders[0] === 'root_keys';
  const isOldFolder = isRootFolder || folders[0] === 'tuf_keys';
  const role = headers.get('role') || suffix || (isRootFolder ? 'root' : undefined);
  const folderGun = isRootFolder ? '' : folders.slice(isOldFolder ? 1 : 0).join('/');
  const isRepositoryKey = role === undefined || belongsToRepository(role);
  const gun = headers.get('gun') || (isRepositoryKey && folderGun) || undefined;
  return { id, role, gun };
}

function splitPath(path: string): { folders: string[]; id?: string; suffix?: string } {
  const folders = path.split('/');
  const at = folders.findLastIndex((name, index) =>
    (index === folders.length - 1 ? fileName : delegationFolder).test(name),
  );
  const [, id, suffix] = fileName.exec(folders[at] ?? '') ?? [];
  if (id === undefined) return { folders: folders.slice(0, -1) };
  const role = suffix && [suffix, ...folders.slice(at + 1)].join('/');
  return { folders: folders.slice(0, at), id, ...(role !== undefined && { suffix: role }) };
}

/**
 * All key files below `directory`. One that vanishes meanwhile is left out; a folder that cannot be read is
 * reported among the unusable. @throws Failure DISK when `directory` itself cannot be read
 */
export async function surveyKeys(directory: string): Promise<Survey> {
  const keys = new Map<string, FoundKey>();
  const copies: FoundKey[] = [];
  const unusable: UnusableFile[] = [];
  for (const location of await keyPaths(directory, unusable)) {
    try {
      const found = await readFound(directory, location);
      // Paths come newest layout first, so a copy in an old folder does not hide the current file.
      if (found === undefined) continue;
      if (keys.has(found.entry.id)) copies.push(found);
      else keys.set(found.entry.id, found);
    } catch (error) {
      unusable.push({ location, isFolder: false, reason: asFailure(error) });
    }
  }
  const byId = [...keys.values()].sort((a, b) => (a.entry.id < b.entry.id ? -1 : 1));
  return { keys: byId, copies, unusable };
}

/** Files that are not used though a key is in them, or should be: see `secondFile` for those that can be read. */
export function unusedFiles({ keys, copies, unusable }: Survey): readonly UnusableFile[] {
  const used = new Map(keys.map((found) => [found.entry.id, found]));
  const differing = copies.flatMap(({ entry: { id, location }, text }): readonly UnusableFile[] => {
    const first = used.get(id);
    if (first === undefined || holdsSameKeys(first.text, text)) return [];
    return [{ location, isFolder: false, reason: secondFile(location, first.entry.location) }];
  });
  return [...unusable, ...differing];
}

/** Of a key file in an old layout, for which there is one in a newer place that says something else. */
export function secondFile(location: string, used: string): Failure {
  return new Failure('DISK', `${location} is not moved: ${used} is there already`, {
    meaning: 'The two may have different passphrases. The newer place is the one that is used.',
    remedy: 'Keep the file whose passphrase you know under the name in the newer place.',
  });
}

/** The key file at `location`; undefined when there is none. @throws Failure KEY_UNREADABLE, KEY_LIMITS */
export async function readFound(
  directory: string,
  location: string,
): Promise<FoundKey | undefined> {
  const text = await readKeyFile(location).catch(rethrowNaming(location));
  if (text === undefined) return undefined;
  const [block] = keyBlocksOf(location, text);
  const path = relative(directory, location).split(sep).join('/');
  const { id, role = '', gun } = ownerOf(path, block.headers);
  if (id === undefined) {
    throw new Failure('KEY_UNREADABLE', `${location} is not named by the id of a key`, {
      remedy: 'Import the file; it is then stored under its id.',
    });
  }
  return { entry: { id, role, gun, location }, block, text };
}

function keyBlocksOf(location: string, text: string): ReturnType<typeof keyBlocks> {
  try {
    return keyBlocks(text);
  } catch (error) {
    throw namingFile(error, location);
  }
}

/** For `catch` of work on one file: the failure with the file as a fact. */
export function rethrowNaming(location: string): (error: unknown) => never {
  return (error) => {
    throw namingFile(error, location);
  };
}

function namingFile(error: unknown, location: string): unknown {
  if (!isFailure(error, 'KEY_UNREADABLE', 'KEY_LIMITS', 'ALGORITHM_UNSUPPORTED')) return error;
  return error.with({ facts: { file: location, ...error.facts } });
}

/**
 * @param id that the file claims; empty when it claims none
 * @throws Failure KEY_UNREADABLE when it holds another key
 */
export function requireId(key: PrivateKey, id: string, location: string): void {
  const actual = key.publicKey.canonicalId;
  if (id === '' || actual === id) return;
  throw new Failure('KEY_UNREADABLE', `${location} holds another key than its name says`, {
    facts: { named: id, holds: actual },
    meaning: 'The file was renamed or exchanged. It was not used.',
  });
}

export function keyPath(directory: string, id: string): string {
  return join(directory, `${id}${extension}`);
}

/** Regular files named `*.key`, those of the newest layout first, each level in order of name. */
async function keyPaths(directory: string, unusable: UnusableFile[]): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return [];
    throw diskFailure('read', directory, error);
  });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(extension));
  const folders = entries.filter((entry) => entry.isDirectory());
  const below: string[] = [];
  for (const { name } of folders) {
    const folder = join(directory, name);
    try {
      below.push(...(await keyPaths(folder, unusable)));
    } catch (error) {
      unusable.push({ location: folder, isFolder: true, reason: asFailure(error) });
    }
  }
  return [...files.map(({ name }) => join(directory, name)), ...below];
}
