import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { goCertificates, goKeys, opensslKey, passphrase } from '../../test/keys/vectors.ts';
import { DerReader } from '../encoding/der.ts';
import { decodePem } from '../encoding/pem.ts';
import { publicKeyFromCertificate } from '../tuf/public-key.ts';
import { isValidSignature } from '../tuf/signature.ts';
import { keyBlocks, readKey, unlockKey } from './key-block.ts';
import { generatePrivateKey } from './private-key.ts';
import { rootCertificate, underCertificate } from './root-certificate.ts';
import { softwareSigner } from './software-signer.ts';

const gun = 'example.com/vec';
const nowMs = Date.UTC(2026, 10, 24, 20, 35, 27, 600);
const signerOf = (pem: string) => softwareSigner(readKey(keyBlocks(pem)[0]));

/** The certificate in parts: everything that is not random or a signature must be Go's to the byte. */
function parts(pem: string) {
  const [block] = decodePem(pem);
  const file = new DerReader(block!.bytes);
  const certificate = file.sequence();
  file.end();
  const body = certificate.sequence();
  const algorithm = certificate.element().whole.toString('hex');
  const signature = certificate.bitString();
  certificate.end();
  const version = body.element().whole.toString('hex');
  const serial = body.unsigned();
  const rest: string[] = [];
  while (!body.atEnd) rest.push(body.element().whole.toString('hex'));
  return { version, serial, rest, algorithm, signature };
}

describe.each(goCertificates)('beside the $Alg certificate that Go made', (vector) => {
  const bare = goKeys.find(({ KeyID }) => KeyID === vector.CanonicalKeyID)!;

  it('ours has the same bytes but for serial and signature', async () => {
    const key = await unlockKey(keyBlocks(bare.EncPem)[0], Buffer.from(passphrase));
    const pem = await rootCertificate(softwareSigner(key), gun, nowMs);
    const { serial, signature, ...fixed } = parts(pem);
    const { serial: goSerial, signature: goSignature, ...goFixed } = parts(vector.Pem);
    expect(fixed).toEqual(goFixed);
    expect(serial.length).toBeLessThanOrEqual(16);
    expect(serial.equals(goSerial)).toBe(false);
    expect(Math.abs(signature.length - goSignature.length)).toBeLessThan(4);
    expect(pem.length).toBeCloseTo(vector.Pem.length, -1);
  });

  it('the ids are computed alike', async () => {
    const go = publicKeyFromCertificate(vector.Pem);
    expect([go.id, go.canonicalId]).toEqual([vector.KeyID, vector.CanonicalKeyID]);
    const ours = publicKeyFromCertificate(
      await rootCertificate(signerOf(bare.Unencrypted), gun, nowMs),
    );
    expect(ours.keyType).toBe(vector.Alg);
    expect(ours.canonicalId).toBe(vector.CanonicalKeyID);
    expect(ours.id).not.toBe(vector.KeyID);
  });
});

