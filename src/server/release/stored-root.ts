// The root that a repository stands on now. A stored root is verified as a client would verify it, once for each
// row; its certificates may have run out (notary dialect §7): a repository that was first signed ten
// years ago must still be open to a renewed root.
import { parseRoot, type RootFile } from '../../tuf/root.ts';
import { checkRoot } from '../../tuf/root-trust.ts';
import type { StoredFile, TufStore } from '../store/store.ts';
import { type CurrentRelease, fileOf, parsedOnce } from './current-release.ts';
import { refuseExpired } from './upload-refusal.ts';

const roots = new WeakMap<StoredFile, RootFile>();

/**
 * Undefined when the release has no root, which only a damaged store can bring about.
 * @throws Failure ROOT_INVALID, METADATA_INVALID, … when what is stored cannot be trusted; STORE_FAILED
 */
export async function storedRoot(
  store: TufStore,
  gun: string,
  release: CurrentRelease,
  nowMs: number,
): Promise<RootFile | undefined> {
  const stored = await fileOf(store, gun, release, 'root');
  if (stored === undefined) return undefined;
  return parsedOnce(roots, stored, (bytes) => {
    const file = parseRoot(bytes);
    checkRoot(file, { gun, nowMs, certificateExpiry: 'reported' });
    return file;
  });
}

/** As a root must be for anything to be signed under it without its publisher. @throws as checkRoot, METADATA_EXPIRED */
export function requireCurrentRoot(root: RootFile, gun: string, nowMs: number): void {
  checkRoot(root, { gun, nowMs, certificateExpiry: 'refused' });
  refuseExpired('root', root.signed.expires, nowMs);
}
