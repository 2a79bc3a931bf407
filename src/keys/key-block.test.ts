import { describe, expect, it } from 'vitest';
import {
  goKeyFile,
  goKeyFiles,
  goKeys,
  opensslEcPublicKey,
  opensslKey,
  passphrase,
} from '../../test/keys/vectors.ts';
import { decodePem, encodePem } from '../encoding/pem.ts';
import { isValidSignature } from '../tuf/signature.ts';
import { isLocked, keyBlocks, lockKey, ownerHeaders, readKey, unlockKey } from './key-block.ts';
import { writePkcs8 } from './pkcs8.ts';
import { generatePrivateKey } from './private-key.ts';
import { softwareSigner } from './software-signer.ts';

const secret = Buffer.from(passphrase);
const first = (text: string) => keyBlocks(text)[0];
const unlock = (text: string, phrase: Uint8Array = secret) => unlockKey(first(text), phrase);

/** The text with the body of its only block changed. */
function altered(text: string, change: (bytes: Buffer) => Buffer): string {
  const block = first(text);
  return encodePem({ ...block, bytes: change(Buffer.from(block.bytes)) });
}

/** Go's 2048 rounds of key derivation made 256, in place. */
function withFewRounds(bytes: Buffer): Buffer {
  bytes.set([0x02, 0x02, 0x01, 0x00], bytes.indexOf(Buffer.from('02020800', 'hex')));
  return bytes;
}

describe.each(goKeys)('the $Alg key $KeyID of the Go client', (vector) => {
  it('is read encrypted and not', async () => {
    expect(isLocked(first(vector.EncPem))).toBe(true);
    expect(isLocked(first(vector.Unencrypted))).toBe(false);
    for (const key of [await unlock(vector.EncPem), readKey(first(vector.Unencrypted))]) {
      expect(key.publicKey.id).toBe(vector.KeyID);
      expect(key.publicKey.keyType).toBe(vector.Alg);
      expect(key.publicKey.publicBytes.toString('base64')).toBe(vector.PublicB64);
    }
  });

  it('is written byte for byte as Go writes it', async () => {
    const key = await unlock(vector.EncPem);
    expect(writePkcs8(key).toString('base64')).toBe(
      first(vector.Unencrypted).bytes.toString('base64'),
    );
    const [role, gun] = ['role', 'gun'].map((name) => first(vector.EncPem).headers.get(name));
    const locked = await lockKey(key, secret, ownerHeaders({ role: role!, gun }));
    expect(locked.headers).toEqual(first(vector.EncPem).headers);
    expect((await unlock(encodePem(locked))).publicKey.id).toBe(vector.KeyID);
  });

  it('makes signatures that Go would accept, by the method Go names', async () => {
    const signer = softwareSigner(await unlock(vector.EncPem));
    const message = Buffer.from(vector.Msg);
    const signature = await signer.sign(message);
    expect(signature).toMatchObject({ keyId: vector.KeyID, method: vector.SigMethod });
    expect(signature.sig).toHaveLength(Buffer.from(vector.SigB64, 'base64').length);
    expect(isValidSignature(signer.key, message, signature)).toBe(true);
    const goSignature = { ...signature, sig: Buffer.from(vector.SigB64, 'base64') };
    expect(isValidSignature(signer.key, message, goSignature)).toBe(true);
    expect(isValidSignature(signer.key, Buffer.from('other'), signature)).toBe(false);
  });

  it('stays shut for a wrong passphrase', async () => {
    const wrong = Buffer.from('test-passphrasE');
    await expect(unlock(vector.EncPem, wrong)).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
    const empty = Buffer.alloc(0);
    await expect(unlock(vector.EncPem, empty)).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
  });
});

it.each(Object.values(goKeyFiles))(
  'the file %s of a Go trust directory holds its key',
  async (id) => {
    expect((await unlock(goKeyFile(id))).publicKey.canonicalId).toBe(id);
  },
);

