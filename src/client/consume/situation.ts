// What a refresh starts from: who asks, under which rules, and what this machine knows already.
import type { RoleName } from '../../tuf/role.ts';
import type { ConsumerPorts } from '../ports.ts';
import type { Generation } from '../trustdir/generations.ts';
import type { AppliedPin } from '../trustdir/pins.ts';
import type { RepositoryDirectory } from '../trustdir/trust-directory.ts';
import { type Anchor, findAnchor } from './anchor.ts';
import { pinRequired } from './answer.ts';

export interface RefreshOptions {
  /**
   * Whether the cache may serve when the server does not say what is newest. Publishers need a server that is
   * there; one that fails may do so because what it has is out of date, which they can repair (`if-it-fails`).
   */
  readonly cacheAlone: 'allowed' | 'if-it-fails' | 'refused';
  /** `reported`: what is out of date is loaded and listed, for publishers who repair it. */
  readonly expired: 'refused' | 'reported';
  /** Files that were just uploaded: taken in place of a download when the server's snapshot names them. */
  readonly uploaded?: ReadonlyMap<RoleName, Buffer>;
}

export const consumerRefresh: RefreshOptions = { cacheAlone: 'allowed', expired: 'refused' };
export const publisherRefresh: RefreshOptions = { cacheAlone: 'if-it-fails', expired: 'reported' };

export interface Situation {
  readonly gun: string;
  readonly ports: ConsumerPorts;
  readonly options: RefreshOptions;
  readonly directory: RepositoryDirectory;
  /** The time against which everything in this refresh is judged. */
  readonly nowMs: number;
  readonly generations: readonly Generation[];
  /** Undefined at first contact. */
  readonly anchor: Anchor | undefined;
  readonly pin: AppliedPin | undefined;
  /** A root that was made here for this repository, if the server may have it without our knowing. */
  readonly pendingRoot: Buffer | undefined;
  /** What was trusted until the repository was forgotten here; to be told at first contact, no more. */
  readonly forgotten: readonly Generation[];
}

/** Reads what the trust directory knows of `gun`. @throws Failure CACHE_DAMAGED, PIN_REQUIRED, CONFIG_INVALID, DISK */
export async function readSituation(
  gun: string,
  ports: ConsumerPorts,
  options: RefreshOptions,
): Promise<Situation> {
  const directory = ports.directory.repository(gun);
  const { cache } = directory;
  const { emit, pins } = ports;
  await cache.open();
  const nowMs = ports.nowMs();
  const generations = await cache.generations();
  const anchor = await findAnchor({ gun, cache, generations, nowMs, emit });
  const pin = await pins.pinFor(gun, nowMs);
  // What another program trusted at first sight is as new here as what nobody has seen.
  const isNew = anchor === undefined || !generations.includes(anchor.generation);
  if (isNew && pin === undefined && !pins.allowsFirstUse) throw pinRequired(gun);
  const pendingRoot = await directory.pendingRoot();
  const forgotten = anchor === undefined ? await cache.forgotten() : [];
  const known = { generations, anchor, pin, pendingRoot, forgotten };
  return { gun, ports, options, directory, nowMs, ...known };
}
