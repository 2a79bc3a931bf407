// Signatures (notary dialect §5.3, §5.4): one signature, and the threshold of a role.
import { constants, verify } from 'node:crypto';
import { Failure } from '../errors.ts';
import { keyObjectOf, type PublicKey } from './public-key.ts';

/**
 * Bytes that may be hashed to judge one file: some files are large and some carry many signatures, no honest one is
 * both.
 */
const maxHashedBytes = 1024 * 1024 * 1024;

export interface Signature {
  /** TUF id of the key: 64 hex digits when it is one we made, any text when a peer sent it. */
  readonly keyId: string;
  /** Lower case; an unknown method makes the signature count for nothing. */
  readonly method: string;
  readonly sig: Buffer;
}

/** Who may sign for a role, and how many of them must. */
export interface RoleKeys {
  readonly keyIds: readonly string[];
  readonly threshold: number;
}

/** Shortest RSA signature that counts, in bytes: 2048 bits. */
const minRsaSignatureBytes = 256;
const pssSaltBytes = 32;

/** The method with which keys of `keyType` sign. @throws Failure ALGORITHM_UNSUPPORTED */
export function methodFor(keyType: string): 'ecdsa' | 'rsapss' | 'eddsa' {
  switch (keyType) {
    case 'ecdsa':
    case 'ecdsa-x509':
      return 'ecdsa';
    case 'rsa':
    case 'rsa-x509':
      return 'rsapss';
    case 'ed25519':
      return 'eddsa';
    default:
      throw new Failure(
        'ALGORITHM_UNSUPPORTED',
        `no signatures with ${JSON.stringify(keyType)} keys`,
      );
  }
}

/** True when `signature` is one by `key` over `message`. Never throws: a key that cannot be used did not sign. */
export function isValidSignature(
  key: PublicKey,
  message: Uint8Array,
  signature: Signature,
): boolean {
  try {
    const object = keyObjectOf(key);
    const { sig } = signature;
    switch (`${object.asymmetricKeyType} ${signature.method}`) {
      case 'ec ecdsa':
        return verify('sha256', message, { key: object, dsaEncoding: 'ieee-p1363' }, sig);
      case 'rsa rsapss':
        if (sig.length < minRsaSignatureBytes) return false;
        return verify(
          'sha256',
          message,
          { key: object, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: pssSaltBytes },
          sig,
        );
      case 'rsa rsapkcs1v15':
        return verify('sha256', message, object, sig);
      case 'ed25519 eddsa':
        return verify(null, message, object, sig);
      default:
        return false;
    }
  } catch {
    return false;
  }
}

/**
 * Holds `signatures` over `message` against a role. Counts distinct key material: one key under two
 * certificates, or two signatures under one id, count once.
 * @param label the role's name for messages
 * @throws Failure THRESHOLD_UNMET, or KEY_ID_MISMATCH when a key that signed is listed under a foreign id
 */
export function checkThreshold(
  label: string,
  role: RoleKeys,
  keys: ReadonlyMap<string, PublicKey>,
  message: Uint8Array,
  signatures: readonly Signature[],
): void {
  const wanted = new Set(role.keyIds);
  const signedBy = new Set<string>();
  let hashedBytes = 0;
  for (const signature of signatures) {
    const key = wanted.has(signature.keyId) ? keys.get(signature.keyId) : undefined;
    if (key === undefined) continue;
    if (key.id !== signature.keyId) {
      throw new Failure('KEY_ID_MISMATCH', `${label}: key ID is not valid for key content`, {
        facts: { listed: signature.keyId, computed: key.id },
      });
    }
    if (signedBy.size >= role.threshold) continue;
    hashedBytes += message.length;
    if (hashedBytes > maxHashedBytes) {
      throw new Failure('METADATA_INVALID', `${label} has more signatures than a file of its size`);
    }
    if (isValidSignature(key, message, signature)) {
      signedBy.add(key.canonicalId);
    }
  }
  if (role.threshold < 1 || signedBy.size < role.threshold) {
    throw new Failure('THRESHOLD_UNMET', `valid signatures did not meet threshold for ${label}`, {
      facts: {
        needs: `${role.threshold} of ${wanted.size} keys`,
        valid: String(signedBy.size),
      },
    });
  }
}