describe('keys that OpenSSL wrote', () => {
  it.each([
    'sec1 after EC PARAMETERS',
    'sec1 without public key',
    'sec1 with compressed point',
    'pkcs8 ec',
  ])('are read unencrypted: %s', (name) => {
    const key = readKey(first(opensslKey(name)));
    expect(key.publicKey.publicBytes.toString('base64')).toBe(opensslEcPublicKey);
  });

  it.each([
    'pbes2 hmacWithSHA1 aes-256',
    'pbes2 hmacWithSHA224 aes-256',
    'pbes2 hmacWithSHA256 aes-256',
    'pbes2 hmacWithSHA384 aes-256',
    'pbes2 hmacWithSHA512 aes-256',
    'pbes2 default aes-128',
    'pbes2 default aes-192',
    'dek sec1 AES-256-CBC',
    'dek sec1 AES-192-CBC',
    'dek sec1 DES-EDE3-CBC',
  ])('are read encrypted: %s', async (name) => {
    expect(isLocked(first(opensslKey(name)))).toBe(true);
    const key = await unlock(opensslKey(name));
    expect(key.publicKey.publicBytes.toString('base64')).toBe(opensslEcPublicKey);
    const wrong = unlock(opensslKey(name), Buffer.from('wrong-passphrase'));
    await expect(wrong).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
  });

  it('are read as RSA and ed25519 in every dress', async () => {
    const rsa = readKey(first(opensslKey('pkcs1')));
    expect(rsa.publicKey.keyType).toBe('rsa');
    expect((await unlock(opensslKey('dek pkcs1 AES-128-CBC'))).publicKey.id).toBe(rsa.publicKey.id);
    const ed = readKey(first(opensslKey('pkcs8 ed25519')));
    expect(ed.publicKey.keyType).toBe('ed25519');
    expect((await unlock(opensslKey('pbes2 ed25519'))).publicKey.id).toBe(ed.publicKey.id);
  });

  it('become keys that Go reads when they are written again', async () => {
    for (const name of ['sec1 without public key', 'pkcs1', 'pkcs8 ed25519']) {
      const key = readKey(first(opensslKey(name)));
      const locked = await lockKey(key, secret, ownerHeaders({ role: 'ci', gun: undefined }));
      expect((await unlock(encodePem(locked))).publicKey.id).toBe(key.publicKey.id);
    }
    const bare = readKey(first(opensslKey('sec1 without public key')));
    const whole = readKey(first(opensslKey('pkcs8 ec')));
    expect(writePkcs8(bare)).toEqual(writePkcs8(whole));
  });

  it.each([
    ['pbes2 scrypt', '1.3.6.1.4.1.11591.4.11'],
    ['pbes2 des3', '1.2.840.113549.3.7'],
    ['pbes2 hmacWithMD5', '1.2.840.113549.2.6'],
    ['pbes1', '1.2.840.113549.1.12.1.3'],
    ['dek sec1 CAMELLIA-256-CBC', 'CAMELLIA-256-CBC'],
  ])(
    'with another encryption are refused by its name, never as a wrong passphrase: %s',
    async (name, says) => {
      await expect(unlock(opensslKey(name))).rejects.toMatchObject({
        code: 'KEY_UNREADABLE',
        message: expect.stringContaining(says),
        remedy: expect.stringContaining('openssl pkcs8'),
      });
    },
  );

  it.each(['pkcs1 of 1024 bits', 'pkcs8 ed448', 'sec1 secp256k1', 'sec1 with explicit curve'])(
    'of a kind that does not verify are refused: %s',
    (name) => {
      expect(() => readKey(first(opensslKey(name)))).toThrow(
        expect.objectContaining({ code: 'ALGORITHM_UNSUPPORTED' }),
      );
    },
  );
});

describe('old notary', () => {
  it('left ed25519 keys under a label of their own', async () => {
    const vector = goKeys.find(({ Alg }) => Alg === 'ed25519')!;
    const bytes = Buffer.from(vector.PrivateB64, 'base64');
    const block = { label: 'ED25519 PRIVATE KEY', headers: new Map([['role', 'root']]), bytes };
    expect(readKey(first(encodePem(block))).publicKey.id).toBe(vector.KeyID);
  });

  it('left them encrypted by headers, where no wrong passphrase passes for damage', async () => {
    // What OpenSSL's derivation makes of the passphrase; 300 wrong ones let one or two past the padding.
    const { createCipheriv, createHash } = await import('node:crypto');
    const vector = goKeys.find(({ Alg }) => Alg === 'ed25519')!;
    const iv = Buffer.alloc(16, 7);
    const md5 = (...parts: Buffer[]) => createHash('md5').update(Buffer.concat(parts)).digest();
    const head = md5(secret, iv.subarray(0, 8));
    const key = Buffer.concat([head, md5(head, secret, iv.subarray(0, 8))]);
    const cipher = createCipheriv('aes-256-cbc', key, iv);
    const bytes = Buffer.concat([cipher.update(vector.PrivateB64, 'base64'), cipher.final()]);
    const headers = new Map([
      ['Proc-Type', '4,ENCRYPTED'],
      ['DEK-Info', `AES-256-CBC,${iv.toString('hex')}`],
    ]);
    const text = encodePem({ label: 'ED25519 PRIVATE KEY', headers, bytes });
    expect((await unlock(text)).publicKey.id).toBe(vector.KeyID);
    for (let index = 0; index < 1500; index += 1) {
      const wrong = unlock(text, Buffer.from(`wrong-${index}`));
      await expect(wrong).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
    }
  });
});

describe('a wrong passphrase whose padding happens to fit', () => {
  it('is still a wrong passphrase', async () => {
    const [vector] = goKeys;
    // Few rounds make the tries cheap; about six of them decrypt to valid padding and garbage.
    const cheap = altered(vector!.EncPem, withFewRounds);
    const reasons = new Set<string>();
    for (let index = 0; index < 1500; index += 1) {
      const error = await unlock(cheap, Buffer.from(`guess ${index}`)).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: 'PASSPHRASE_WRONG' });
      reasons.add(error instanceof Error && error.cause instanceof Error ? error.cause.name : '');
    }
    expect(reasons).toContain('Failure');
    expect(reasons).toContain('Error');
  });
});

