// What a text from elsewhere holds: which keys, and whose they are by their headers (those of `notary key
// export` among them), else by what the user says, else nothing but "a delegation key" (client store §2.6).
import type { PemBlock } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';
import { isBaseRole } from '../tuf/role.ts';
import { isLocked, keyBlocks } from './key-block.ts';
import type { ForeignKey, Owner } from './key-intake.ts';
import { ownerOf } from './key-layout.ts';
import { belongsToRepository, type ImportDefaults, type RoleOwner } from './key-store.ts';

/** Role of a key of which nothing is known; notary's word. */
const defaultRole = 'delegation';
/** Characters of an import: some five hundred keys of the largest kind. */
const maxLength = 1024 * 1024;
const from = 'the imported file';

/** Every key of the text. @throws Failure KEY_UNREADABLE, KEY_LIMITS, ROLE_INVALID, KEY_ROLE_MISMATCH */
export function foreignKeys(pem: string, defaults: ImportDefaults): readonly ForeignKey[] {
  return boundedBlocks(pem).map((block) => {
    // A path may come from a machine with another separator.
    const path = (block.headers.get('path') ?? '').replaceAll('\\', '/');
    const { id, role, gun } = ownerOf(path, block.headers);
    requireAsSaid(role, defaults.role);
    const owner = ownerFor(role ?? defaults.role ?? defaultRole, gun ?? defaults.gun);
    return { block, idHint: id ?? '', owner, from };
  });
}

/**
 * The one key of the text, for a role that the user says; its headers are not asked.
 * @throws Failure KEY_UNREADABLE, KEY_LIMITS, ROLE_INVALID; KEY_UNENCRYPTED for a root key without passphrase
 */
export function foreignKeyFor(pem: string, { role, gun }: RoleOwner): ForeignKey {
  const [block, ...others] = boundedBlocks(pem);
  if (others.length > 0) {
    throw new Failure('KEY_UNREADABLE', `the file holds ${others.length + 1} keys, not one`, {
      remedy: 'Put the key that is meant into a file of its own.',
    });
  }
  if (role === 'root' && !isLocked(block)) {
    throw new Failure('KEY_UNENCRYPTED', 'only encrypted root keys may be imported');
  }
  return { block, idHint: '', owner: ownerFor(role, gun), from };
}

/**
 * Whoever wrote the file chose its headers: a key that is taken for a signer's must not become the root key of the
 * next repository. Base roles are said of what an export does not name, and its headers win, as in Go.
 */
function requireAsSaid(inFile: string | undefined, said: string | undefined): void {
  if (inFile === undefined || said === undefined) return;
  if (isBaseRole(said) || !isBaseRole(inFile)) return;
  throw new Failure('KEY_ROLE_MISMATCH', `the file calls its key a ${inFile} key, not ${said}`, {
    facts: { 'in the file': inFile, asked: said },
    meaning: 'Under its own role the key would be used for what it was not given for.',
    remedy: `Ask where the file is from. If it is a ${inFile} key, import it without naming a role.`,
  });
}

function boundedBlocks(pem: string): readonly [PemBlock, ...PemBlock[]] {
  if (pem.length > maxLength) {
    throw new Failure('KEY_LIMITS', 'the text to import is larger than 1 MiB');
  }
  return keyBlocks(pem);
}

function ownerFor(role: string, gun: string | undefined): Owner {
  if (!belongsToRepository(role)) return { role, gun: undefined };
  if (gun === undefined) {
    throw new Failure('ROLE_INVALID', `a ${role} key needs the repository that it is for`, {
      remedy: 'Name the repository, as the file does not.',
    });
  }
  return { role, gun };
}
