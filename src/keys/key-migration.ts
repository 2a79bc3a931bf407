// Moving key files of old releases into the newest layout, where notary since 0.4 and docker look for them
// (client store §2.5). Nothing is decrypted: a block keeps its encryption and gets the headers that its path
// stood for.
//
// Invariants: an old file goes only after the new one is on the disk and reads back the same; a file that cannot
// be read, or that differs from the one in the new place (it may have another passphrase), stays where it is. Go deletes such
// files. The result names them for callers; commands do not print it, `paraph key list` finds for itself what is not
// used. What is no key is never touched: neither notes in old folders, nor the certificates that notary 0.1 trusted
// (trusted_certificates).
import { rmdir } from 'node:fs/promises';
import { dirname, relative, sep } from 'node:path';
import { attempt } from '../disk/system-error.ts';
import { encodePem } from '../encoding/pem.ts';
import { asFailure, type Failure } from '../errors.ts';
import { holdsSameKeys, keyBlocks, ownerHeaders } from './key-block.ts';
import { createKeyFile, readKeyFile, removeKeyFile } from './key-file.ts';
import { type FoundKey, keyPath, secondFile, surveyKeys } from './key-layout.ts';
import type { KeyEntry } from './key-store.ts';

/** Folders of releases before 0.4; all that is in them is of these releases. */
const oldFolders: readonly string[] = ['root_keys', 'tuf_keys'];

export interface Migration {
  /** Keys whose file is in the newest layout now. */
  readonly moved: readonly KeyEntry[];
  /** Files of old layouts that stayed where they are. */
  readonly left: readonly { readonly location: string; readonly reason: Failure }[];
}

/**
 * Moves every old key file that can be moved. Can be run again at any time, and by several processes at once.
 * @param directory the folder `private`
 * @throws Failure DISK when it cannot be read
 */
export async function migrateKeys(directory: string): Promise<Migration> {
  const { keys, copies, unusable } = await surveyKeys(directory);
  const moved: KeyEntry[] = [];
  const left = unusable.filter(({ location }) => isInOldFolder(directory, location));
  for (const old of [...keys, ...copies].filter((found) => isOld(directory, found))) {
    const { location } = old.entry;
    try {
      await move(directory, old);
      moved.push({ ...old.entry, location: keyPath(directory, old.entry.id) });
    } catch (error) {
      left.push({ location, isFolder: false, reason: asFailure(error) });
    }
  }
  return { moved, left };
}

async function move(directory: string, old: FoundKey): Promise<void> {
  const { id, location } = old.entry;
  const target = keyPath(directory, id);
  const text = withHeaders(old);
  const isCreated = await createKeyFile(target, text);
  const stored = await readKeyFile(target);
  const isSafe = isCreated ? stored === text : holdsSameKeys(stored ?? '', old.text);
  if (!isSafe || !(isCreated || isInOldFolder(directory, location))) {
    throw secondFile(location, target);
  }
  await removeKeyFile(location);
  await removeEmptyFolders(directory, dirname(location));
}

/** The file as the newest layout has it: the headers of the first block say what the path said. */
function withHeaders({ entry, text }: FoundKey): string {
  const [first, ...others] = keyBlocks(text);
  const headers = new Map([...ownerHeaders(entry), ...first.headers]);
  return [{ ...first, headers }, ...others].map(encodePem).join('');
}

/** A name with a role, such as ID_root, is of an old release wherever it lies; a plain ID may be somebody's copy. */
function isOld(directory: string, { entry }: FoundKey): boolean {
  const { location, id } = entry;
  return isInOldFolder(directory, location) || !location.endsWith(`${sep}${id}.key`);
}

function isInOldFolder(directory: string, location: string): boolean {
  const [folder = ''] = relative(directory, location).split(sep);
  return oldFolders.includes(folder);
}

/** Removes `folder` and those above it, below `directory`, as far as there is nothing in them. */
async function removeEmptyFolders(directory: string, folder: string): Promise<void> {
  for (let path = folder; path !== directory; path = dirname(path)) {
    const isRemoved = await attempt(
      'remove',
      path,
      () => rmdir(path).then(() => true),
      'ENOTEMPTY',
      'EEXIST',
      'ENOENT',
    );
    if (isRemoved !== true) return;
  }
}