describe('damaged and hostile files', () => {
  const [ec] = goKeys;

  it.each([
    ['text without a key', 'hello'],
    ['nothing', ''],
    [
      'a certificate',
      encodePem({ label: 'CERTIFICATE', headers: new Map(), bytes: Buffer.alloc(9) }),
    ],
    ['a block cut off', ec!.EncPem.slice(0, -40)],
    ['base64 cut off', ec!.EncPem.replace('rA==', 'r')],
  ])('are unreadable: %s', (_name, text) => {
    expect(() => keyBlocks(text)).toThrow(expect.objectContaining({ code: 'KEY_UNREADABLE' }));
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['cut off', (bytes) => bytes.subarray(0, -16)],
    ['with bytes after the end', (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])],
    ['of zeros', (bytes) => Buffer.alloc(bytes.length)],
    ['empty', () => Buffer.alloc(0)],
  ])('are unreadable before the passphrase is tried: %s', async (_name, change) => {
    await expect(unlock(altered(ec!.EncPem, change))).rejects.toMatchObject({
      code: 'KEY_UNREADABLE',
    });
  });

  it('give the same key or a coded refusal whichever bit of the frame is flipped', async () => {
    // The IV has no check of its own in this format: some flips there change a byte that no one reads.
    const cheap = altered(ec!.EncPem, withFewRounds);
    for (let index = 0; index < 90; index += 1) {
      const text = altered(cheap, (bytes) => {
        bytes[index]! ^= 1;
        return bytes;
      });
      const outcome = await unlock(text).catch((thrown: unknown) => thrown);
      if (outcome instanceof Error) {
        const code = /^(KEY_UNREADABLE|KEY_LIMITS|PASSPHRASE_WRONG|ALGORITHM_UNSUPPORTED)$/;
        expect(outcome).toMatchObject({ code: expect.stringMatching(code) });
      } else expect(outcome).toMatchObject({ publicKey: { id: ec!.KeyID } });
    }
  });

  it('are told from a wrong passphrase when the halves of a key disagree', () => {
    const swapped = altered(ec!.Unencrypted, (bytes) => {
      bytes[bytes.length - 1]! ^= 1;
      return bytes;
    });
    expect(() => readKey(first(swapped))).toThrow(
      expect.objectContaining({ code: 'KEY_UNREADABLE' }),
    );
  });

  it('give no key when an ed25519 file names a foreign public key', () => {
    const ed = goKeys.find(({ Alg }) => Alg === 'ed25519')!;
    const foreign = altered(ed.Unencrypted, (bytes) => {
      bytes[bytes.length - 1]! ^= 1;
      bytes[bytes.length - 65]! ^= 1;
      return bytes;
    });
    expect(() => readKey(first(foreign))).toThrow(
      expect.objectContaining({ code: 'KEY_UNREADABLE' }),
    );
  });

  it('give no RSA key that signs for another public key', () => {
    const flipped = (offset: number) => {
      const bytes = Buffer.from(first(opensslKey('pkcs1')).bytes);
      bytes[offset]! ^= 4;
      return encodePem({ label: 'RSA PRIVATE KEY', headers: new Map(), bytes });
    };
    const modulus = () => readKey(first(flipped(100)));
    expect(modulus).toThrow(expect.objectContaining({ code: 'KEY_UNREADABLE' }));
    // A wrong prime or exponent alone: OpenSSL notices and computes without it, so the key signs rightly.
    for (const offset of [300, 700]) {
      const key = readKey(first(flipped(offset)));
      expect(key.publicKey.id).toBe(readKey(first(opensslKey('pkcs1'))).publicKey.id);
    }
  });
});

describe('locking', () => {
  it('names the repository only for keys that belong to one, and no role that is not known', () => {
    const headers = (role: string) =>
      Object.fromEntries(ownerHeaders({ role, gun: 'example.com/a' }));
    expect(headers('targets')).toEqual({ role: 'targets', gun: 'example.com/a' });
    expect(headers('root')).toEqual({ role: 'root' });
    expect(headers('alice')).toEqual({ role: 'alice' });
    expect(headers('')).toEqual({});
  });

  it('makes other bytes each time, and none that show the key', async () => {
    const key = generatePrivateKey();
    const owner = ownerHeaders({ role: 'root', gun: undefined });
    const [one, two] = [await lockKey(key, secret, owner), await lockKey(key, secret, owner)];
    expect(one.bytes.equals(two.bytes)).toBe(false);
    expect(one.bytes.includes(key.publicKey.publicBytes.subarray(-32))).toBe(false);
    expect(decodePem(encodePem(one))).toEqual([one]);
  });
});
