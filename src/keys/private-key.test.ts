import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { opensslKey } from '../../test/keys/vectors.ts';
import { DerReader, der } from '../encoding/der.ts';
import { isValidSignature } from '../tuf/signature.ts';
import { keyBlocks } from './key-block.ts';
import { readPkcs8, writePkcs8 } from './pkcs8.ts';
import {
  fromEd25519Seed,
  fromGoEd25519,
  fromPkcs1,
  fromSec1,
  generatePrivateKey,
} from './private-key.ts';
import { softwareSigner } from './software-signer.ts';

const p256 = '1.2.840.10045.3.1.7';
const p384 = '1.3.132.0.34';
const order256 = Buffer.from(
  'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  'hex',
);

const unreadable = expect.objectContaining({ code: 'KEY_UNREADABLE' });
const unsupported = expect.objectContaining({ code: 'ALGORITHM_UNSUPPORTED' });
const malformed = expect.objectContaining({ code: 'ENCODING_INVALID' });

const derOf = (key: KeyObject, type: 'sec1' | 'pkcs8') => key.export({ type, format: 'der' });
const sec1 = (scalar: Uint8Array, ...rest: readonly Buffer[]) =>
  der.sequence(der.integer(1), der.octetString(scalar), ...rest);
const named = (oid: string) => der.explicit(0, der.oid(oid));

/** A scalar and the id of its key. */
function sample(curve: string) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: curve });
  const body = new DerReader(derOf(privateKey, 'sec1')).sequence();
  body.unsigned();
  return { scalar: body.octetString(), id: readPkcs8(derOf(privateKey, 'pkcs8')).publicKey.id };
}

describe('EC keys', () => {
  it.each(['P-256', 'P-384', 'P-521'])(
    'of %s are read in both forms, written in Go’s and sign',
    async (curve) => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: curve });
      const key = fromSec1(derOf(privateKey, 'sec1'));
      expect(readPkcs8(derOf(privateKey, 'pkcs8')).publicKey.id).toBe(key.publicKey.id);
      expect(readPkcs8(writePkcs8(key)).publicKey.id).toBe(key.publicKey.id);
      const message = Buffer.from('message');
      const signature = await softwareSigner(key).sign(message);
      expect(signature.sig).toHaveLength({ 'P-256': 64, 'P-384': 96, 'P-521': 132 }[curve]!);
      expect(isValidSignature(key.publicKey, message, signature)).toBe(true);
    },
  );

  it('are read when their number lost leading zeros or won some', () => {
    for (let index = 0; index < 3; index += 1) {
      const { scalar, id } = sample('P-256');
      const longer = Buffer.concat([Buffer.alloc(5), scalar]);
      expect(fromSec1(sec1(longer, named(p256))).publicKey.id).toBe(id);
    }
    const one = Buffer.from([1]);
    const padded = Buffer.concat([Buffer.alloc(31), one]);
    expect(fromSec1(sec1(one, named(p256))).publicKey.id).toBe(
      fromSec1(sec1(padded, named(p256))).publicKey.id,
    );
  });

  it('whose public half is of another key are refused', () => {
    const { scalar } = sample('P-256');
    const other = generatePrivateKey().publicKey.publicBytes.subarray(-65);
    const text = sec1(scalar, named(p256), der.explicit(1, der.bitString(other)));
    expect(() => fromSec1(text)).toThrow(unreadable);
  });

  it.each<[string, Buffer]>([
    ['not on the curve', Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)])],
    ['at infinity', Buffer.from([0])],
    ['empty', Buffer.alloc(0)],
  ])('whose public half is %s are refused', (_name, point) => {
    const { scalar } = sample('P-256');
    const text = sec1(scalar, named(p256), der.explicit(1, der.bitString(point)));
    expect(() => fromSec1(text)).toThrow(unreadable);
  });

  it.each<[string, Buffer]>([
    ['zero', Buffer.alloc(32)],
    ['the order of the curve', order256],
    ['above the order', Buffer.alloc(32, 0xff)],
    ['too long', Buffer.alloc(33, 1)],
  ])('whose number is %s are refused', (_name, scalar) => {
    expect(() => fromSec1(sec1(scalar, named(p256)))).toThrow(unreadable);
  });

  it.each([
    ['P-256', p256, order256],
    [
      'P-384',
      p384,
      Buffer.from(`${'ff'.repeat(24)}c7634d81f4372ddf581a0db248b0a77aecec196accc52972`, 'hex'),
    ],
  ])('take the largest number of %s and not the next', (_name, oid, edge) => {
    const largest = Buffer.from(edge);
    if (edge === order256) largest[31]! -= 1;
    expect(fromSec1(sec1(largest, named(oid))).publicKey.keyType).toBe('ecdsa');
    largest[largest.length - 1]! += 1;
    expect(() => fromSec1(sec1(largest, named(oid)))).toThrow(unreadable);
  });

  it('that name two curves, or none, are refused', () => {
    const { scalar } = sample('P-256');
    expect(() => fromSec1(sec1(scalar, named(p256)), p384)).toThrow(unreadable);
    expect(() => fromSec1(sec1(scalar))).toThrow(unsupported);
    expect(fromSec1(sec1(scalar), p256).publicKey.keyType).toBe('ecdsa');
  });

  it('of another version or with bytes behind are refused', () => {
    const { scalar } = sample('P-256');
    const version2 = der.sequence(der.integer(2), der.octetString(scalar), named(p256));
    expect(() => fromSec1(version2)).toThrow(unreadable);
    expect(() => fromSec1(Buffer.concat([sec1(scalar, named(p256)), Buffer.alloc(1)]))).toThrow(
      malformed,
    );
  });
});

