// The certificate under which a root key speaks for one repository: self-signed, named after the repository,
// ten years, and built byte for byte as Go builds it (client store §7), since its PEM is what the key id of
// the root role is the hash of. One root key gets a certificate for each repository; renewing is making
// another one for the same key. Time is a parameter.
import { randomBytes, X509Certificate } from 'node:crypto';
import { der } from '../encoding/der.ts';
import { encodePem } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';
import { keyObjectOf, type PublicKey } from '../tuf/public-key.ts';
import { methodFor } from '../tuf/signature.ts';
import type { Pkcs1Signer, Signer } from './key-store.ts';

const oids = {
  commonName: '2.5.4.3',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  basicConstraints: '2.5.29.19',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  rsaWithSha256: '1.2.840.113549.1.1.11',
} as const;

/** X.509 version 3 is written as 2. */
const version3 = 2;
const serialBytes = 16;
/** Ten years as Go counts them, without leap days. */
const lifetimeMs = 10 * 365 * 24 * 60 * 60 * 1000;
/** digitalSignature and keyEncipherment: bits 0 and 2 of a named bit list of three. */
const keyUsage = { bits: Buffer.from([0xa0]), unusedBits: 5 } as const;

/** Text that Go puts into a PrintableString; with any other character it becomes a UTF8String. */
const printable = /^[A-Za-z0-9 '()+,\-./:=?]*$/;

/**
 * A certificate of the signer's key for repository `gun`, as PEM text. Names longer than the 64 characters
 * of X.520 are written in full, as Go does.
 * @param nowMs start of its validity, milliseconds since 1970; parts of a second are dropped
 * @throws Failure ALGORITHM_UNSUPPORTED for keys that have no certificates in this dialect, SIGNING_FAILED
 */
export async function rootCertificate(signer: Signer, gun: string, nowMs: number): Promise<string> {
  const publicKey = keyObjectOf(signer.key);
  const { algorithm, signWith } = signatureScheme(signer);
  const name = distinguishedName(gun);
  const body = der.sequence(
    der.explicit(0, der.integer(version3)),
    der.integer(randomBytes(serialBytes)),
    algorithm,
    name,
    der.sequence(der.time(nowMs), der.time(nowMs + lifetimeMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der.explicit(3, extensions()),
  );
  const bytes = der.sequence(body, algorithm, der.bitString(await signWith(body)));
  // A token that signs wrongly must be found out before the certificate goes into a root file for good.
  if (!new X509Certificate(bytes).verify(publicKey)) {
    throw new Failure('SIGNING_FAILED', `the certificate for ${gun} was not signed by its own key`);
  }
  return encodePem({ label: 'CERTIFICATE', headers: new Map(), bytes });
}

/**
 * The same private key, its signatures filed under the id of a certificate of it.
 * @throws Failure KEY_ROLE_MISMATCH when the certificate is of another key
 */
export function underCertificate(signer: Signer, certificate: PublicKey): Signer {
  if (certificate.canonicalId !== signer.key.canonicalId) {
    throw new Failure('KEY_ROLE_MISMATCH', 'the certificate is of another key than the signer', {
      facts: { certificate: certificate.canonicalId, signer: signer.key.canonicalId },
    });
  }
  return {
    key: certificate,
    sign: async (message) => ({ ...(await signer.sign(message)), keyId: certificate.id }),
  };
}

interface SignatureScheme {
  /** AlgorithmIdentifier. */
  readonly algorithm: Buffer;
  readonly signWith: (body: Uint8Array) => Promise<Uint8Array>;
}

function signatureScheme(signer: Signer): SignatureScheme {
  const method = methodFor(signer.key.keyType);
  if (method === 'ecdsa') {
    // Metadata and certificates carry the same ECDSA signature in two encodings, so any signer will do.
    return {
      algorithm: der.sequence(der.oid(oids.ecdsaWithSha256)),
      signWith: async (body) => ecdsaDer((await signer.sign(body)).sig),
    };
  }
  if (method === 'rsapss' && isPkcs1Signer(signer)) {
    return {
      algorithm: der.sequence(der.oid(oids.rsaWithSha256), der.nullValue()),
      signWith: (body) => signer.signPkcs1v15(body),
    };
  }
  throw new Failure(
    'ALGORITHM_UNSUPPORTED',
    `a ${signer.key.keyType} key cannot be a root key: it makes no certificate`,
    { remedy: 'Use an ecdsa key (P-256) for the root role.' },
  );
}

function isPkcs1Signer(signer: Signer): signer is Pkcs1Signer {
  return 'signPkcs1v15' in signer && typeof signer.signPkcs1v15 === 'function';
}

/** ECDSA-Sig-Value of the two numbers that metadata carry side by side. */
function ecdsaDer(signature: Buffer): Buffer {
  const half = signature.length / 2;
  return der.sequence(
    der.integer(signature.subarray(0, half)),
    der.integer(signature.subarray(half)),
  );
}

function distinguishedName(commonName: string): Buffer {
  const text = printable.test(commonName)
    ? der.printableString(commonName)
    : der.utf8String(commonName);
  return der.sequence(der.set(der.sequence(der.oid(oids.commonName), text)));
}

function extensions(): Buffer {
  const extension = (oid: string, isCritical: boolean, value: Buffer) =>
    isCritical
      ? der.sequence(der.oid(oid), der.boolean(true), der.octetString(value))
      : der.sequence(der.oid(oid), der.octetString(value));
  return der.sequence(
    extension(oids.keyUsage, true, der.bitString(keyUsage.bits, keyUsage.unusedBits)),
    extension(oids.extendedKeyUsage, false, der.sequence(der.oid(oids.codeSigning))),
    // Empty: not a CA.
    extension(oids.basicConstraints, true, der.sequence()),
  );
}
