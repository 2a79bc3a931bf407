// A certificate of a root key that an authority has issued, as an organisation with its own PKI would supply.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { der } from '../../src/encoding/der.ts';
import { encodePem } from '../../src/encoding/pem.ts';
import { keyObjectOf, type PublicKey, publicKeyFromCertificate } from '../../src/tuf/public-key.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** The key of `key` under a certificate for `gun` by an authority that nobody will see again. */
export function issuedCertificate(
  key: PublicKey,
  gun: string,
  nowMs: number,
  lifeMs: number,
): PublicKey {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der.sequence(der.oid('1.2.840.10045.4.3.2'));
  const name = (text: string): Buffer =>
    der.sequence(der.set(der.sequence(der.oid('2.5.4.3'), der.utf8String(text))));
  const body = der.sequence(
    der.explicit(0, der.integer(2)),
    der.integer(randomBytes(16)),
    algorithm,
    name('authority'),
    der.sequence(der.time(nowMs - dayMs), der.time(nowMs + lifeMs)),
    name(gun),
    keyObjectOf(key).export({ type: 'spki', format: 'der' }),
  );
  const signature = der.bitString(sign('sha256', body, authority.privateKey));
  const bytes = der.sequence(body, algorithm, signature);
  return publicKeyFromCertificate(encodePem({ label: 'CERTIFICATE', headers: new Map(), bytes }));
}
