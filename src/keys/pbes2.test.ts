import { createCipheriv, createPrivateKey, pbkdf2, pbkdf2Sync, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { DerReader, der } from '../encoding/der.ts';
import { openPbes2, sealPbes2 } from './pbes2.ts';

// The real figure is what is tested here.
vi.unmock('./written-rounds.ts');

vi.mock(import('node:crypto'), async (importOriginal) => {
  const real = await importOriginal();
  return { ...real, pbkdf2: vi.fn(real.pbkdf2) };
});

const secret = Buffer.from('test-passphrase');
const plaintext = Buffer.from('sixteen or so bytes');

interface Shape {
  readonly rounds?: Buffer;
  readonly salt?: Buffer;
  readonly keyLength?: number;
  readonly prf?: Buffer;
  readonly iv?: Buffer;
  readonly ciphertext?: Buffer;
  readonly extra?: Buffer;
}

/** An EncryptedPrivateKeyInfo of the given shape; what is not given is as Go writes it, with one round. */
function file(shape: Shape = {}): Buffer {
  const salt = shape.salt ?? Buffer.alloc(8, 1);
  const iv = shape.iv ?? Buffer.alloc(16, 2);
  const key = pbkdf2Sync(secret, salt, 1, 32, 'sha1');
  const cipher = createCipheriv('aes-256-cbc', key, Buffer.alloc(16, 2));
  const ciphertext = shape.ciphertext ?? Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const parameters = der.sequence(
    der.octetString(salt),
    shape.rounds ?? der.integer(1),
    shape.keyLength === undefined ? Buffer.alloc(0) : der.integer(shape.keyLength),
    shape.prf ?? Buffer.alloc(0),
    shape.extra ?? Buffer.alloc(0),
  );
  return der.sequence(
    der.sequence(
      der.oid('1.2.840.113549.1.5.13'),
      der.sequence(
        der.sequence(der.oid('1.2.840.113549.1.5.12'), parameters),
        der.sequence(der.oid('2.16.840.1.101.3.4.1.42'), der.octetString(iv)),
      ),
    ),
    der.octetString(ciphertext),
  );
}

/** Time that the refusal of `bytes` takes, after checking its code. */
async function expectUnderived(bytes: Buffer, code: string): Promise<void> {
  vi.mocked(pbkdf2).mockClear();
  await expect(openPbes2(bytes, secret)).rejects.toMatchObject({ code });
  expect(pbkdf2).not.toHaveBeenCalled();
}

describe('reading', () => {
  it('takes the optional members present or absent', async () => {
    const prf = der.sequence(der.oid('1.2.840.113549.2.7'), der.nullValue());
    const bare = der.sequence(der.oid('1.2.840.113549.2.7'));
    const shapes = [{}, { keyLength: 32 }, { prf }, { prf: bare }, { keyLength: 32, prf }];
    for (const shape of shapes) expect(await openPbes2(file(shape), secret)).toEqual(plaintext);
    expect(pbkdf2).toHaveBeenCalledTimes(shapes.length);
    expect(await openPbes2(file({ salt: Buffer.alloc(64, 9) }), secret)).toEqual(plaintext);
  });

  it.each<[string, Shape]>([
    ['no round', { rounds: der.integer(0) }],
    ['ten million rounds and one', { rounds: der.integer(10_000_001) }],
    ['2^32 rounds', { rounds: der.integer(2 ** 32) }],
    ['2^512 rounds', { rounds: der.integer(Buffer.alloc(64, 0xff)) }],
    ['a salt of 7 bytes', { salt: Buffer.alloc(7) }],
    ['a salt of 65 bytes', { salt: Buffer.alloc(65) }],
    ['no salt', { salt: Buffer.alloc(0) }],
  ])('refuses %s before it derives anything', async (_name, shape) => {
    await expectUnderived(file(shape), 'KEY_LIMITS');
  });

  it.each<[string, Shape, string]>([
    ['a key length of another cipher', { keyLength: 16 }, 'KEY_UNREADABLE'],
    ['an unknown PRF', { prf: der.sequence(der.oid('1.2.3.4')) }, 'KEY_UNREADABLE'],
    ['an IV of 8 bytes', { iv: Buffer.alloc(8) }, 'KEY_UNREADABLE'],
    ['no ciphertext', { ciphertext: Buffer.alloc(0) }, 'KEY_UNREADABLE'],
    ['half a block of ciphertext', { ciphertext: Buffer.alloc(24) }, 'KEY_UNREADABLE'],
    ['a member that no one knows', { extra: der.octetString(Buffer.alloc(1)) }, 'ENCODING_INVALID'],
    ['negative rounds', { rounds: Buffer.from('0201ff', 'hex') }, 'ENCODING_INVALID'],
  ])('refuses %s without trying the passphrase', async (_name, shape, code) => {
    await expectUnderived(file({ rounds: der.integer(9_000_000), ...shape }), code);
  });

  it('answers any bytes with a coded refusal', async () => {
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const code = expect.stringMatching(/^(ENCODING_INVALID|KEY_UNREADABLE|KEY_LIMITS)$/);
      await expect(openPbes2(Buffer.from(bytes), secret)).rejects.toMatchObject({ code });
    });
    await fc.assert(property);
  });

  it('leaves the event loop free while it derives', async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 5);
    await sealPbes2(plaintext, secret);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
});

describe('writing', () => {
  // Twelve derivations at full cost, on a machine that may be busy.
  it('can be read back, whatever the content and passphrase', { timeout: 60_000 }, async () => {
    for (const size of [0, 1, 15, 16, 17, 4_000]) {
      const content = randomBytes(size);
      expect(await openPbes2(await sealPbes2(content, secret), secret)).toEqual(content);
    }
  });

  it('has the one shape that notary and docker read', async () => {
    const sealed = new DerReader(await sealPbes2(plaintext, secret)).sequence();
    const algorithm = sealed.sequence();
    expect(algorithm.oid()).toBe('1.2.840.113549.1.5.13');
    const pbes2 = algorithm.sequence();
    const kdf = pbes2.sequence();
    expect(kdf.oid()).toBe('1.2.840.113549.1.5.12');
    const parameters = kdf.sequence();
    expect(parameters.octetString()).toHaveLength(16);
    expect(parameters.smallUnsigned()).toBe(600_000);
    // Go skips whatever follows and derives with SHA-1: a PRF here would make the file unreadable there.
    parameters.end();
    const scheme = pbes2.sequence();
    expect(scheme.oid()).toBe('2.16.840.1.101.3.4.1.42');
    expect(scheme.octetString()).toHaveLength(16);
    expect(sealed.octetString()).toHaveLength(32);
    for (const reader of [parameters, scheme, kdf, pbes2, algorithm, sealed]) reader.end();
  });

  it('is read by OpenSSL, as the reference for the standard', async () => {
    const pkcs8 = Buffer.from(
      '302e020100300506032b657004220420000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      'hex',
    );
    const key = await sealPbes2(pkcs8, secret);
    const opened = createPrivateKey({ key, format: 'der', type: 'pkcs8', passphrase: secret });
    expect(opened.export({ format: 'der', type: 'pkcs8' })).toEqual(pkcs8);
  });
});
