// What a consumer knows about a root before it sees one (client store §8): ids of keys or
// certificates, or authorities that must have issued the certificate.
import type { X509Certificate } from 'node:crypto';
import { readCertificateChain } from './certificate-chain.ts';
import type { PublicKey } from './public-key.ts';

export type RootPin =
  /** Ids of certificates, or of bare keys, which survive the renewal of a certificate. */
  | { readonly kind: 'ids'; readonly ids: ReadonlySet<string> }
  | { readonly kind: 'authorities'; readonly authorities: readonly X509Certificate[] };

/** Uses of a key, any of which makes a leaf acceptable: server authentication as Go asks, or code signing. */
const acceptedUses: ReadonlySet<string> = new Set([
  '1.3.6.1.5.5.7.3.1',
  '1.3.6.1.5.5.7.3.3',
  '2.5.29.37.0',
]);

/** True when the pin admits this root key at `nowMs`. Never throws. */
export function isPinned(pin: RootPin, key: PublicKey, nowMs: number): boolean {
  try {
    if (pin.kind === 'ids') return pin.ids.has(key.id) || pin.ids.has(key.canonicalId);
    const { leaf, intermediates } = readCertificateChain(key);
    return reachesAuthority(leaf, intermediates, pin.authorities, nowMs);
  } catch {
    return false;
  }
}

/**
 * Whether a chain leads from the leaf to an authority. The intermediates come from the peer: each one is looked
 * at once, however they issued one another.
 */
function reachesAuthority(
  leaf: X509Certificate,
  intermediates: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  nowMs: number,
): boolean {
  const reached = [leaf];
  const left = new Set(intermediates);
  for (const certificate of reached) {
    if (authorities.some((authority) => isIssuedBy(certificate, authority, nowMs))) return true;
    for (const issuer of left) {
      if (!isIssuedBy(certificate, issuer, nowMs)) continue;
      left.delete(issuer);
      reached.push(issuer);
    }
  }
  return false;
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate, nowMs: number): boolean {
  return (
    issuer.ca &&
    hasAcceptedUse(certificate) &&
    hasAcceptedUse(issuer) &&
    Date.parse(issuer.validFrom) <= nowMs &&
    Date.parse(issuer.validTo) >= nowMs &&
    certificate.checkIssued(issuer) &&
    certificate.verify(issuer.publicKey)
  );
}

/** A certificate without a list of uses may serve for any. Every one of a chain is held to this, as Go does. */
function hasAcceptedUse(certificate: X509Certificate): boolean {
  const uses: readonly string[] | undefined = certificate.keyUsage;
  return uses === undefined || uses.some((use) => acceptedUses.has(use));
}
