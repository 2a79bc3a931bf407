// Keys at rest: JWE in compact form, PBES2-HS256+A128KW around A256GCM, as notary's signer stores them
// (signer API §3). No domain words, no store, no clock.
//
// Deriving the key-encryption key (KEK) from a passphrase is the dear step and is apart from sealing and opening: a
// KEK of one passphrase and salt may wrap any number of content keys, each fresh and random, so that strong
// rounds are paid once and not for every key that is made or read.
//
// Limits come before work: whoever can write to the database chooses `p2c`.
import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { JsonView } from '../encoding/json-view.ts';
import { parseJson } from '../encoding/strict-json.ts';
import { Failure } from '../errors.ts';

export const encryptionAlg = 'A256GCM';
export const keywrapAlg = 'PBES2-HS256+A128KW';

/** Most rounds that a stored key may ask for; about 0.2 s of one core. */
const maxIterations = 1_000_000;
/** Go writes 12; RFC 7518 asks for 8 or more. */
const saltBytes = 12;
const minSaltBytes = 8;
const maxSaltBytes = 64;
/** A stored P-256 key takes about 500 characters; P-521 and Ed25519 stay far below this. */
const maxCompactLength = 8192;
const kekBytes = 16;
const cekBytes = 32;
const ivBytes = 12;
const tagBytes = 16;
/** The constant of RFC 3394, by which unwrapping notices a wrong key. */
const wrapIv = Buffer.alloc(8, 0xa6);
const pbkdf2Async = promisify(pbkdf2);

/** How a KEK is derived from the passphrase. */
export interface KekParameters {
  readonly iterations: number;
  readonly salt: Buffer;
}

export interface SealedKey extends KekParameters {
  /** The header as it stands in the text: it is authenticated as written. */
  readonly headerText: string;
  readonly wrapped: Buffer;
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

/** Parameters with a fresh salt. */
export function newKekParameters(iterations: number): KekParameters {
  return { iterations, salt: randomBytes(saltBytes) };
}

/** The KEK, derived in the thread pool. The caller wipes it. */
export function deriveKek(
  passphrase: Buffer,
  { iterations, salt }: KekParameters,
): Promise<Buffer> {
  const context = Buffer.concat([Buffer.from(`${keywrapAlg}\0`, 'ascii'), salt]);
  return pbkdf2Async(passphrase, context, iterations, kekBytes, 'sha256');
}

/** `plaintext` under a fresh content key, that under `kek`, which `parameters` describe. Header members in Go's order. */
export function seal(plaintext: Buffer, kek: Buffer, parameters: KekParameters): string {
  const header = JSON.stringify({
    alg: keywrapAlg,
    enc: encryptionAlg,
    p2c: parameters.iterations,
    p2s: parameters.salt.toString('base64url'),
  });
  const headerText = Buffer.from(header).toString('base64url');
  const cek = randomBytes(cekBytes);
  try {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', cek, iv);
    cipher.setAAD(Buffer.from(headerText, 'ascii'));
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    const wrap = createCipheriv('id-aes128-wrap', kek, wrapIv);
    const wrapped = Buffer.concat([wrap.update(cek), wrap.final()]);
    const parts = [wrapped, iv, ciphertext, cipher.getAuthTag()];
    return [headerText, ...parts.map((part) => part.toString('base64url'))].join('.');
  } finally {
    cek.fill(0);
  }
}

/**
 * Takes a stored key apart and checks its limits, without deriving anything.
 * @throws Failure KEY_UNREADABLE (not such a JWE), KEY_LIMITS (rounds or salt out of bounds)
 */
export function parseSealed(compact: string): SealedKey {
  const parts = compact.length <= maxCompactLength ? compact.split('.') : [];
  const [headerText, wrapped, iv, ciphertext, tag] = parts;
  if (parts.length !== 5 || headerText === undefined) throw unreadable('is not a compact JWE');
  const view = new JsonView(parseHeader(headerText), 'header', 'KEY_UNREADABLE');
  if (view.member('alg').string() !== keywrapAlg || view.member('enc').string() !== encryptionAlg) {
    throw unreadable('names other algorithms');
  }
  const iterations = view.member('p2c').integer();
  const salt = decodePart(view.member('p2s').string());
  if (iterations < 1 || iterations > maxIterations) {
    throw new Failure(
      'KEY_LIMITS',
      `a stored key asks for ${iterations} rounds, allowed ${maxIterations}`,
    );
  }
  if (salt.length < minSaltBytes || salt.length > maxSaltBytes) {
    throw new Failure('KEY_LIMITS', `a stored key has a salt of ${salt.length} bytes`);
  }
  return {
    iterations,
    salt,
    headerText,
    wrapped: decodePart(wrapped, cekBytes + 8),
    iv: decodePart(iv, ivBytes),
    ciphertext: decodePart(ciphertext),
    tag: decodePart(tag, tagBytes),
  };
}

/**
 * The plaintext; the caller wipes it.
 * @throws Failure PASSPHRASE_WRONG (the KEK does not unwrap the content key), KEY_UNREADABLE (it does, but what is
 *   under it was altered)
 */
export function unseal(sealed: SealedKey, kek: Buffer): Buffer {
  const cek = unwrap(sealed.wrapped, kek);
  try {
    const decipher = createDecipheriv('aes-256-gcm', cek, sealed.iv);
    decipher.setAAD(Buffer.from(sealed.headerText, 'ascii'));
    decipher.setAuthTag(sealed.tag);
    const head = decipher.update(sealed.ciphertext);
    const tail = decipher.final();
    if (tail.length === 0) return head;
    const plaintext = Buffer.concat([head, tail]);
    head.fill(0);
    return plaintext;
  } catch (cause) {
    throw unreadable('was altered', cause);
  } finally {
    cek.fill(0);
  }
}

function unwrap(wrapped: Buffer, kek: Buffer): Buffer {
  try {
    const decipher = createDecipheriv('id-aes128-wrap', kek, wrapIv);
    return Buffer.concat([decipher.update(wrapped), decipher.final()]);
  } catch (cause) {
    throw new Failure('PASSPHRASE_WRONG', 'the passphrase does not open a stored key', { cause });
  }
}

function parseHeader(headerText: string): ReturnType<typeof parseJson> {
  try {
    return parseJson(decodePart(headerText));
  } catch (cause) {
    throw unreadable('has a header that is not JSON', cause);
  }
}

/** Node's decoder skips what it does not know; stored text is read strictly, without padding. */
function decodePart(text: string | undefined, length?: number): Buffer {
  const bytes = Buffer.from(text ?? '', 'base64url');
  const isExact = bytes.toString('base64url') === text;
  if (!isExact || (length !== undefined && bytes.length !== length)) {
    throw unreadable('has a part that is not base64url of its length');
  }
  return bytes;
}

function unreadable(problem: string, cause?: unknown): Failure {
  return new Failure('KEY_UNREADABLE', `a stored key ${problem}`, { cause });
}