describe('a root certificate', () => {
  const signer = softwareSigner(generatePrivateKey());
  const commonName = (pem: string) => new X509Certificate(pem).subject;

  it('is valid from now for ten years of 365 days, for signing code and not as CA', async () => {
    const certificate = new X509Certificate(await rootCertificate(signer, gun, nowMs));
    expect(Date.parse(certificate.validFrom)).toBe(Date.UTC(2026, 10, 24, 20, 35, 27));
    expect(Date.parse(certificate.validTo)).toBe(Date.UTC(2036, 10, 21, 20, 35, 27));
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.3']);
    expect(certificate.issuer).toBe(certificate.subject);
  });

  it('crosses into the year 2050 in the long form of time', async () => {
    const pem = await rootCertificate(signer, gun, Date.UTC(2045, 0, 1));
    expect(Date.parse(new X509Certificate(pem).validTo)).toBe(Date.UTC(2054, 11, 30));
  });

  it('has another id for each repository and each renewal, and one canonical id', async () => {
    const pems = await Promise.all([
      rootCertificate(signer, 'example.com/a', nowMs),
      rootCertificate(signer, 'example.com/b', nowMs),
      rootCertificate(signer, 'example.com/a', nowMs),
    ]);
    const keys = pems.map((pem) => publicKeyFromCertificate(pem));
    expect(new Set(keys.map(({ id }) => id)).size).toBe(3);
    expect(new Set(keys.map(({ canonicalId }) => canonicalId))).toEqual(new Set([signer.key.id]));
  });

  it.each([
    ['longer than X.520 allows', `registry.example.com:5000/${'very/long/'.repeat(20)}name`],
    ['with characters that PrintableString lacks', 'example.com/team_a/app'],
    ['beyond ASCII', 'example.com/équipe'],
  ])('takes a name %s', async (_case, name) => {
    expect(commonName(await rootCertificate(signer, name, nowMs))).toBe(`CN=${name}`);
  });

  it.each([
    ['example.com/plain-1:5', 0x13],
    ['example.com/under_score', 0x0c],
    ['example.com/star*', 0x0c],
    ['example.com/and&', 0x0c],
  ])('writes %s as the kind of string that Go chooses', async (name, tag) => {
    const subject = Buffer.from(parts(await rootCertificate(signer, name, nowMs)).rest[3]!, 'hex');
    const attribute = new DerReader(new DerReader(subject).sequence().element().body).sequence();
    attribute.oid();
    expect(attribute.element()).toMatchObject({ tag, body: Buffer.from(name) });
  });

  it('is made for P-384 too, by the hash that metadata use', async () => {
    const pem = await rootCertificate(signerOf(goKeys[1]!.Unencrypted), gun, nowMs);
    const certificate = new X509Certificate(pem);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(publicKeyFromCertificate(pem).canonicalId).toBe(goKeys[1]!.KeyID);
  });

  it('is not made for ed25519, which has no certificates in this dialect', async () => {
    const ed = signerOf(opensslKey('pkcs8 ed25519'));
    await expect(rootCertificate(ed, gun, nowMs)).rejects.toMatchObject({
      code: 'ALGORITHM_UNSUPPORTED',
    });
  });

  it('is not made by an RSA signer that cannot sign one', async () => {
    const rsa = signerOf(opensslKey('pkcs1'));
    const onlyPss = { key: rsa.key, sign: (message: Uint8Array) => rsa.sign(message) };
    await expect(rootCertificate(onlyPss, gun, nowMs)).rejects.toMatchObject({
      code: 'ALGORITHM_UNSUPPORTED',
    });
  });

  it('is refused when the signer signs with another key than it says', async () => {
    const other = softwareSigner(generatePrivateKey());
    const lying = { key: signer.key, sign: (message: Uint8Array) => other.sign(message) };
    await expect(rootCertificate(lying, gun, nowMs)).rejects.toMatchObject({
      code: 'SIGNING_FAILED',
    });
  });

  it('survives numbers of a signature that start with zeros', async () => {
    // One signature in 128 has a short number on either side; all of them must verify.
    for (let index = 0; index < 600; index += 1) await rootCertificate(signer, gun, nowMs);
  });
});

describe('signing under a certificate', () => {
  it('files the signature under the id of the certificate', async () => {
    const signer = softwareSigner(generatePrivateKey());
    const certificate = publicKeyFromCertificate(await rootCertificate(signer, gun, nowMs));
    const under = underCertificate(signer, certificate);
    const message = Buffer.from('root');
    const signature = await under.sign(message);
    expect(signature).toMatchObject({ keyId: certificate.id, method: 'ecdsa' });
    expect(under.key).toBe(certificate);
    expect(isValidSignature(certificate, message, signature)).toBe(true);
  });

  it('refuses the certificate of another key', async () => {
    const [one, two] = [generatePrivateKey(), generatePrivateKey()].map(softwareSigner);
    const certificate = publicKeyFromCertificate(await rootCertificate(one!, gun, nowMs));
    expect(() => underCertificate(two!, certificate)).toThrow(
      expect.objectContaining({ code: 'KEY_ROLE_MISMATCH' }),
    );
  });
});
