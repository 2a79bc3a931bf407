import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import * as jose from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  deriveKek,
  type KekParameters,
  newKekParameters,
  parseSealed,
  seal,
  unseal,
} from './jwe.ts';

const vector = JSON.parse(readFileSync('test/vectors/signer-jwe.json', 'utf8'));
const compact: string = vector.private_column_jwe;
const passphrase = Buffer.from('signer-pass-one');

let parameters: KekParameters;
let kek: Buffer;
beforeAll(async () => {
  parameters = newKekParameters(1000);
  kek = await deriveKek(passphrase, parameters);
});

/** The vector with one of its five parts changed. */
function withPart(index: number, change: (part: string) => string): string {
  return compact
    .split('.')
    .map((part, at) => (at === index ? change(part) : part))
    .join('.');
}

function withHeader(header: unknown): string {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  return withPart(0, () => Buffer.from(text).toString('base64url'));
}

const flip = (part: string) => (part.startsWith('A') ? 'B' : 'A') + part.slice(1);

describe('what notary-signer stored', () => {
  it('opens with its passphrase', async () => {
    const sealed = parseSealed(compact);
    const vectorKek = await deriveKek(Buffer.from(vector.passphrase), sealed);
    expect(unseal(sealed, vectorKek).toString('hex')).toBe(vector.plaintext_hex);
  });

  it('does not open with another', async () => {
    const sealed = parseSealed(compact);
    const wrong = await deriveKek(Buffer.from('signer-pass-two'), sealed);
    expect(() => unseal(sealed, wrong)).toThrow(
      expect.objectContaining({ code: 'PASSPHRASE_WRONG' }),
    );
  });

  it.each([
    [1, 'PASSPHRASE_WRONG'],
    [2, 'KEY_UNREADABLE'],
    [3, 'KEY_UNREADABLE'],
    [4, 'KEY_UNREADABLE'],
  ])('does not open with part %i altered (%s)', async (index, code) => {
    const sealed = parseSealed(withPart(index, flip));
    const vectorKek = await deriveKek(Buffer.from(vector.passphrase), sealed);
    expect(() => unseal(sealed, vectorKek)).toThrow(expect.objectContaining({ code }));
  });

  it('does not open under a header that says the same in other words', async () => {
    const { alg, enc, p2c, p2s } = vector.header;
    const sealed = parseSealed(withHeader({ enc, alg, p2c, p2s }));
    const vectorKek = await deriveKek(Buffer.from(vector.passphrase), sealed);
    expect(() => unseal(sealed, vectorKek)).toThrow(
      expect.objectContaining({ code: 'KEY_UNREADABLE' }),
    );
  });
});

describe('what we store', () => {
  it("has the header of Go's, member for member, and parts of the same lengths", () => {
    const ours = seal(Buffer.from(vector.plaintext_hex, 'hex'), kek, {
      ...parameters,
      iterations: vector.header.p2c,
    });
    const [ourHeader, ...ourParts] = ours.split('.');
    const [, ...parts] = compact.split('.');
    const p2s = parameters.salt.toString('base64url');
    expect(Buffer.from(ourHeader!, 'base64url').toString()).toBe(
      `{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":8192,"p2s":"${p2s}"}`,
    );
    expect(ourParts.map((part) => part.length)).toEqual(parts.map((part) => part.length));
  });

  it('is read by jose, and reads what jose writes', async () => {
    const plaintext = Buffer.from('some key');
    const opened = await jose.compactDecrypt(seal(plaintext, kek, parameters), passphrase, {
      keyManagementAlgorithms: ['PBES2-HS256+A128KW'],
    });
    expect(Buffer.from(opened.plaintext)).toEqual(plaintext);
    const theirs = await new jose.CompactEncrypt(plaintext)
      .setProtectedHeader({ alg: 'PBES2-HS256+A128KW', enc: 'A256GCM' })
      .setKeyManagementParameters({ p2c: 2000, p2s: parameters.salt })
      .encrypt(passphrase);
    const sealed = parseSealed(theirs);
    expect(unseal(sealed, await deriveKek(passphrase, sealed))).toEqual(plaintext);
  });

  it('opens again, whatever it is, and never looks the same twice', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const plaintext = Buffer.from(bytes);
        const text = seal(plaintext, kek, parameters);
        expect(unseal(parseSealed(text), kek)).toEqual(plaintext);
        expect(seal(plaintext, kek, parameters).split('.')[1]).not.toBe(text.split('.')[1]);
      }),
    );
  });
});

describe('limits before work', () => {
  const { header } = vector;

  it.each([
    [{ ...header, p2c: 0 }, 'KEY_LIMITS'],
    [{ ...header, p2c: -1 }, 'KEY_LIMITS'],
    [{ ...header, p2c: 1_000_001 }, 'KEY_LIMITS'],
    [{ ...header, p2c: 2 ** 53 }, 'KEY_UNREADABLE'],
    [{ ...header, p2c: 1.5 }, 'KEY_UNREADABLE'],
    [{ ...header, p2c: '8192' }, 'KEY_UNREADABLE'],
    [{ ...header, p2s: '' }, 'KEY_LIMITS'],
    [{ ...header, p2s: 'AAAA' }, 'KEY_LIMITS'],
    [{ ...header, p2s: 'A'.repeat(100) }, 'KEY_LIMITS'],
    [{ ...header, p2s: 'drtUmGQT6c0gR2q9=' }, 'KEY_UNREADABLE'],
    [{ ...header, alg: 'dir' }, 'KEY_UNREADABLE'],
    [{ ...header, alg: 'PBES2-HS512+A256KW' }, 'KEY_UNREADABLE'],
    [{ ...header, enc: 'A128GCM' }, 'KEY_UNREADABLE'],
    [{ alg: header.alg, enc: header.enc }, 'KEY_UNREADABLE'],
    ['[]', 'KEY_UNREADABLE'],
    ['{', 'KEY_UNREADABLE'],
    [`${JSON.stringify(header).slice(0, -1)},"p2c":1}`, 'KEY_UNREADABLE'],
  ])('refuse the header %j', (odd, code) => {
    expect(() => parseSealed(withHeader(odd))).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    '',
    'a',
    'a.b.c.d.e',
    `${compact}.x`,
    compact.slice(0, -1),
    compact.replace('.', '. '),
    `${compact}${'A'.repeat(8192)}`,
    withPart(1, (part) => part.slice(4)),
    withPart(2, (part) => `${part}AAAA`),
    withPart(4, (part) => part.slice(4)),
  ])('refuse the text %#', (text) => {
    expect(() => parseSealed(text)).toThrow(expect.objectContaining({ code: 'KEY_UNREADABLE' }));
  });
});
