// EncryptedPrivateKeyInfo with PBES2 (RFC 8018): how key files are encrypted. Every PRF and AES width that
// OpenSSL writes is read; written is only what notary and docker read: PBKDF2 with HMAC-SHA1, told by
// leaving the PRF out, and AES-256-CBC.
//
// Invariants: the file chooses the cost, so it is held against limits before a single round is computed;
// derived keys and partial plaintexts are wiped; an unknown PRF or cipher is named and never reported as a
// wrong passphrase.
import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from 'node:crypto';
import { DerReader, der } from '../encoding/der.ts';
import { Failure } from '../errors.ts';
import { writtenRounds } from './written-rounds.ts';

const oids = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  aes256: '2.16.840.1.101.3.4.1.42',
  hmacSha1: '1.2.840.113549.2.7',
} as const;

/** Object identifier of a PRF to the hash that Node calls it by. */
const prfs: ReadonlyMap<string, string> = new Map([
  [oids.hmacSha1, 'sha1'],
  ['1.2.840.113549.2.8', 'sha224'],
  ['1.2.840.113549.2.9', 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
]);

interface Cipher {
  readonly name: string;
  readonly keyBytes: number;
}

const ciphers: ReadonlyMap<string, Cipher> = new Map([
  ['2.16.840.1.101.3.4.1.2', { name: 'aes-128-cbc', keyBytes: 16 }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', keyBytes: 24 }],
  [oids.aes256, { name: 'aes-256-cbc', keyBytes: 32 }],
]);

/** Block of AES, and with it the size of an IV. */
const blockBytes = 16;

/** What a file may ask for: ten million rounds are four seconds here, and more than any tool writes. */
const limits = { minRounds: 1, maxRounds: 10_000_000, minSaltBytes: 8, maxSaltBytes: 64 } as const;

/**
 * Salt of new files. Go's own files have 8 bytes; its reader takes any length, and 16 is the least that
 * NIST SP 800-132 asks for.
 */
const writtenSaltBytes = 16;

const writtenCipher: Cipher = { name: 'aes-256-cbc', keyBytes: 32 };

interface Parameters {
  readonly salt: Buffer;
  readonly rounds: number;
  readonly hash: string;
  readonly cipher: Cipher;
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
}

/**
 * The plaintext, in a buffer that the caller wipes. Nothing but its padding proves the passphrase: one
 * wrong passphrase in 256 yields a plaintext too, which is then no key.
 * @throws Failure KEY_UNREADABLE, KEY_LIMITS, ENCODING_INVALID, PASSPHRASE_WRONG
 */
export async function openPbes2(bytes: Buffer, passphrase: Uint8Array): Promise<Buffer> {
  const parameters = parse(bytes);
  const key = await derive(passphrase, parameters);
  try {
    return decryptCbc(parameters.cipher.name, key, parameters.iv, parameters.ciphertext);
  } finally {
    key.fill(0);
  }
}

/** True for the one encryption that notary and docker read. @throws Failure KEY_UNREADABLE, KEY_LIMITS, ENCODING_INVALID */
export function isReadByGo(bytes: Buffer): boolean {
  const { hash, cipher } = parse(bytes);
  return hash === 'sha1' && cipher.name === writtenCipher.name;
}

/** The plaintext encrypted in the one form that notary and docker read (client store §2.2). */
export async function sealPbes2(plaintext: Uint8Array, passphrase: Uint8Array): Promise<Buffer> {
  const salt = randomBytes(writtenSaltBytes);
  const iv = randomBytes(blockBytes);
  const cost = { salt, rounds: writtenRounds, hash: 'sha1', cipher: writtenCipher };
  const key = await derive(passphrase, cost);
  const encryption = createCipheriv(writtenCipher.name, key, iv);
  key.fill(0);
  const ciphertext = Buffer.concat([encryption.update(plaintext), encryption.final()]);
  const kdf = der.sequence(
    der.oid(oids.pbkdf2),
    der.sequence(der.octetString(salt), der.integer(writtenRounds)),
  );
  const scheme = der.sequence(der.oid(oids.aes256), der.octetString(iv));
  const algorithm = der.sequence(der.oid(oids.pbes2), der.sequence(kdf, scheme));
  return der.sequence(algorithm, der.octetString(ciphertext));
}

/**
 * Decrypts CBC and takes the padding off. The caller wipes the buffer.
 * @throws Failure PASSPHRASE_WRONG when the padding is not valid
 */
export function decryptCbc(name: string, key: Buffer, iv: Buffer, ciphertext: Buffer): Buffer {
  const decryption = createDecipheriv(name, key, iv);
  const head = decryption.update(ciphertext);
  let tail: Buffer | undefined;
  try {
    tail = decryption.final();
    return Buffer.concat([head, tail]);
  } catch (cause) {
    throw new Failure('PASSPHRASE_WRONG', 'the passphrase does not open the key', { cause });
  } finally {
    head.fill(0);
    tail?.fill(0);
  }
}

function parse(bytes: Buffer): Parameters {
  const file = new DerReader(bytes);
  const info = file.sequence();
  file.end();
  const algorithm = info.sequence();
  const ciphertext = info.octetString();
  info.end();
  const scheme = algorithm.oid();
  if (scheme !== oids.pbes2) throw unsupported(`encryption scheme ${scheme}`);
  const pbes2 = algorithm.sequence();
  algorithm.end();
  const kdf = pbes2.sequence();
  const encryption = pbes2.sequence();
  pbes2.end();
  const { cipher, iv } = parseCipher(encryption);
  if (ciphertext.length === 0 || ciphertext.length % blockBytes !== 0) {
    throw new Failure('KEY_UNREADABLE', 'key file: its ciphertext is cut off');
  }
  return { ...parseKdf(kdf, cipher), cipher, iv, ciphertext };
}

function parseCipher(encryption: DerReader): { cipher: Cipher; iv: Buffer } {
  const oid = encryption.oid();
  const cipher = ciphers.get(oid);
  if (cipher === undefined) throw unsupported(`cipher ${oid}`);
  const iv = encryption.octetString();
  encryption.end();
  if (iv.length !== blockBytes) throw new Failure('KEY_UNREADABLE', 'key file: its IV is cut off');
  return { cipher, iv };
}

function parseKdf(kdf: DerReader, cipher: Cipher): Pick<Parameters, 'salt' | 'rounds' | 'hash'> {
  const oid = kdf.oid();
  if (oid !== oids.pbkdf2) throw unsupported(`key derivation ${oid}`);
  const parameters = kdf.sequence();
  kdf.end();
  const salt = parameters.octetString();
  const rounds = boundedRounds(parameters.unsigned());
  if (salt.length < limits.minSaltBytes || salt.length > limits.maxSaltBytes) {
    throw new Failure('KEY_LIMITS', `key file: a salt of ${salt.length} bytes is not accepted`);
  }
  if (parameters.nextIs('integer') && parameters.smallUnsigned() !== cipher.keyBytes) {
    throw new Failure('KEY_UNREADABLE', 'key file: its key length does not fit its cipher');
  }
  const prf = parameters.nextIs('sequence') ? parsePrf(parameters.sequence()) : oids.hmacSha1;
  parameters.end();
  const hash = prfs.get(prf);
  if (hash === undefined) throw unsupported(`PRF ${prf}`);
  return { salt, rounds, hash };
}

function boundedRounds(magnitude: Buffer): number {
  const rounds =
    magnitude.length <= 4 ? magnitude.reduce((sum, byte) => sum * 256 + byte, 0) : Infinity;
  if (rounds < limits.minRounds || rounds > limits.maxRounds) {
    throw new Failure(
      'KEY_LIMITS',
      `key file: ${rounds} rounds of key derivation are not accepted`,
    );
  }
  return rounds;
}

function parsePrf(algorithm: DerReader): string {
  const oid = algorithm.oid();
  if (!algorithm.atEnd) algorithm.nullValue();
  algorithm.end();
  return oid;
}

function unsupported(what: string): Failure {
  return new Failure('KEY_UNREADABLE', `key file: ${what} is not supported`, {
    meaning: 'The passphrase was not tried.',
    remedy: 'Convert it: openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA1',
  });
}

function derive(
  passphrase: Uint8Array,
  how: Pick<Parameters, 'salt' | 'rounds' | 'hash' | 'cipher'>,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(passphrase, how.salt, how.rounds, how.cipher.keyBytes, how.hash, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
