// What this machine remembers of a repository beside Go's cache: which roots it has trusted, since when
// and why, and the highest version of each role it has seen. A repository that is deleted and made again
// is a new generation, with floors of its own.
//
// Invariants: floors only rise, and belong to one generation, and there to a delegation until the role above has
// removed it; a generation, once seen, is remembered;
// the newest trusted root is kept here byte for byte, because Go's programs remove root.json before they
// write it and a missing file must not mean a fresh start of trust.
import { createHash } from 'node:crypto';
import { decodeBase64 } from '../../encoding/base64.ts';
import { JsonView } from '../../encoding/json-view.ts';
import { parseJson } from '../../encoding/strict-json.ts';
import { Failure } from '../../errors.ts';
import { isRoleName, type RoleName } from '../../tuf/role.ts';

/** Why a root came to be trusted. `cache`: found in the trust directory, put there by another program. */
export const trustReasons = [
  'first-use',
  'certificate-pin',
  'root-key-pin',
  'ca-pin',
  'made-here',
  'cache',
] as const;
export type TrustReason = (typeof trustReasons)[number];

export interface Generation {
  /** When this machine first trusted a root of the generation: milliseconds since 1970. */
  readonly sinceMs: number;
  readonly reason: TrustReason;
  /** Canonical ids of the root keys of the first root that was trusted. */
  readonly rootKeyIds: readonly string[];
  /** TUF ids of every root-role key the generation has had: a root that lists one continues it. */
  readonly certificateIds: ReadonlySet<string>;
  /** SHA-256 in hex of each root file that was trusted, oldest first. */
  readonly rootHashes: readonly string[];
  /** Highest verified version seen, for each role. */
  readonly floors: ReadonlyMap<RoleName, number>;
  /** The newest trusted root file. */
  readonly root: Buffer;
}

/** What a root file says about itself, as far as a generation is concerned. */
export interface RootFacts {
  readonly bytes: Buffer;
  readonly version: number;
  readonly rootKeyIds: readonly string[];
  readonly certificateIds: readonly string[];
  /** TUF ids of all keys the root lists, old root certificates included. */
  readonly listedKeyIds: readonly string[];
}

/** Largest memory file read; one generation takes a few KiB and its root a little more. */
export const maxGenerationsBytes = 64 * 1024 * 1024;

/** Root hashes remembered in one generation; a root is rotated a few times in its life. */
const maxRootHashes = 1000;

/** The generation that began when `root` was trusted for `reason`. */
export function beginGeneration(root: RootFacts, reason: TrustReason, nowMs: number): Generation {
  return {
    sinceMs: nowMs,
    reason,
    rootKeyIds: root.rootKeyIds,
    certificateIds: new Set(root.certificateIds),
    rootHashes: [sha256Hex(root.bytes)],
    floors: new Map([['root', root.version]]),
    root: root.bytes,
  };
}

/** `generation` after `root`, verified as its continuation, became the trusted one. */
export function continueGeneration(generation: Generation, root: RootFacts): Generation {
  const hash = sha256Hex(root.bytes);
  const rootHashes = generation.rootHashes.includes(hash)
    ? generation.rootHashes
    : withoutMiddle([...generation.rootHashes, hash]);
  return {
    ...generation,
    certificateIds: new Set([...generation.certificateIds, ...root.certificateIds]),
    rootHashes,
    floors: raised(generation.floors, new Map([['root', root.version]])),
    root: root.bytes,
  };
}

/** The first root hash stays, because it tells generations apart; of the others the newest. */
function withoutMiddle(hashes: readonly string[]): readonly string[] {
  return hashes.length <= maxRootHashes
    ? hashes
    : [...hashes.slice(0, 1), ...hashes.slice(1 - maxRootHashes)];
}

/** `generation` with floors at least as high as `versions`. */
export function raiseFloors(
  generation: Generation,
  versions: ReadonlyMap<RoleName, number>,
): Generation {
  return { ...generation, floors: raised(generation.floors, versions) };
}

/** `generation` without what was seen of `roles`. */
export function dropFloors(generation: Generation, roles: ReadonlySet<RoleName>): Generation {
  const kept = [...generation.floors].filter(([role]) => !roles.has(role));
  return kept.length === generation.floors.size
    ? generation
    : { ...generation, floors: new Map(kept) };
}

/**
 * The generation that `root` belongs to, as it says: it was seen there, or lists one of its root certificates. Anybody
 * can list those, so a root that was not seen must still be shown to be signed by the generation's newest root.
 */
export function generationOf(
  generations: readonly Generation[],
  root: RootFacts,
): Generation | undefined {
  const hash = sha256Hex(root.bytes);
  const seen = generations.find((generation) => generation.rootHashes.includes(hash));
  return (
    seen ??
    generations.findLast((generation) =>
      root.listedKeyIds.some((id) => generation.certificateIds.has(id)),
    )
  );
}

/** Reads the memory file. @throws Failure CACHE_DAMAGED naming `path`: what it protects must not be lost silently */
export function parseGenerations(bytes: Buffer, path: string): readonly Generation[] {
  try {
    const view = new JsonView(parseJson(bytes), 'document', 'CACHE_DAMAGED');
    return view.member('generations').list().map(parseGeneration);
  } catch (cause) {
    const remedy =
      'Restore the file from a backup. Removing it makes this machine forget which versions it has seen.';
    throw new Failure('CACHE_DAMAGED', `${path} is damaged`, { cause, facts: { path }, remedy });
  }
}

/** The memory file: newest generation last. */
export function generationsBytes(generations: readonly Generation[]): Buffer {
  const list = generations.map((generation) => ({
    since: new Date(generation.sinceMs).toISOString(),
    reason: generation.reason,
    root_keys: generation.rootKeyIds,
    certificates: [...generation.certificateIds],
    root_hashes: generation.rootHashes,
    floors: [...generation.floors].map(([role, version]) => ({ role, version })),
    root: generation.root.toString('base64'),
  }));
  return Buffer.from(`${JSON.stringify({ generations: list }, undefined, 1)}\n`);
}

function parseGeneration(view: JsonView): Generation {
  const sinceMs = Date.parse(view.member('since').string());
  if (Number.isNaN(sinceMs)) view.member('since').fail('is not a time');
  const reason = trustReasons.find((known) => known === view.member('reason').string());
  return {
    sinceMs,
    reason: reason ?? view.member('reason').fail('is not known'),
    rootKeyIds: strings(view.member('root_keys')),
    certificateIds: new Set(strings(view.member('certificates'))),
    rootHashes: strings(view.member('root_hashes')),
    floors: new Map(view.member('floors').list().map(parseFloor)),
    root: decodeBase64(view.member('root').string()),
  };
}

function parseFloor(view: JsonView): readonly [RoleName, number] {
  const role = view.member('role').string();
  if (!isRoleName(role)) return view.member('role').fail('is not a role');
  return [role, view.member('version').integer()];
}

function strings(view: JsonView): readonly string[] {
  return view.list().map((item) => item.string());
}

function raised(
  floors: ReadonlyMap<RoleName, number>,
  versions: ReadonlyMap<RoleName, number>,
): ReadonlyMap<RoleName, number> {
  const result = new Map(floors);
  for (const [role, version] of versions) {
    result.set(role, Math.max(version, result.get(role) ?? 0));
  }
  return result;
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