describe('RSA keys', () => {
  const bytes = keyBlocks(opensslKey('pkcs1'))[0].bytes;

  it('are read in PKCS#1 and in PKCS#8 with and without NULL', () => {
    const { id } = fromPkcs1(bytes).publicKey;
    for (const parameters of [der.nullValue(), Buffer.alloc(0)]) {
      const algorithm = der.sequence(der.oid('1.2.840.113549.1.1.1'), parameters);
      const pkcs8 = der.sequence(der.integer(0), algorithm, der.octetString(bytes));
      expect(readPkcs8(pkcs8).publicKey.id).toBe(id);
    }
  });

  it('of more than two primes, or with numbers missing, are refused', () => {
    const numbers: Buffer[] = [];
    const body = new DerReader(bytes).sequence();
    body.unsigned();
    while (!body.atEnd) numbers.push(body.element().whole);
    expect(() => fromPkcs1(der.sequence(der.integer(1), ...numbers))).toThrow(unsupported);
    expect(() => fromPkcs1(der.sequence(der.integer(0), ...numbers.slice(1)))).toThrow(malformed);
    expect(() => fromPkcs1(der.sequence(der.integer(0), ...numbers, der.integer(1)))).toThrow(
      malformed,
    );
    const zeros = numbers.map(() => der.integer(0));
    expect(() => fromPkcs1(der.sequence(der.integer(0), ...zeros))).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^(KEY_UNREADABLE|ALGORITHM_UNSUPPORTED)$/),
      }),
    );
  });
});

describe('ed25519 keys', () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const seed = derOf(privateKey, 'pkcs8').subarray(-32);
  const { publicKey } = fromEd25519Seed(seed);

  it('are read as RFC 8410 has them, with or without the public key behind', () => {
    expect(readPkcs8(derOf(privateKey, 'pkcs8')).publicKey.id).toBe(publicKey.id);
    const attached = Buffer.concat([Buffer.from('812100', 'hex'), publicKey.publicBytes]);
    const algorithm = der.sequence(der.oid('1.3.101.112'));
    const version2 = der.sequence(
      der.integer(1),
      algorithm,
      der.octetString(der.octetString(seed)),
      attached,
    );
    expect(readPkcs8(version2).publicKey.id).toBe(publicKey.id);
  });

  it('are written in the encoding of Go', () => {
    const info = new DerReader(writePkcs8(fromEd25519Seed(seed))).sequence();
    expect(info.smallUnsigned()).toBe(0);
    expect(info.sequence().oid()).toBe('1.3.6.1.4.1.11591.15.1');
    const bare = info.octetString();
    expect(bare).toEqual(Buffer.concat([publicKey.publicBytes, seed, publicKey.publicBytes]));
    expect(fromGoEd25519(bare).publicKey.id).toBe(publicKey.id);
  });

  it('of another length, or with halves that disagree, are refused', () => {
    const { publicBytes } = publicKey;
    expect(() => fromEd25519Seed(seed.subarray(1))).toThrow(unreadable);
    expect(() => fromGoEd25519(Buffer.concat([publicBytes, seed]))).toThrow(malformed);
    expect(() => fromGoEd25519(Buffer.concat([publicBytes, seed, seed]))).toThrow(malformed);
    expect(() => fromGoEd25519(Buffer.concat([seed, seed, seed]))).toThrow(unreadable);
  });
});

describe('PKCS#8', () => {
  it.each([
    ['X25519', '1.3.101.110'],
    ['DSA', '1.2.840.10040.4.1'],
    ['RSA for PSS alone', '1.2.840.113549.1.1.10'],
  ])('of %s is refused by its name', (_name, oid) => {
    const info = der.sequence(
      der.integer(0),
      der.sequence(der.oid(oid)),
      der.octetString(Buffer.alloc(34)),
    );
    expect(() => readPkcs8(info)).toThrow(
      expect.objectContaining({
        code: 'ALGORITHM_UNSUPPORTED',
        message: expect.stringContaining(oid),
      }),
    );
  });

  it('of an unknown version is refused', () => {
    const info = der.sequence(
      der.integer(2),
      der.sequence(der.oid('1.3.101.112')),
      der.octetString(Buffer.alloc(34)),
    );
    expect(() => readPkcs8(info)).toThrow(unreadable);
  });

  it('with a curve spelled out is refused', () => {
    const algorithm = der.sequence(der.oid('1.2.840.10045.2.1'), der.sequence(der.integer(1)));
    const info = der.sequence(der.integer(0), algorithm, der.octetString(Buffer.alloc(34)));
    expect(() => readPkcs8(info)).toThrow(unsupported);
  });
});
