// A signer whose private key is in this process.
import { constants, sign } from 'node:crypto';
import { Failure } from '../errors.ts';
import { methodFor, type Signature } from '../tuf/signature.ts';
import type { Pkcs1Signer, Signer } from './key-store.ts';
import type { PrivateKey } from './private-key.ts';

/** Salt of RSA-PSS signatures, in bytes (notary dialect §5.3). */
const pssSaltBytes = 32;

/** A signer under the id of the bare key; that of an RSA key can also sign certificates. */
export function softwareSigner(key: PrivateKey): Signer | Pkcs1Signer {
  const { publicKey, keyObject } = key;
  const method = methodFor(publicKey.keyType);
  const signer = {
    key: publicKey,
    sign: async (message: Uint8Array): Promise<Signature> => ({
      keyId: publicKey.id,
      method,
      sig: attempt(() => signWith(method, key, message)),
    }),
  };
  if (method !== 'rsapss') return signer;
  return {
    ...signer,
    signPkcs1v15: async (message: Uint8Array): Promise<Buffer> =>
      attempt(() => sign('sha256', message, keyObject)),
  };
}

function signWith(
  method: 'ecdsa' | 'rsapss' | 'eddsa',
  { keyObject: key }: PrivateKey,
  message: Uint8Array,
): Buffer {
  if (method === 'eddsa') return sign(null, message, key);
  if (method === 'ecdsa') return sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return sign('sha256', message, { key, padding, saltLength: pssSaltBytes });
}

function attempt(make: () => Buffer): Buffer {
  try {
    return make();
  } catch (cause) {
    throw new Failure('SIGNING_FAILED', 'a signature could not be made', { cause });
  }
}
