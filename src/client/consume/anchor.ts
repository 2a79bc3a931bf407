// Where trust in a repository starts on this machine: the root trusted so far, and the generation it belongs
// to. Nothing is fetched here.
//
// Invariants: a damaged or missing cached root never leads to a fresh start of trust while this machine
// remembers the repository; the root never goes back to an older one that another program left, nor on to one
// that the trusted root has not signed; the reset is the removal of the whole repository directory, memory
// included.
import { Failure, isFailure } from '../../errors.ts';
import { parseRoot, type RootFile } from '../../tuf/root.ts';
import { checkRoot } from '../../tuf/root-trust.ts';
import type { EventSink } from '../events.ts';
import type { MetadataCache } from '../trustdir/cache.ts';
import { beginGeneration, type Generation, generationOf } from '../trustdir/generations.ts';
import { maxRootBytes } from './limits.ts';
import { rootFacts } from './root-facts.ts';

export interface Anchor {
  readonly root: RootFile;
  readonly generation: Generation;
  /** True when `root.json` lacks this root or the memory lacks this generation. */
  readonly isUnrecorded: boolean;
}

export interface AnchorSearch {
  readonly gun: string;
  readonly cache: MetadataCache;
  readonly generations: readonly Generation[];
  readonly nowMs: number;
  readonly emit: EventSink;
}

/** The trusted root, or undefined at first contact. CACHE_DAMAGED when only a damaged one is left. */
export async function findAnchor(search: AnchorSearch): Promise<Anchor | undefined> {
  const newest = search.generations.at(-1);
  const cached = await readCachedRoot(search, newest !== undefined);
  if (cached !== undefined) return anchorFromCache(search, cached);
  if (newest === undefined) return undefined;
  search.emit({ kind: 'cache-repaired', gun: search.gun, role: 'root' });
  return { root: parseRoot(newest.root), generation: newest, isUnrecorded: true };
}

async function readCachedRoot(
  search: AnchorSearch,
  hasMemory: boolean,
): Promise<RootFile | undefined> {
  try {
    const bytes = await search.cache.read('root', maxRootBytes);
    if (bytes === undefined) return undefined;
    const file = parseRoot(bytes);
    checkRoot(file, { gun: search.gun, nowMs: search.nowMs, certificateExpiry: 'reported' });
    return file;
  } catch (cause) {
    if (isFailure(cause, 'DISK') || !isFailure(cause)) throw cause;
    if (hasMemory) return undefined;
    const path = search.cache.pathOf('root');
    throw new Failure('CACHE_DAMAGED', `${path} is not a root of ${search.gun}`, {
      cause,
      facts: { path },
      meaning: `It says which root of ${search.gun} this machine trusts, so it is not replaced unasked.`,
      remedy:
        'Restore it from a backup, or remove it: the root that the server offers is then trusted as at first use.',
    });
  }
}

function anchorFromCache(search: AnchorSearch, cached: RootFile): Anchor {
  const { gun, generations, nowMs, emit } = search;
  const facts = rootFacts(cached, gun, nowMs);
  const known = generationOf(generations, facts);
  if (known === undefined) {
    const { rootKeyIds } = facts;
    emit({ kind: 'trust-found', gun, rootKeyIds, isReplacement: generations.length > 0 });
    const generation = beginGeneration(facts, 'cache', nowMs);
    return { root: cached, generation, isUnrecorded: true };
  }
  const remembered = parseRoot(known.root);
  if (known.root.equals(cached.bytes)) {
    return { root: cached, generation: known, isUnrecorded: false };
  }
  // One that is older, or only claims to belong here, is passed over: the server must lead on from what is remembered.
  const isNext = cached.signed.version > remembered.signed.version;
  const root = isNext && follows(cached, remembered, search) ? cached : remembered;
  return { root, generation: known, isUnrecorded: true };
}

/** Whether the keys of `previous` have signed `file`. */
function follows(file: RootFile, previous: RootFile, { gun, nowMs }: AnchorSearch): boolean {
  try {
    const check = { gun, nowMs, previous: previous.signed } as const;
    checkRoot(file, { ...check, certificateExpiry: 'reported' });
    return true;
  } catch (error) {
    if (!isFailure(error)) throw error;
    return false;
  }
}
