// Keeps the root from running out: a publish signs it again when it, or the certificate of a root key, has less
// than six months left (client store §9.2). A repository whose certificate has run out already is continued by
// a new certificate of the same key.
//
// Invariants: what is merely near its end never stops a publish, also when the root key is not at hand; a
// certificate that an authority issued is never replaced by a self-signed one.
import { Failure, isFailure } from '../../errors.ts';
import type { KeyStore, Signer } from '../../keys/key-store.ts';
import { rootCertificate, underCertificate } from '../../keys/root-certificate.ts';
import { publicKeyFromCertificate } from '../../tuf/public-key.ts';
import { type Root, type RootFile, roleKeysOf } from '../../tuf/root.ts';
import { type RootKey, rootKeysOf } from '../../tuf/root-trust.ts';
import { isNear } from '../consume/near-expiry.ts';
import { openSigners } from './role-signers.ts';
import { signersOf } from './root-signers.ts';

/**
 * The root to publish in place of the present one, or undefined when that still serves.
 * @throws Failure KEY_NOT_FOUND and what opening a key throws, CERTIFICATE_EXPIRED, when it no longer serves
 *   and cannot be renewed here
 */
export async function renewRoot(
  file: RootFile,
  gun: string,
  nowMs: number,
  store: KeyStore,
): Promise<Root | undefined> {
  const root = file.signed;
  const rootKeys = rootKeysOf(root, gun, nowMs);
  const isOut = root.expires.ms < nowMs || rootKeys.every((key) => key.isOutOfDate);
  const near = rootKeys.filter((key) => isNear(key.chain.notAfterMs, nowMs));
  const renewable = near.filter(isSelfSigned);
  if (!isNear(root.expires.ms, nowMs) && renewable.length === 0 && !isOut) return undefined;
  const signers = await presentSigners(file, gun, store, isOut);
  if (signers === undefined) return undefined;
  const renewed = await renewCertificates(renewable, signers, gun, nowMs);
  const usable = rootKeys.filter((key) => !key.isOutOfDate).length + renewed.size;
  if (usable === 0) throw certificateGone(gun);
  return withCertificates(root, renewed);
}

async function presentSigners(
  file: RootFile,
  gun: string,
  store: KeyStore,
  isNeeded: boolean,
): Promise<readonly Signer[] | undefined> {
  try {
    return await openSigners(signersOf(file), gun, store);
  } catch (error) {
    if (isNeeded || !isFailure(error)) throw error;
    return undefined; // there is time left, and the warning of the refresh has been given
  }
}

function isSelfSigned({ chain }: RootKey): boolean {
  return chain.intermediates.length === 0 && chain.leaf.issuer === chain.leaf.subject;
}

/** A new certificate for each of `keys` whose private part is at hand, by the id of the old one. */
async function renewCertificates(
  keys: readonly RootKey[],
  signers: readonly Signer[],
  gun: string,
  nowMs: number,
): Promise<ReadonlyMap<string, Signer>> {
  const renewed = new Map<string, Signer>();
  for (const { key } of keys) {
    const signer = signers.find((candidate) => candidate.key.id === key.id);
    if (signer === undefined) continue;
    const certificate = publicKeyFromCertificate(await rootCertificate(signer, gun, nowMs));
    renewed.set(key.id, underCertificate(signer, certificate));
  }
  return renewed;
}

/** Old certificates stay among the keys, as in Go, so that clients can follow from the root before. */
function withCertificates(root: Root, renewed: ReadonlyMap<string, Signer>): Root {
  const role = roleKeysOf(root, 'root');
  const keyIds = role.keyIds.map((id) => renewed.get(id)?.key.id ?? id);
  const added = [...renewed.values()].map(({ key }) => [key.id, key] as const);
  return {
    ...root,
    keys: new Map([...root.keys, ...added]),
    roles: new Map(root.roles).set('root', { ...role, keyIds }),
  };
}

function certificateGone(gun: string): Failure {
  return new Failure(
    'CERTIFICATE_EXPIRED',
    `no certificate of the root of ${gun} can be used any more`,
    {
      meaning: 'It was issued by an authority, so only the authority can renew it.',
      remedy: 'Ask the authority for a new certificate of the same key.',
    },
  );
}
