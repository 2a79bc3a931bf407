// PrivateKeyInfo, the envelope of PKCS#8 around a bare key, before any encryption. Read in Go's variants
// and the standard ones; written in Go's only, because notary and docker read nothing else for Ed25519.
// Node misreads Go's variants, so the envelope is taken off here and Node sees the bare key alone.
import { DerReader, der } from '../encoding/der.ts';
import { Failure } from '../errors.ts';
import {
  bareForm,
  fromEd25519Seed,
  fromGoEd25519,
  fromPkcs1,
  fromSec1,
  type PrivateKey,
  unsupportedKey,
} from './private-key.ts';

const oids = {
  ec: '1.2.840.10045.2.1',
  rsa: '1.2.840.113549.1.1.1',
  ed25519: '1.3.101.112',
  /** What Go's tools write for Ed25519, from before RFC 8410. */
  goEd25519: '1.3.6.1.4.1.11591.15.1',
} as const;

/** Version 1 should mean that a public key follows; Go writes it for every EC key. */
const knownVersions: readonly number[] = [0, 1];

/**
 * The key in a DER PrivateKeyInfo. Attributes and a public key after it are ignored.
 * @throws Failure ENCODING_INVALID, KEY_UNREADABLE, ALGORITHM_UNSUPPORTED
 */
export function readPkcs8(bytes: Buffer): PrivateKey {
  const file = new DerReader(bytes);
  const info = file.sequence();
  file.end();
  if (!knownVersions.includes(info.smallUnsigned())) {
    throw new Failure('KEY_UNREADABLE', 'private key: unknown version of PKCS#8');
  }
  const algorithm = info.sequence();
  const oid = algorithm.oid();
  const bare = info.octetString();
  while (!info.atEnd) info.element();
  switch (oid) {
    case oids.ec:
      if (!algorithm.nextIs('oid')) throw unsupportedKey('EC with parameters of its own');
      return fromSec1(bare, algorithm.oid());
    case oids.rsa:
      return fromPkcs1(bare);
    case oids.ed25519:
      return fromEd25519Seed(new DerReader(bare).octetString());
    case oids.goEd25519:
      return fromGoEd25519(bare);
    default:
      throw unsupportedKey(oid);
  }
}

/**
 * The key as Go writes it (client store §2.2): EC as version 1, RSA without a NULL, Ed25519 under the
 * private identifier. The caller wipes the buffer.
 */
export function writePkcs8(key: PrivateKey): Buffer {
  const { bytes, curveOid } = bareForm(key);
  const wrapped = der.octetString(bytes);
  try {
    const isEc = curveOid !== undefined;
    const algorithm = isEc
      ? der.sequence(der.oid(oids.ec), der.oid(curveOid))
      : der.sequence(der.oid(key.publicKey.keyType === 'rsa' ? oids.rsa : oids.goEd25519));
    return der.sequence(der.integer(isEc ? 1 : 0), algorithm, wrapped);
  } finally {
    bytes.fill(0);
    wrapped.fill(0);
  }
}
