// Key pairs for the simulator: quick to make, unencrypted, for tests alone.
import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { der } from '../../src/encoding/der.ts';
import { encodePem } from '../../src/encoding/pem.ts';
import {
  type PublicKey,
  publicKeyFromCertificate,
  publicKeyFromSpki,
} from '../../src/tuf/public-key.ts';
import type { Signature } from '../../src/tuf/signature.ts';

const yearMs = 365 * 24 * 60 * 60 * 1000;
const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const ecdsaWithSha1 = '1.2.840.10045.4.1';

export interface CertificateTraits {
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  readonly isSha1?: boolean;
}

export class SimulatedKey {
  readonly key: PublicKey;
  readonly #secret: KeyObject;

  private constructor(key: PublicKey, secret: KeyObject) {
    this.key = key;
    this.#secret = secret;
  }

  static generate(): SimulatedKey {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    return new SimulatedKey(publicKeyFromSpki(spki), privateKey);
  }

  /** A root key in a self-signed certificate. */
  static root(commonName: string, nowMs: number, traits: CertificateTraits = {}): SimulatedKey {
    return SimulatedKey.generate().under(commonName, nowMs, traits);
  }

  /** The same key in another certificate. */
  under(commonName: string, nowMs: number, traits: CertificateTraits = {}): SimulatedKey {
    const algorithm = der.sequence(der.oid(traits.isSha1 ? ecdsaWithSha1 : ecdsaWithSha256));
    const name = der.sequence(
      der.set(der.sequence(der.oid('2.5.4.3'), der.utf8String(commonName))),
    );
    const spki = createPublicKey(this.#secret).export({ type: 'spki', format: 'der' });
    const body = der.sequence(
      der.explicit(0, der.integer(2)),
      der.integer(randomBytes(16)),
      algorithm,
      name,
      der.sequence(
        der.time(traits.notBeforeMs ?? nowMs - 1000),
        der.time(traits.notAfterMs ?? nowMs + 10 * yearMs),
      ),
      name,
      spki,
    );
    const signature = der.bitString(sign(traits.isSha1 ? 'sha1' : 'sha256', body, this.#secret));
    const bytes = der.sequence(body, algorithm, signature);
    const pem = encodePem({ label: 'CERTIFICATE', headers: new Map(), bytes });
    return new SimulatedKey(publicKeyFromCertificate(pem), this.#secret);
  }

  sign(message: Uint8Array): Signature {
    const sig = sign('sha256', message, { key: this.#secret, dsaEncoding: 'ieee-p1363' });
    return { keyId: this.key.id, method: 'ecdsa', sig };
  }
}
