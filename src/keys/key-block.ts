// A private key as a PEM block: which labels are keys, what the headers say, locking and unlocking. The one
// place that decides between "wrong passphrase" and "damaged".
import { decodePem, type PemBlock } from '../encoding/pem.ts';
import { Failure, isFailure } from '../errors.ts';
import { belongsToRepository } from './key-store.ts';
import { isReadByGo as isPbes2ReadByGo, openPbes2, sealPbes2 } from './pbes2.ts';
import { encryptionHeaders, isEncryptedByHeaders, openByHeaders } from './pem-encryption.ts';
import { readPkcs8, writePkcs8 } from './pkcs8.ts';
import { fromGoEd25519, fromPkcs1, fromSec1, type PrivateKey } from './private-key.ts';

const encryptedLabel = 'ENCRYPTED PRIVATE KEY';

/** Label to reader of the content once it is decrypted. */
const readers: ReadonlyMap<string, (bytes: Buffer) => PrivateKey> = new Map([
  [encryptedLabel, readPkcs8],
  ['PRIVATE KEY', readPkcs8],
  ['EC PRIVATE KEY', (bytes: Buffer) => fromSec1(bytes)],
  ['RSA PRIVATE KEY', fromPkcs1],
  ['ED25519 PRIVATE KEY', fromGoEd25519],
]);

/**
 * The private keys of a PEM text; other blocks, such as the EC PARAMETERS that OpenSSL puts first, are
 * passed over. @throws Failure KEY_UNREADABLE when the text is broken or holds none
 */
export function keyBlocks(text: string): readonly [PemBlock, ...PemBlock[]] {
  const [first, ...others] = unreadableAs(() => decodePem(text)).filter((block) =>
    readers.has(block.label),
  );
  if (first === undefined) throw new Failure('KEY_UNREADABLE', 'key file: it holds no private key');
  return [first, ...others];
}

/** True when both texts hold the same blocks under the same encryption. @throws Failure KEY_UNREADABLE */
export function holdsSameKeys(one: string, other: string): boolean {
  const [a, b] = [keyBlocks(one), keyBlocks(other)];
  const isSame = (block: PemBlock, index: number): boolean =>
    block.label === b[index]?.label &&
    block.bytes.equals(b[index].bytes) &&
    block.headers.get('DEK-Info') === b[index].headers.get('DEK-Info');
  return a.length === b.length && a.every(isSame);
}

export function isLocked(block: PemBlock): boolean {
  return block.label === encryptedLabel || isEncryptedByHeaders(block);
}

/** True for an encrypted block that notary and docker can open. @throws Failure KEY_UNREADABLE, KEY_LIMITS */
export function isReadByGo(block: PemBlock): boolean {
  return (
    block.label === encryptedLabel &&
    !isEncryptedByHeaders(block) &&
    unreadableAs(() => isPbes2ReadByGo(block.bytes))
  );
}

/** The key of a block that is not encrypted. @throws Failure KEY_UNREADABLE, ALGORITHM_UNSUPPORTED */
export function readKey(block: PemBlock): PrivateKey {
  return unreadableAs(() => parseKey(block.label, block.bytes));
}

/**
 * The key of an encrypted block.
 * @throws Failure PASSPHRASE_WRONG also when decryption seems to succeed and yields no key: then the
 * passphrase is wrong, or the ciphertext was altered, and nothing in the format tells which;
 * KEY_UNREADABLE, KEY_LIMITS, ALGORITHM_UNSUPPORTED before the passphrase is tried or when it was right
 */
export async function unlockKey(block: PemBlock, passphrase: Uint8Array): Promise<PrivateKey> {
  const plaintext = await openBlock(block, passphrase);
  try {
    return parseKey(block.label, plaintext);
  } catch (cause) {
    if (!isFailure(cause, 'ENCODING_INVALID')) throw cause;
    throw new Failure('PASSPHRASE_WRONG', 'the passphrase does not open the key', { cause });
  } finally {
    plaintext.fill(0);
  }
}

async function openBlock(block: PemBlock, passphrase: Uint8Array): Promise<Buffer> {
  if (isEncryptedByHeaders(block)) return openByHeaders(block, passphrase);
  try {
    return await openPbes2(block.bytes, passphrase);
  } catch (error) {
    throw asUnreadable(error);
  }
}

/** The headers with which notary and docker say whose key it is. */
export function ownerHeaders(owner: {
  readonly role: string;
  readonly gun: string | undefined;
}): ReadonlyMap<string, string> {
  const headers = new Map(owner.role === '' ? [] : [['role', owner.role]]);
  if (owner.gun !== undefined && belongsToRepository(owner.role)) headers.set('gun', owner.gun);
  return headers;
}

/** The headers of a block without those of its encryption. */
export function headersOfKey(block: PemBlock): ReadonlyMap<string, string> {
  return new Map([...block.headers].filter(([name]) => !encryptionHeaders.has(name)));
}

/** The key encrypted in the form that notary and docker write. */
export async function lockKey(
  key: PrivateKey,
  passphrase: Uint8Array,
  headers: ReadonlyMap<string, string>,
): Promise<PemBlock> {
  const plaintext = writePkcs8(key);
  try {
    return { label: encryptedLabel, headers, bytes: await sealPbes2(plaintext, passphrase) };
  } finally {
    plaintext.fill(0);
  }
}

function parseKey(label: string, bytes: Buffer): PrivateKey {
  const read = readers.get(label);
  if (read === undefined)
    throw new Failure('KEY_UNREADABLE', `key file: ${label} is no private key`);
  return read(bytes);
}

function unreadableAs<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asUnreadable(error);
  }
}

function asUnreadable(error: unknown): unknown {
  if (!isFailure(error, 'ENCODING_INVALID')) return error;
  return new Failure('KEY_UNREADABLE', `key file: it is damaged (${error.message})`, {
    cause: error,
  });
}
