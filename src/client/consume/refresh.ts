// Brings what is known of a repository up to date and verifies it (notary dialect §8). Every consumer and every
// publisher begins here.
//
// Invariants:
// - trust starts from the cached root, else from a pin, else (if allowed) at first sight, and moves only along
//   signed roots; a newer root is asked for in every refresh, beside the timestamp (root-finder);
// - only a server that cannot be reached or fails lets the cache stand in for its timestamp; what was received
//   and does not verify never does (timestamp-source);
// - nothing in the trust directory changes before the whole update has passed (keep).
import type { Failure } from '../../errors.ts';
import type { RoleName, TargetsRole } from '../../tuf/role.ts';
import { TrustedSet } from '../../tuf/trusted-set.ts';
import type { ConsumerPorts } from '../ports.ts';
import { continueGeneration, type Generation } from '../trustdir/generations.ts';
import type { Answer } from './answer.ts';
import { removedRoles } from './ended-roles.ts';
import { Floors } from './floors.ts';
import { keep } from './keep.ts';
import { maxTimestampBytes } from './limits.ts';
import { loadAllTargets } from './load-targets.ts';
import { report } from './report.ts';
import { RoleFiles } from './role-files.ts';
import { rootFacts } from './root-facts.ts';
import { RootFinder } from './root-finder.ts';
import {
  consumerRefresh,
  type RefreshOptions,
  readSituation,
  type Situation,
} from './situation.ts';
import { TimestampSource } from './timestamp-source.ts';
import type { TrustedRepository } from './trusted-repository.ts';
import { versionsOf } from './trusted-repository.ts';

/**
 * The repository `gun` as of now, verified.
 * @throws Failure NO_TRUST_DATA; every refusal of TrustedSet; ROOT_CHANGED, PIN_MISMATCH, PIN_REQUIRED;
 *   what the server port throws; CACHE_DAMAGED, DISK, LOCKED
 */
export async function refresh(
  gun: string,
  ports: ConsumerPorts,
  options: RefreshOptions = consumerRefresh,
): Promise<TrustedRepository> {
  return new Refresh(await readSituation(gun, ports, options)).run();
}

/** How often the root may move while one refresh runs: publishers who rotate keys in a row. Each new root is verified. */
const maxCatchUps = 4;

function isOther(next: Answer, before: Answer): boolean {
  return next.kind === 'bytes' && before.kind === 'bytes' && !next.bytes.equals(before.bytes);
}

/** One refresh, step by step. */
class Refresh {
  readonly #at: Situation;
  readonly #files: RoleFiles;
  readonly #floors: Floors;
  readonly #roots: RootFinder;
  readonly #timestamps: TimestampSource;
  #skipped: ReadonlyMap<TargetsRole, Failure> = new Map();

  constructor(at: Situation) {
    this.#at = at;
    this.#floors = new Floors(at.anchor?.generation.floors);
    this.#files = new RoleFiles(at.gun, at.ports.server, at.directory.cache, at.options.uploaded);
    this.#roots = new RootFinder(at, this.#floors);
    this.#timestamps = new TimestampSource(at, this.#files, this.#floors);
  }

  async run(): Promise<TrustedRepository> {
    const [root, timestamp] = await Promise.all([this.#roots.ask(), this.#timestamps.ask()]);
    await this.#learnFloors();
    const set = await this.#loadFrom(await this.#roots.trust(root), timestamp);
    const generation = await this.#keep(set);
    const { gun, nowMs } = this.#at;
    const skipped = this.#skipped;
    const { problem } = this.#timestamps;
    const source = problem === undefined ? 'server' : 'cache';
    const repository = { gun, set, generation, source, problem, skipped, nowMs } as const;
    await report(this.#at, repository);
    return repository;
  }

  /** What Go's programs have cached since sets floors, too. */
  async #learnFloors(): Promise<void> {
    const root = this.#at.anchor?.root.signed;
    if (root === undefined) return;
    const [timestamp, snapshot] = await Promise.all([
      this.#files.cached('timestamp', maxTimestampBytes),
      this.#files.cached('snapshot'),
    ]);
    this.#floors.learnTimestamp(timestamp, root);
    this.#floors.learnSnapshot(snapshot, root);
  }

  /** Everything below the root; again when that fails because the root had moved, as often as it moves meanwhile. */
  async #loadFrom(trusted: TrustedSet, timestamp: Answer): Promise<TrustedSet> {
    let set = trusted;
    let answer = timestamp;
    for (let left = maxCatchUps; ; left -= 1) {
      try {
        return await this.#load(set, answer);
      } catch (failure) {
        if (left === 0 || this.#timestamps.problem !== undefined) throw failure;
        const newer = await this.#roots.catchUp(set, failure).catch((said: unknown) => said);
        const next = await this.#timestamps.ask();
        if (newer instanceof TrustedSet) set = newer;
        // The same root: then the timestamp may have been fetched just before a rotation, and the root just after it.
        else if (newer === failure && isOther(next, answer)) set = this.#roots.restart(set);
        else throw newer;
        answer = next;
      }
    }
  }

  async #load(set: TrustedSet, timestamp: Answer): Promise<TrustedSet> {
    this.#files.downloaded.clear();
    await this.#timestamps.load(set, timestamp);
    await this.#files.loadSnapshot(set);
    this.#skipped = await loadAllTargets(set, this.#files, this.#floors);
    return set;
  }

  async #keep(set: TrustedSet): Promise<Generation> {
    const { gun, directory, generations, anchor, nowMs, pendingRoot } = this.#at;
    const facts = rootFacts(set.root, gun, nowMs);
    const begun = continueGeneration(this.#roots.generationOf(set.root), facts);
    const files = new Map<RoleName, Buffer>(this.#files.downloaded);
    const isRecorded = anchor?.isUnrecorded === false && anchor.root.bytes.equals(set.root.bytes);
    if (!isRecorded) files.set('root', set.root.bytes);
    const ended = removedRoles(set, begun.floors.keys());
    const result = { files, versions: versionsOf(set), generation: begun, ended };
    const generation = await keep(directory.cache, generations, result);
    if (pendingRoot !== undefined) await directory.clearPendingRoot();
    return generation;
  }
}
