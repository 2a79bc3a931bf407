// Keeps the result of a refresh: downloaded files in Go's cache, and in our memory what was seen.
//
// Invariants: called only after everything was verified; a state that another process stored meanwhile is
// never replaced by an older one.
import type { RoleName } from '../../tuf/role.ts';
import type { MetadataCache } from '../trustdir/cache.ts';
import { dropFloors, type Generation, raiseFloors } from '../trustdir/generations.ts';

export interface Result {
  /** Newly downloaded or otherwise to be written, as received. */
  readonly files: ReadonlyMap<RoleName, Buffer>;
  readonly versions: ReadonlyMap<RoleName, number>;
  /** The generation as it is now, without the floors of this result. */
  readonly generation: Generation;
  /** Delegations whose history has ended: what was seen of them is forgotten. */
  readonly ended: ReadonlySet<RoleName>;
}

/** Stores `result` of a refresh that began with the memory `before`. LOCKED, DISK. */
export async function keep(
  cache: MetadataCache,
  before: readonly Generation[],
  result: Result,
): Promise<Generation> {
  const { ended } = result;
  const generation = dropFloors(raiseFloors(result.generation, result.versions), ended);
  const isRecorded = before.some((known) => isSame(known, generation));
  if (result.files.size === 0 && isRecorded) return generation;
  await cache.update(async () => {
    const now = await cache.generations();
    if (before.length > 0 && now.length === 0) return undefined; // the repository was forgotten meanwhile
    if (isReplaced(generation, before, now.at(-1))) return undefined;
    const meanwhile = now.find((known) => isContinued(known, generation));
    if (meanwhile !== undefined && isAhead(meanwhile, result.versions)) return undefined;
    const others = now.filter((known) => known !== meanwhile);
    const merged = meanwhile === undefined ? generation : raiseFloors(generation, meanwhile.floors);
    return { files: result.files, generations: [...others, dropFloors(merged, ended)] };
  });
  return generation;
}

function isSame(known: Generation, generation: Generation): boolean {
  if (!isContinued(known, generation) || !known.root.equals(generation.root)) return false;
  if (known.floors.size !== generation.floors.size) return false;
  return [...generation.floors].every(([role, version]) => known.floors.get(role) === version);
}

/** Two records of one generation share the root with which it began. */
function isContinued(known: Generation, generation: Generation): boolean {
  return known.rootHashes[0] === generation.rootHashes[0];
}

/** Whether another root came to be trusted since the refresh began, and is the newest now. */
function isReplaced(
  generation: Generation,
  before: readonly Generation[],
  newest: Generation | undefined,
): boolean {
  if (newest === undefined || isContinued(newest, generation)) return false;
  return !before.some((known) => isContinued(known, newest));
}

function isAhead(known: Generation, versions: ReadonlyMap<RoleName, number>): boolean {
  return [...versions].some(([role, version]) => (known.floors.get(role) ?? 0) > version);
}
