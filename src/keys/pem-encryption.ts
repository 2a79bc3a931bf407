// The encryption of PEM blocks by their headers (RFC 1421 as OpenSSL has it): `Proc-Type: 4,ENCRYPTED` and
// `DEK-Info: CIPHER,IV`. Old notary and docker wrote it; it is read and never written, since its key is one
// round of MD5 away from the passphrase.
import { createHash } from 'node:crypto';
import type { PemBlock } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';
import { decryptCbc } from './pbes2.ts';

interface Cipher {
  readonly name: string;
  readonly keyBytes: number;
  readonly blockBytes: number;
}

const ciphers: ReadonlyMap<string, Cipher> = new Map([
  ['AES-128-CBC', { name: 'aes-128-cbc', keyBytes: 16, blockBytes: 16 }],
  ['AES-192-CBC', { name: 'aes-192-cbc', keyBytes: 24, blockBytes: 16 }],
  ['AES-256-CBC', { name: 'aes-256-cbc', keyBytes: 32, blockBytes: 16 }],
  ['DES-EDE3-CBC', { name: 'des-ede3-cbc', keyBytes: 24, blockBytes: 8 }],
]);

/** The headers that say how a block is encrypted. */
export const encryptionHeaders: ReadonlySet<string> = new Set(['Proc-Type', 'DEK-Info']);

/** The salt of the derivation is the head of the IV. */
const saltBytes = 8;

export function isEncryptedByHeaders(block: PemBlock): boolean {
  return block.headers.has('DEK-Info') || /\bENCRYPTED$/.test(block.headers.get('Proc-Type') ?? '');
}

/**
 * The content of such a block, in a buffer that the caller wipes. A wrong passphrase that happens to fit
 * the padding yields bytes that are no key.
 * @throws Failure KEY_UNREADABLE, PASSPHRASE_WRONG
 */
export function openByHeaders(block: PemBlock, passphrase: Uint8Array): Buffer {
  const { cipher, iv } = parseDekInfo(block.headers.get('DEK-Info') ?? '');
  if (block.bytes.length === 0 || block.bytes.length % cipher.blockBytes !== 0) {
    throw new Failure('KEY_UNREADABLE', 'key file: its ciphertext is cut off');
  }
  const key = derive(passphrase, iv.subarray(0, saltBytes), cipher.keyBytes);
  try {
    return decryptCbc(cipher.name, key, iv, block.bytes);
  } finally {
    key.fill(0);
  }
}

function parseDekInfo(header: string): { cipher: Cipher; iv: Buffer } {
  const [, name = '', hex = ''] = /^([^,]*),([0-9A-Fa-f]*)$/.exec(header) ?? [];
  const cipher = ciphers.get(name);
  if (cipher === undefined) {
    throw new Failure(
      'KEY_UNREADABLE',
      `key file: cipher ${JSON.stringify(name)} is not supported`,
      {
        meaning: 'The passphrase was not tried.',
        remedy: 'Convert it: openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA1',
      },
    );
  }
  const iv = Buffer.from(hex, 'hex');
  if (hex.length !== cipher.blockBytes * 2) {
    throw new Failure('KEY_UNREADABLE', 'key file: its IV is cut off');
  }
  return { cipher, iv };
}

/** EVP_BytesToKey with MD5 and one round. */
function derive(passphrase: Uint8Array, salt: Buffer, keyBytes: number): Buffer {
  const key = Buffer.alloc(keyBytes);
  let digest = Buffer.alloc(0);
  for (let filled = 0; filled < keyBytes; filled += digest.length) {
    const next = createHash('md5').update(digest).update(passphrase).update(salt).digest();
    digest.fill(0);
    digest = next;
    digest.copy(key, filled);
  }
  digest.fill(0);
  return key;
}
