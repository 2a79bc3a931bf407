// Private keys from files, taken into the trust directory for a role: of init and of a rotation.
import type { KeyFileStore } from '../../keys/file-store.ts';
import type { RoleOwner } from '../../keys/key-store.ts';
import { readArgumentFile } from '../argument-file.ts';
import type { World } from '../world.ts';
import { withPrefix } from './prefix.ts';

/**
 * The id of the one key in `file`, which is in the store afterwards.
 * @throws Failure USAGE and DISK for the file; what KeyImporter throws
 */
export async function importRoleKey(
  file: string,
  owner: RoleOwner,
  keys: KeyFileStore,
  world: World,
): Promise<string> {
  const bytes = await withPrefix('Error reading input root key file: ', () =>
    readArgumentFile(file, world),
  );
  return (await keys.importKeyFor(bytes.toString('latin1'), owner)).id;
}
