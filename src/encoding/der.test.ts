import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DerReader, der } from './der.ts';

const invalid = expect.objectContaining({ code: 'ENCODING_INVALID' });
const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const reader = (hex: string) => new DerReader(bytes(hex));

describe('reading', () => {
  it('walks a public key made by OpenSSL down to its point', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const file = new DerReader(spki);
    const info = file.sequence();
    file.end();
    const algorithm = info.sequence();
    expect(algorithm.oid()).toBe('1.2.840.10045.2.1');
    expect(algorithm.oid()).toBe('1.2.840.10045.3.1.7');
    algorithm.end();
    expect(info.bitString()).toHaveLength(65);
    info.end();
  });

  it('says which element comes next without taking it', () => {
    const input = reader('0500 a000');
    expect(input.nextIs('null')).toBe(true);
    expect(input.nextIs('sequence')).toBe(false);
    input.nullValue();
    expect(input.nextIsExplicit(0)).toBe(true);
    expect(input.nextIsExplicit(1)).toBe(false);
    input.explicit(0).end();
    expect(input.nextIs('null')).toBe(false);
    expect(input.atEnd).toBe(true);
  });

  it('hands out an element with and without its head', () => {
    const element = reader('0402beef 00').element();
    expect(element).toMatchObject({ tag: 4, body: bytes('beef'), whole: bytes('0402beef') });
  });

  it('reads within a view of a larger buffer and never beyond it', () => {
    const larger = bytes('ffff 3003020105 020107');
    const input = new DerReader(larger.subarray(2, 7));
    expect(input.sequence().smallUnsigned()).toBe(5);
    expect(input.atEnd).toBe(true);
    expect(() => input.element()).toThrow(invalid);
  });

  it.each([
    ['2a', '1.2'],
    ['2a8648ce3d0201', '1.2.840.10045.2.1'],
    ['2b06010401da470f01', '1.3.6.1.4.1.11591.15.1'],
    ['883703', '2.999.3'],
    ['00', '0.0'],
  ])('reads the object identifier %s as %s', (hex, dotted) => {
    const body = bytes(hex);
    expect(new DerReader(Buffer.concat([Buffer.from([6, body.length]), body])).oid()).toBe(dotted);
  });

  it('reads integers without their sign byte', () => {
    expect(reader('02020080').unsigned()).toEqual(bytes('80'));
    expect(reader('020100').unsigned()).toHaveLength(0);
    expect(reader('020100').smallUnsigned()).toBe(0);
    expect(reader('0203 0989 68').smallUnsigned()).toBe(0x098968);
  });

  it('reads both booleans', () => {
    expect(reader('0101ff').boolean()).toBe(true);
    expect(reader('010100').boolean()).toBe(false);
  });
});

describe('an attacker who writes the bytes', () => {
  it.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['a length that is cut off', '3082 01'],
    ['a body that is cut off', '3005 0201 01'],
    ['an indefinite length', '3080 0000'],
    ['a length of five bytes', '3085 0000000001 00'],
    ['a length of 4 GB', '3084 ffffffff 00'],
    ['a long form where the short one fits', '3081 02 0500'],
    ['a length with a leading zero', '3082 0080'],
    ['a tag number of several bytes', '3f8101 00'],
  ])('is refused for %s', (_name, hex) => {
    expect(() => reader(hex).element()).toThrow(invalid);
  });

  it.each<[string, string, (input: DerReader) => unknown]>([
    ['a child that outgrows its parent', '3003 0402 00 ff', (i) => i.sequence().octetString()],
    ['another tag than expected', '0401 00', (i) => i.sequence()],
    ['another context tag', 'a100', (i) => i.explicit(0)],
    ['an empty integer', '0200', (i) => i.unsigned()],
    ['a negative integer', '0201 ff', (i) => i.unsigned()],
    ['an integer with needless zeros', '0202 0001', (i) => i.unsigned()],
    ['an integer beyond 2^53', '0208 0fffffffffffffff', (i) => i.smallUnsigned()],
    ['an integer of a thousand digits', `0281c8${'7f'.repeat(200)}`, (i) => i.smallUnsigned()],
    ['a null with content', '0501 00', (i) => i.nullValue()],
    ['a boolean that is neither', '0101 01', (i) => i.boolean()],
    ['a boolean of two bytes', '0102 ffff', (i) => i.boolean()],
    ['an empty bit string', '0300', (i) => i.bitString()],
    ['a bit string with loose bits', '0302 05a0', (i) => i.bitString()],
    ['an empty object identifier', '0600', (i) => i.oid()],
    ['an object identifier cut off', '0602 2a86', (i) => i.oid()],
    ['an object identifier with padding', '0603 2a8001', (i) => i.oid()],
    ['an object identifier beyond 2^53', `060b 2a${'ff'.repeat(9)}7f`, (i) => i.oid()],
    ['bytes after the end', '0500 00', (i) => [i.nullValue(), i.end()]],
  ])('is refused for %s', (_name, hex, read) => {
    expect(() => read(reader(hex))).toThrow(invalid);
  });

  it('gets coded refusals and nothing else for any bytes', () => {
    const walk = (input: DerReader, depth: number): void => {
      while (!input.atEnd) {
        const { tag, body } = input.element();
        if ((tag & 0x20) !== 0 && depth < 20) walk(new DerReader(body), depth + 1);
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
        try {
          walk(new DerReader(input), 0);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ENCODING_INVALID' });
        }
      }),
    );
  });
});

