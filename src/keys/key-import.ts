// Whose key a foreign PEM block is: what its headers say (those of `notary key export` among them), else
// what the user says, else nothing but "a delegation key" (client store §2.6).
import type { PemBlock } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';
import { ownerOf } from './key-layout.ts';
import { belongsToRepository, type ImportDefaults } from './key-store.ts';

/** Role of a key of which nothing is known; notary's word. */
const defaultRole = 'delegation';

export interface ImportOrigin {
  /** Id that the file claims; empty when it claims none. Checked once the key is read. */
  readonly idHint: string;
  readonly role: string;
  readonly gun: string | undefined;
}

/** @throws Failure ROLE_INVALID when the key belongs to a repository and nothing says to which */
export function importOrigin(block: PemBlock, defaults: ImportDefaults): ImportOrigin {
  const owner = ownerOf(block.headers.get('path') ?? '', block.headers);
  const role = owner.role ?? defaults.role ?? defaultRole;
  const idHint = owner.id ?? '';
  if (!belongsToRepository(role)) return { idHint, role, gun: undefined };
  const gun = owner.gun ?? defaults.gun;
  if (gun === undefined) {
    throw new Failure('ROLE_INVALID', `a ${role} key needs the repository that it is for`, {
      remedy: 'Name the repository, as the file does not.',
    });
  }
  return { idHint, role, gun };
}
