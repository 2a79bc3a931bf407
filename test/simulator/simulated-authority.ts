// An authority that issues root certificates, for pins by authority.
import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { der } from '../../src/encoding/der.ts';
import { encodePem } from '../../src/encoding/pem.ts';
import { type PublicKey, publicKeyFromCertificate } from '../../src/tuf/public-key.ts';

const dayMs = 24 * 60 * 60 * 1000;
const ecdsaWithSha256 = der.sequence(der.oid('1.2.840.10045.4.3.2'));

export const keyUses = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
} as const;

export interface IssuedTraits {
  readonly uses?: readonly string[];
  readonly notAfterMs?: number;
}

export class SimulatedAuthority {
  readonly pem: string;
  readonly #name: string;
  readonly #secret: KeyObject;
  readonly #nowMs: number;

  private constructor(name: string, secret: KeyObject, pem: string, nowMs: number) {
    this.#name = name;
    this.#secret = secret;
    this.pem = pem;
    this.#nowMs = nowMs;
  }

  static root(nowMs: number, notAfterMs = nowMs + 365 * dayMs): SimulatedAuthority {
    const secret = newSecret();
    const name = `authority ${randomBytes(4).toString('hex')}`;
    const pem = certificate(name, name, spkiOf(secret), secret, {
      nowMs,
      notAfterMs,
      isAuthority: true,
    });
    return new SimulatedAuthority(name, secret, pem, nowMs);
  }

  get certificate(): X509Certificate {
    return new X509Certificate(this.pem);
  }

  intermediate(uses?: readonly string[]): SimulatedAuthority {
    const secret = newSecret();
    const name = `intermediate ${randomBytes(4).toString('hex')}`;
    const validity = {
      nowMs: this.#nowMs,
      notAfterMs: this.#nowMs + 365 * dayMs,
      isAuthority: true,
      uses,
    };
    const pem = certificate(name, this.#name, spkiOf(secret), this.#secret, validity);
    return new SimulatedAuthority(name, secret, pem, this.#nowMs);
  }

  /** A root key for `gun`, its certificate issued by this authority, with `chain` behind it. */
  issue(
    gun: string,
    chain: readonly SimulatedAuthority[] = [],
    traits: IssuedTraits = {},
  ): PublicKey {
    const validity = {
      nowMs: this.#nowMs,
      notAfterMs: traits.notAfterMs ?? this.#nowMs + 365 * dayMs,
      isAuthority: false,
      uses: traits.uses,
    };
    const leaf = certificate(gun, this.#name, spkiOf(newSecret()), this.#secret, validity);
    return publicKeyFromCertificate([leaf, ...chain.map(({ pem }) => pem)].join(''));
  }
}

interface CertificateTraits {
  readonly nowMs: number;
  readonly notAfterMs: number;
  readonly isAuthority: boolean;
  readonly uses?: readonly string[] | undefined;
}

function certificate(
  subject: string,
  issuer: string,
  spki: Buffer,
  issuerSecret: KeyObject,
  traits: CertificateTraits,
): string {
  const extensions = [
    extension('2.5.29.19', traits.isAuthority ? der.sequence(der.boolean(true)) : der.sequence()),
  ];
  if (traits.uses !== undefined) {
    extensions.push(
      extension('2.5.29.37', der.sequence(...traits.uses.map((use) => der.oid(use)))),
    );
  }
  const body = der.sequence(
    der.explicit(0, der.integer(2)),
    der.integer(randomBytes(16)),
    ecdsaWithSha256,
    nameOf(issuer),
    der.sequence(der.time(traits.nowMs - dayMs), der.time(traits.notAfterMs)),
    nameOf(subject),
    spki,
    der.explicit(3, der.sequence(...extensions)),
  );
  const bytes = der.sequence(
    body,
    ecdsaWithSha256,
    der.bitString(sign('sha256', body, issuerSecret)),
  );
  return encodePem({ label: 'CERTIFICATE', headers: new Map(), bytes });
}

function extension(oid: string, value: Buffer): Buffer {
  return der.sequence(der.oid(oid), der.octetString(value));
}

function nameOf(commonName: string): Buffer {
  return der.sequence(der.set(der.sequence(der.oid('2.5.4.3'), der.utf8String(commonName))));
}

function newSecret(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

function spkiOf(secret: KeyObject): Buffer {
  return createPublicKey(secret).export({ type: 'spki', format: 'der' });
}
