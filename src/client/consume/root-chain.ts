// From the trusted root to the newest one, every step verified; and what to say when the server offers a
// root that does not follow.
import { Failure, isFailure } from '../../errors.ts';
import type { TrustServer } from '../../remote/trust-server.ts';
import { parseRoot, type RootFile } from '../../tuf/root.ts';
import { checkRoot } from '../../tuf/root-trust.ts';
import type { TrustedSet } from '../../tuf/trusted-set.ts';
import { maxRootBytes } from './limits.ts';
import { rootChanged, type TrustedRoot } from './root-changed.ts';

/** Roots followed in one refresh. A repository whose root changes weekly reaches this in twenty years. */
const maxRootSteps = 1024;

export interface RootServer {
  readonly gun: string;
  readonly server: TrustServer;
  /** What was trusted before, for the refusal of a root that does not follow. */
  readonly describeTrusted: (root: RootFile) => TrustedRoot;
}

/** The root of exactly that version, or undefined when the server has none. */
export function fetchRootVersion(
  { gun, server }: RootServer,
  version: number,
): Promise<Buffer | undefined> {
  return server.fetch(gun, { role: 'root', version }, maxRootBytes);
}

/**
 * Moves `set` on along the roots that the server has, beginning with `next`, the one after its present root.
 * @throws Failure as TrustedSet.updateRoot; ROOT_CHAIN_BROKEN for a chain without end
 */
export async function followRoots(
  from: RootServer,
  set: TrustedSet,
  next: Buffer | undefined,
): Promise<void> {
  let bytes = next;
  for (let step = 0; bytes !== undefined; step += 1) {
    if (step === maxRootSteps) {
      throw new Failure('ROOT_CHAIN_BROKEN', `the server offers more than ${maxRootSteps} roots`);
    }
    updateRoot(from, set, bytes);
    bytes = await fetchRootVersion(from, set.root.signed.version + 1);
  }
}

/** Where the server's current root stands to the one that is trusted. */
export type OfferedRoot =
  | { readonly kind: 'same' }
  /** An older root of the same chain. */
  | { readonly kind: 'older' }
  /** Later in the chain; `bytes` is that root, which may be several versions ahead. */
  | { readonly kind: 'newer'; readonly bytes: Buffer; readonly version: number }
  /** Not signed by the trusted root. */
  | { readonly kind: 'other'; readonly file: RootFile; readonly failure: Failure };

/** Compares the root that the server gives by name with the trusted one. Nothing is trusted here. */
export async function lookAtOfferedRoot(
  from: RootServer,
  trusted: RootFile,
  nowMs: number,
): Promise<OfferedRoot> {
  const bytes = await from.server.fetch(from.gun, { role: 'root' }, maxRootBytes);
  if (bytes === undefined || bytes.equals(trusted.bytes)) return { kind: 'same' };
  const file = parseRoot(bytes);
  const { version } = file.signed;
  const isNext = version <= trusted.signed.version + 1;
  try {
    const previous = trusted.signed;
    checkRoot(file, { gun: from.gun, nowMs, previous, certificateExpiry: 'reported' });
  } catch (failure) {
    if (!isFailure(failure)) throw failure;
    // A root some versions ahead need not be signed by ours: the chain between decides.
    return isNext ? { kind: 'other', file, failure } : { kind: 'newer', bytes, version };
  }
  return version > trusted.signed.version ? { kind: 'newer', bytes, version } : { kind: 'older' };
}

/**
 * Moves `set` on to the root `last`, which the server gave by name, asking for those between by version.
 * @throws Failure ROOT_CHAIN_BROKEN when one is withheld, else as TrustedSet.updateRoot
 */
export async function followRootsTo(
  from: RootServer,
  set: TrustedSet,
  last: { readonly bytes: Buffer; readonly version: number },
): Promise<void> {
  const first = set.root.signed.version + 1;
  if (last.version - first >= maxRootSteps) {
    throw new Failure('ROOT_CHAIN_BROKEN', `root ${last.version} is too far ahead of ${first - 1}`);
  }
  for (let version = first; version < last.version; version += 1) {
    const bytes = await fetchRootVersion(from, version);
    if (bytes === undefined) {
      throw new Failure(
        'ROOT_CHAIN_BROKEN',
        `the server has root ${last.version} but not root ${version}, which must lead to it`,
      );
    }
    updateRoot(from, set, bytes);
  }
  updateRoot(from, set, last.bytes);
}

/** Moves on by one root; one that the present root did not sign is refused with all that is known. */
function updateRoot(from: RootServer, set: TrustedSet, bytes: Buffer): void {
  try {
    set.updateRoot(bytes);
  } catch (failure) {
    if (!isFailure(failure, 'ROOT_CHANGED')) throw failure;
    throw rootChanged(from.describeTrusted(set.root), parseRoot(bytes), failure);
  }
}