describe('writing', () => {
  it('builds a public key that equals the one of OpenSSL', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = publicKey.export({ format: 'jwk' });
    const number = (text: string) => der.integer(Buffer.from(text, 'base64url'));
    const rsa = der.sequence(number(jwk.n!), number(jwk.e!));
    const algorithm = der.sequence(der.oid('1.2.840.113549.1.1.1'), der.nullValue());
    const spki = der.sequence(algorithm, der.bitString(rsa));
    expect(spki).toEqual(publicKey.export({ type: 'spki', format: 'der' }));
    expect(createPublicKey({ key: spki, format: 'der', type: 'spki' }).equals(publicKey)).toBe(
      true,
    );
  });

  it.each([
    [0, '020100'],
    [127, '02017f'],
    [128, '02020080'],
    [256, '02020100'],
    [600_000, '02030927c0'],
  ])('writes the integer %d minimally', (value, hex) => {
    expect(der.integer(value).toString('hex')).toBe(hex);
  });

  it('drops leading zeros of a magnitude', () => {
    expect(der.integer(bytes('000080'))).toEqual(bytes('02020080'));
    expect(der.integer(bytes('0000'))).toEqual(bytes('020100'));
    expect(der.integer(bytes(''))).toEqual(bytes('020100'));
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 60])('refuses to write the number %d', (value) => {
    expect(() => der.integer(value)).toThrow(invalid);
  });

  it('writes times as certificates need them', () => {
    const ascii = (element: Buffer) => [element[0], element.subarray(2).toString()];
    expect(ascii(der.time(Date.UTC(2049, 11, 31, 23, 59, 59, 999)))).toEqual([23, '491231235959Z']);
    expect(ascii(der.time(Date.UTC(2050, 0, 1)))).toEqual([24, '20500101000000Z']);
    expect(ascii(der.time(Date.UTC(1949, 11, 31)))).toEqual([24, '19491231000000Z']);
    expect(ascii(der.generalizedTime(Date.UTC(2026, 0, 2)))).toEqual([24, '20260102000000Z']);
    expect(ascii(der.utcTime(Date.UTC(1999, 0, 2)))).toEqual([23, '990102000000Z']);
  });

  it('writes text, flags and named bits', () => {
    expect(der.utf8String('é')).toEqual(bytes('0c02c3a9'));
    expect(der.printableString('a')).toEqual(bytes('130161'));
    expect(der.boolean(true)).toEqual(bytes('0101ff'));
    expect(der.boolean(false)).toEqual(bytes('010100'));
    expect(der.bitString(bytes('a0'), 5)).toEqual(bytes('030205a0'));
    expect(der.set(der.nullValue())).toEqual(bytes('31020500'));
    expect(der.explicit(3, der.nullValue())).toEqual(bytes('a3020500'));
  });

  it('can be read back whatever the content', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70_000, size: 'max' }), (content) => {
        const file = new DerReader(der.sequence(der.octetString(content)));
        const inner = file.sequence();
        expect(inner.octetString().equals(content)).toBe(true);
        inner.end();
        file.end();
      }),
      { numRuns: 30 },
    );
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.nat(), { maxLength: 8 }), (number, arcs) => {
        const dotted = ['2', '5', ...arcs].join('.');
        expect(new DerReader(der.integer(number)).smallUnsigned()).toBe(number);
        expect(new DerReader(der.oid(dotted)).oid()).toBe(dotted);
      }),
    );
  });
});

it('reads the certificates that Go wrote to their last byte', () => {
  const path = new URL('../../test/vectors/keys.json', import.meta.url);
  const keys: readonly { Pem: string }[] = JSON.parse(readFileSync(path, 'utf8'));
  const certificates = keys.flatMap(({ Pem }) =>
    Pem === '' ? [] : [new X509Certificate(Pem).raw],
  );
  expect(certificates).toHaveLength(2);
  for (const raw of certificates) {
    const file = new DerReader(raw);
    const certificate = file.sequence();
    file.end();
    const body = certificate.sequence();
    expect(body.explicit(0).smallUnsigned()).toBe(2);
    expect(body.unsigned().length).toBeLessThanOrEqual(16);
    certificate.element();
    expect(certificate.bitString().length).toBeGreaterThan(60);
    certificate.end();
  }
});
