// Private keys from files, taken into the trust directory for a role: of init and of a rotation.
import { Failure } from '../../errors.ts';
import type { KeyFileStore } from '../../keys/file-store.ts';
import type { World } from '../world.ts';
import { readNamedFile } from './named-file.ts';
import { withPrefix } from './prefix.ts';

export interface KeyPurpose {
  readonly role: string;
  readonly gun: string | undefined;
}

const encrypted = /^-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m;

/**
 * The id of the one key in `file`, which is in the store afterwards.
 * @throws Failure USAGE and DISK for the file; KEY_UNREADABLE for a root key that lies there for everybody to use, and
 *   for other than one key; what KeyImporter throws
 */
export async function importRoleKey(
  file: string,
  { role, gun }: KeyPurpose,
  keys: KeyFileStore,
  world: World,
): Promise<string> {
  const bytes = await withPrefix('Error reading input root key file: ', () =>
    readNamedFile(file, world),
  );
  const pem = bytes.toString('latin1');
  if (role === 'root' && !encrypted.test(pem)) {
    throw new Failure('KEY_UNREADABLE', 'only encrypted root keys may be imported', {
      remedy: 'Encrypt the key first: openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEY -out ENCRYPTED.',
    });
  }
  const imported = await keys.importKeys(pem, { role, ...(gun === undefined ? {} : { gun }) });
  const [key] = imported;
  if (key !== undefined && imported.length === 1) return key.id;
  throw new Failure('KEY_UNREADABLE', `${file} holds ${imported.length} keys where one is wanted`);
}
