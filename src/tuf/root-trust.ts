// Whether a root may be trusted (notary dialect §7). Client and server share this: a root is judged by
// its own keys, by the root before it, and by what the consumer has pinned. Wording is Go's, because people
// search for it and the server hands it on; codes tell the cases apart.
import { Failure } from '../errors.ts';
import {
  type CertificateChain,
  isForGun,
  isOutOfDate,
  isSound,
  readCertificateChain,
} from './certificate-chain.ts';
import type { PublicKey } from './public-key.ts';
import { type Root, type RootFile, roleKeysOf } from './root.ts';
import { isPinned, type RootPin } from './root-pin.ts';
import { checkThreshold } from './signature.ts';

export interface RootCheck {
  readonly gun: string;
  readonly nowMs: number;
  /** The root trusted so far; its certificates count although they may have run out. */
  readonly previous?: Root | undefined;
  readonly pin?: RootPin | undefined;
  /**
   * `refused`: a certificate out of date does not count. `reported`: it counts, for stored, imported and
   * intermediate roots; the caller reports what `rootKeysOf` says.
   */
  readonly certificateExpiry: 'refused' | 'reported';
}

/** A key of the root role that may count, with the certificate that says so. */
export interface RootKey {
  readonly key: PublicKey;
  readonly chain: CertificateChain;
  readonly isOutOfDate: boolean;
}

const pathProblem = 'could not validate the path to a trusted root';

/**
 * Checks `candidate` by the five steps of the section. Its version and expiry are for the caller.
 * @throws Failure ROOT_INVALID, CERTIFICATE_EXPIRED, ROOT_CHANGED, PIN_MISMATCH, KEY_ID_MISMATCH
 */
export function checkRoot(candidate: RootFile, check: RootCheck): void {
  const usable = requireUsableKeys(candidate.signed, check);
  if (check.previous !== undefined) requireSignedByPrevious(candidate, check.previous, check);
  const pinned = requirePinned(usable, check);
  requireOwnThreshold(candidate, pinned);
}

/** The keys of the root role whose certificate is sound and made for `gun`, out of date or not. */
export function rootKeysOf(root: Root, gun: string, nowMs: number): readonly RootKey[] {
  return [...new Set(roleKeysOf(root, 'root').keyIds)].flatMap((id) => {
    const key = root.keys.get(id);
    const chain = key === undefined ? undefined : chainOf(key, gun);
    if (key === undefined || chain === undefined) return [];
    return [{ key, chain, isOutOfDate: isOutOfDate(chain, nowMs) || !isSound(chain, key, nowMs) }];
  });
}

function chainOf(key: PublicKey, gun: string): CertificateChain | undefined {
  try {
    const chain = readCertificateChain(key);
    return isForGun(chain, gun) && isSound(chain, key, 0) ? chain : undefined;
  } catch {
    // A key without a usable certificate does not count; the threshold decides whether it is missed.
    return undefined;
  }
}

function requireUsableKeys(root: Root, check: RootCheck): readonly PublicKey[] {
  const keys = rootKeysOf(root, check.gun, check.nowMs);
  const counting = keys.filter((k) => check.certificateExpiry === 'reported' || !k.isOutOfDate);
  if (counting.length > 0) return counting.map(({ key }) => key);
  const [expired] = keys;
  const message = `${pathProblem}: unable to retrieve valid leaf certificates`;
  if (expired === undefined) {
    throw new Failure('ROOT_INVALID', message, {
      meaning: `No certificate of the root is sound and made for ${check.gun}.`,
    });
  }
  throw new Failure('CERTIFICATE_EXPIRED', message, {
    facts: {
      certificate: expired.key.id,
      'valid from': new Date(expired.chain.notBeforeMs).toISOString(),
      'valid to': new Date(expired.chain.notAfterMs).toISOString(),
      'clock here': new Date(check.nowMs).toISOString(),
    },
  });
}

function requireSignedByPrevious(candidate: RootFile, previous: Root, check: RootCheck): void {
  const keys = byId(rootKeysOf(previous, check.gun, check.nowMs).map(({ key }) => key));
  if (keys.size === 0) {
    throw new Failure(
      'ROOT_INVALID',
      `${pathProblem}: could not retrieve trusted certs from previous root role data`,
    );
  }
  try {
    const { threshold } = roleKeysOf(previous, 'root');
    const role = { keyIds: [...keys.keys()], threshold };
    checkThreshold('root', role, keys, candidate.message, candidate.signatures);
  } catch (cause) {
    throw new Failure(
      'ROOT_CHANGED',
      'could not rotate trust to a new trusted root: failed to validate data with current trusted certificates',
      { cause },
    );
  }
}

function requirePinned(keys: readonly PublicKey[], check: RootCheck): readonly PublicKey[] {
  const { pin, nowMs } = check;
  if (pin === undefined) return keys;
  const pinned = keys.filter((key) => isPinned(pin, key, nowMs));
  if (pinned.length > 0) return pinned;
  throw new Failure(
    'PIN_MISMATCH',
    `${pathProblem}: unable to match any certificates to trust_pinning config`,
    {
      facts: {
        offered: keys.map((key) => `${key.id} (key ${key.canonicalId})`).join(', '),
        pinned:
          pin.kind === 'ids'
            ? [...pin.ids].join(', ')
            : pin.authorities.map((authority) => authority.subject).join(', '),
      },
    },
  );
}

function requireOwnThreshold(candidate: RootFile, keys: readonly PublicKey[]): void {
  const { threshold } = roleKeysOf(candidate.signed, 'root');
  const listed = byId(keys);
  const role = { keyIds: [...listed.keys()], threshold };
  try {
    checkThreshold('', role, listed, candidate.message, candidate.signatures);
  } catch (cause) {
    throw new Failure('ROOT_INVALID', `${pathProblem}: failed to validate integrity of roots`, {
      cause,
    });
  }
}

/** By the id computed from the content, so a key under a foreign id never matches a signature. */
function byId(keys: readonly PublicKey[]): ReadonlyMap<string, PublicKey> {
  return new Map(keys.map((key) => [key.id, key]));
}
