// Keys in files that are not of the trust directory: a pair made to be carried elsewhere (`notary key generate
// -o`), and the public half that a signer gives away (`docker trust key generate`).
//
// Invariants: no file that exists is replaced (notary writes over a key pair that is there); the private file is
// encrypted, and there is either the pair or nothing.
import { lstat } from 'node:fs/promises';
import { encodePem } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';
import type { PublicKey } from '../tuf/public-key.ts';
import { ownerHeaders } from './key-block.ts';
import { createKeyFile, removeKeyFile } from './key-file.ts';
import { lockAnew } from './key-intake.ts';
import type { PassphraseSource } from './key-store.ts';
import { generatePrivateKey } from './private-key.ts';
import { publicKeyPem } from './public-key-file.ts';

export interface LooseKeyRequest {
  /** Path of the pair without `.pem` and `-key.pem`. */
  readonly basePath: string;
  /** Written into both files. */
  readonly role: string;
  /** The role that the question for the passphrase names; notary names none here. */
  readonly askedRole?: string;
}

/**
 * Makes a P-256 key as BASE.pem and BASE-key.pem, both 0600.
 * @throws Failure DISK when one of the files is there or cannot be written, PASSPHRASE_…
 */
export async function makeLooseKey(
  { basePath, role, askedRole = role }: LooseKeyRequest,
  source: PassphraseSource,
): Promise<PublicKey> {
  const paths = { public: `${basePath}.pem`, private: `${basePath}-key.pem` };
  for (const path of [paths.public, paths.private]) await requireFree(path);
  const key = generatePrivateKey();
  const { block } = await lockAnew(source, key, { role: askedRole, gun: undefined });
  const headers = ownerHeaders({ role, gun: undefined });
  await create(paths.private, encodePem({ ...block, headers }));
  try {
    await writePublicKeyFile(paths.public, key.publicKey, role);
  } catch (error) {
    await removeKeyFile(paths.private).catch(() => undefined); // the first failure is the one to report
    throw error;
  }
  return key.publicKey;
}

/** The public half as PEM with a `role` header, 0600. @throws Failure DISK also when the file is there */
export async function writePublicKeyFile(
  path: string,
  key: PublicKey,
  role: string,
): Promise<void> {
  await create(path, publicKeyPem(key, ownerHeaders({ role, gun: undefined })));
}

async function create(path: string, text: string): Promise<void> {
  if (!(await createKeyFile(path, text))) throw taken(path);
}

/** Found out before a passphrase is asked for. */
async function requireFree(path: string): Promise<void> {
  const isTaken = await lstat(path).then(
    () => true,
    () => false,
  );
  if (isTaken) throw taken(path);
}

function taken(path: string): Failure {
  return new Failure('DISK', `${path} is there already`, {
    facts: { path },
    remedy: 'Name another file, or move this one away. It may hold the only copy of a key.',
  });
}
