import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { JsonView } from '../encoding/json-view.ts';
import { decodePem, encodePem } from '../encoding/pem.ts';
import { parseJson } from '../encoding/strict-json.ts';
import { readCertificateChain } from './certificate-chain.ts';
import {
  keyObjectOf,
  parsePublicKey,
  publicKey,
  publicKeyFromCertificate,
  publicKeyFromSpki,
} from './public-key.ts';
import { isValidSignature, methodFor } from './signature.ts';

interface KeyVector {
  readonly Alg: string;
  readonly KeyID: string;
  readonly CanonicalKeyID: string;
  readonly PublicB64: string;
  readonly SigMethod?: string;
  readonly SigB64?: string;
  readonly Msg?: string;
}
const vectors: readonly KeyVector[] = JSON.parse(
  readFileSync(new URL('../../test/vectors/keys.json', import.meta.url), 'utf8'),
);

describe('keys made by Go', () => {
  for (const [index, vector] of vectors.entries()) {
    const key = publicKey(vector.Alg, Buffer.from(vector.PublicB64, 'base64'));
    it(`${index + 1} ${vector.Alg}: has the ids that Go gives it`, () => {
      expect(key.id).toBe(vector.KeyID);
      expect(key.canonicalId).toBe(vector.CanonicalKeyID);
    });
    // Go's vectors sign with bare keys only; certificates are there for their ids.
    if (!vector.SigB64) continue;
    const message = Buffer.from(vector.Msg ?? '');
    const signature = {
      keyId: key.id,
      method: vector.SigMethod ?? '',
      sig: Buffer.from(vector.SigB64, 'base64'),
    };
    it(`${index + 1} ${vector.Alg}: its signature is valid, and for no other message`, () => {
      expect(isValidSignature(key, message, signature)).toBe(true);
      expect(isValidSignature(key, Buffer.from('other'), signature)).toBe(false);
    });
    it(`${index + 1} ${vector.Alg}: its signature counts under no other method`, () => {
      for (const method of ['ecdsa', 'rsapss', 'rsapkcs1v15', 'eddsa', 'none']) {
        if (method === signature.method) continue;
        expect(isValidSignature(key, message, { ...signature, method })).toBe(false);
      }
    });
    it(`${index + 1} ${vector.Alg}: a signature cut or padded by a byte is invalid`, () => {
      for (const sig of [
        signature.sig.subarray(1),
        Buffer.concat([signature.sig, Buffer.alloc(1)]),
        Buffer.alloc(0),
      ]) {
        expect(isValidSignature(key, message, { ...signature, sig })).toBe(false);
      }
    });
  }
});

describe('signatures of other kinds', () => {
  for (const curve of ['P-384', 'P-521']) {
    it(`ECDSA on ${curve} hashes with SHA-256, as Go does`, () => {
      const pair = generateKeyPairSync('ec', { namedCurve: curve });
      const key = publicKeyFromSpki(pair.publicKey.export({ type: 'spki', format: 'der' }));
      const message = Buffer.from('m');
      const sig = sign('sha256', message, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' });
      expect(isValidSignature(key, message, { keyId: key.id, method: 'ecdsa', sig })).toBe(true);
    });
  }

  it('RSA PKCS#1 1.5 verifies', () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = publicKeyFromSpki(pair.publicKey.export({ type: 'spki', format: 'der' }));
    const sig = sign('sha256', Buffer.from('m'), pair.privateKey);
    expect(
      isValidSignature(key, Buffer.from('m'), { keyId: key.id, method: 'rsapkcs1v15', sig }),
    ).toBe(true);
  });

  it('RSA below 2048 bits never verifies', () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const key = publicKeyFromSpki(pair.publicKey.export({ type: 'spki', format: 'der' }));
    const sig = sign('sha256', Buffer.from('m'), pair.privateKey);
    expect(
      isValidSignature(key, Buffer.from('m'), { keyId: key.id, method: 'rsapkcs1v15', sig }),
    ).toBe(false);
    expect(() => keyObjectOf(key)).toThrow(
      expect.objectContaining({ code: 'ALGORITHM_UNSUPPORTED' }),
    );
  });

  it('a key whose content is of another type than it says never verifies', () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = publicKey('ecdsa', pair.publicKey.export({ type: 'spki', format: 'der' }));
    const sig = sign('sha256', Buffer.from('m'), pair.privateKey);
    expect(
      isValidSignature(key, Buffer.from('m'), { keyId: key.id, method: 'rsapkcs1v15', sig }),
    ).toBe(false);
  });

  it('a key that is garbage never verifies and never throws', () => {
    for (const type of ['ecdsa', 'rsa', 'ed25519', 'ecdsa-x509', 'rsa-x509', 'mldsa65']) {
      const key = publicKey(type, Buffer.from('garbage'));
      expect(
        isValidSignature(key, Buffer.from('m'), {
          keyId: key.id,
          method: 'ecdsa',
          sig: Buffer.alloc(64),
        }),
      ).toBe(false);
    }
  });

  it('no method is made up for a type that is unknown', () => {
    expect(() => methodFor('mldsa65')).toThrow(
      expect.objectContaining({ code: 'ALGORITHM_UNSUPPORTED' }),
    );
  });
});

describe('a certificate that can be read and holds no key', () => {
  const [vector] = vectors.filter(({ Alg }) => Alg === 'ecdsa-x509');
  const [good] = decodePem(Buffer.from(vector!.PublicB64, 'base64').toString());
  // An uncompressed point begins with 04; OpenSSL reads the certificate and only later looks at this.
  const bytes = Buffer.from(good!.bytes);
  bytes[bytes.indexOf(Buffer.from('03420004', 'hex')) + 3] = 0x00;
  const pem = encodePem({ ...good!, bytes });
  const key = publicKey('ecdsa-x509', Buffer.from(pem));

  it('is refused with a code wherever its key is wanted', () => {
    const refusal = expect.objectContaining({ code: 'KEY_UNREADABLE' });
    expect(() => keyObjectOf(key)).toThrow(refusal);
    expect(() => key.canonicalId).toThrow(refusal);
    expect(() => publicKeyFromCertificate(pem)).toThrow(refusal);
    expect(() => readCertificateChain(key)).toThrow(refusal);
  });

  it('verifies nothing', () => {
    const signature = { keyId: key.id, method: 'ecdsa', sig: Buffer.alloc(64) };
    expect(isValidSignature(key, Buffer.from('m'), signature)).toBe(false);
  });
});

describe('a key in metadata', () => {
  const listed = (text: string) =>
    parsePublicKey(new JsonView(parseJson(Buffer.from(text)), 'key'));

  it('has the id of its content, whatever stands as private', () => {
    const withNull = listed('{"keytype":"ecdsa","keyval":{"private":null,"public":"AAAA"}}');
    const withText = listed('{"keytype":"ecdsa","keyval":{"private":"","public":"AAAA"}}');
    expect(withText.id).toBe(withNull.id);
    const { privateText } = withText;
    expect([privateText, withNull.privateText]).toEqual(['', null]);
  });

  for (const text of [
    '{"keytype":"ecdsa","keyval":{"public":"A"}}',
    '{"keytype":1,"keyval":{"public":"AAAA"}}',
    '{"keytype":"ecdsa"}',
  ]) {
    it(`is refused as ${text}`, () => {
      expect(() => listed(text)).toThrow(expect.objectContaining({ code: 'JSON_INVALID' }));
    });
  }
});
