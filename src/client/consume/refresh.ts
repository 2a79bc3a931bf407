// Brings what is known of a repository up to date and verifies it (notary dialect §8). Every consumer and every
// publisher begins here.
//
// Invariants:
// - trust starts from the cached root, else from a pin, else (if allowed) at first sight, and moves only along
//   signed roots; a newer root is asked for in every refresh, beside the timestamp;
// - only a server that cannot be reached or fails lets the cache stand in for its timestamp; what was received
//   and does not verify never does;
// - nothing in the trust directory changes before the whole update has passed.
import { Failure, isFailure } from '../../errors.ts';
import type { RoleName, TargetsRole } from '../../tuf/role.ts';
import type { RootFile } from '../../tuf/root.ts';
import { checkRoot } from '../../tuf/root-trust.ts';
import { TrustedSet } from '../../tuf/trusted-set.ts';
import type { ConsumerPorts } from '../ports.ts';
import { beginGeneration, continueGeneration, type Generation } from '../trustdir/generations.ts';
import type { AppliedPin } from '../trustdir/pins.ts';
import type { RepositoryDirectory } from '../trustdir/trust-directory.ts';
import { type Anchor, findAnchor, maxRootBytes } from './anchor.ts';
import {
  type Answer,
  answerOf,
  cacheUnusable,
  isOutage,
  isRefusal,
  noTrustData,
  pinRequired,
  timestampMissing,
} from './answer.ts';
import { Floors } from './floors.ts';
import { keep } from './keep.ts';
import { loadAllTargets } from './load-targets.ts';
import { nearExpiries, versionsOf } from './near-expiry.ts';
import { maxTimestampBytes, RoleFiles } from './role-files.ts';
import {
  fetchRootVersion,
  followRoots,
  followRootsTo,
  lookAtOfferedRoot,
  type RootServer,
} from './root-chain.ts';
import { rootChanged } from './root-changed.ts';
import { rootFacts } from './root-facts.ts';
import { newestStoredTimestamp } from './stored-timestamp.ts';
import type { TrustedRepository } from './trusted-repository.ts';

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
export const publisherRefresh: RefreshOptions = {
  cacheAlone: 'if-it-fails',
  expired: 'reported',
};

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
  const directory = ports.directory.repository(gun);
  await directory.cache.open();
  const nowMs = ports.nowMs();
  const generations = await directory.cache.generations();
  const anchor = await findAnchor({
    gun,
    cache: directory.cache,
    generations,
    nowMs,
    emit: ports.emit,
  });
  const pin = await ports.pins.pinFor(gun, nowMs);
  if (anchor === undefined && pin === undefined && !ports.pins.allowsFirstUse)
    throw pinRequired(gun);
  const pendingRoot = await directory.pendingRoot();
  const at = { gun, ports, options, directory, nowMs, generations, anchor, pin, pendingRoot };
  return new Refresh(at).run();
}

interface Situation {
  readonly gun: string;
  readonly ports: ConsumerPorts;
  readonly options: RefreshOptions;
  readonly directory: RepositoryDirectory;
  readonly nowMs: number;
  readonly generations: readonly Generation[];
  readonly anchor: Anchor | undefined;
  readonly pin: AppliedPin | undefined;
  /** A root that was made here for this repository, if the server may have it without our knowing. */
  readonly pendingRoot: Buffer | undefined;
}

/** One refresh, step by step. */
class Refresh {
  private readonly at: Situation;
  private readonly roots: RootServer;
  private readonly files: RoleFiles;
  private readonly floors: Floors;
  /** Roles that the snapshot seen last listed. */
  private listedBefore: ReadonlySet<string> = new Set();
  private generation: Generation | undefined;
  private skipped: ReadonlyMap<TargetsRole, Failure> = new Map();
  /** Why the cache stands in for the server. */
  private problem: Failure | undefined;

  constructor(at: Situation) {
    const { gun, ports, directory, anchor, nowMs } = at;
    this.at = at;
    this.generation = anchor?.generation;
    this.floors = new Floors(anchor?.generation.floors);
    this.files = new RoleFiles(gun, ports.server, directory.cache, at.options.uploaded);
    this.roots = {
      gun,
      server: ports.server,
      describeTrusted: (root) => ({
        gun,
        root,
        generation: this.generation ?? this.firstGeneration(root),
        path: directory.path,
        nowMs,
      }),
    };
  }

  async run(): Promise<TrustedRepository> {
    const [root, timestamp] = await this.ask();
    await this.learnFloors();
    const trusted = await this.trustRoot(root);
    const set = await this.load(trusted, timestamp).catch((failure: unknown) =>
      this.catchUp(trusted, failure),
    );
    const generation = await this.keep(set);
    if (this.at.pendingRoot !== undefined) await this.at.directory.clearPendingRoot();
    await this.report(set, generation);
    const { gun, nowMs } = this.at;
    const { problem, skipped } = this;
    const source = problem === undefined ? 'server' : 'cache';
    return { gun, set, generation, source, problem, skipped, nowMs };
  }

  /** The root that would come next (or, at first contact, the root) and the timestamp, asked at once. */
  private ask(): Promise<[Answer, Answer]> {
    const { gun, ports, anchor } = this.at;
    const root =
      anchor === undefined
        ? ports.server.fetch(gun, { role: 'root' }, maxRootBytes)
        : fetchRootVersion(this.roots, anchor.root.signed.version + 1);
    return Promise.all([answerOf(root), this.askTimestamp()]);
  }

  private askTimestamp(): Promise<Answer> {
    const { gun, ports } = this.at;
    return answerOf(ports.server.fetch(gun, { role: 'timestamp' }, maxTimestampBytes));
  }

  /** What Go's programs have cached since sets floors, too. */
  private async learnFloors(): Promise<void> {
    const { anchor } = this.at;
    if (anchor === undefined) return;
    const [timestamp, snapshot] = await Promise.all([
      this.files.cached('timestamp', maxTimestampBytes),
      this.files.cached('snapshot'),
    ]);
    this.floors.learnOnline('timestamp', timestamp, anchor.root.signed);
    this.listedBefore = this.floors.learnOnline('snapshot', snapshot, anchor.root.signed);
  }

  /** A trusted set at the newest root. */
  private async trustRoot(answer: Answer): Promise<TrustedSet> {
    const { anchor } = this.at;
    if (answer.kind === 'failed' && (anchor === undefined || !isOutage(answer.failure))) {
      throw answer.failure;
    }
    if (anchor === undefined) {
      if (answer.kind !== 'bytes') throw noTrustData(this.at.gun, this.at.ports.server.url);
      const set = this.begin(answer.bytes, false);
      this.generation = this.firstGeneration(set.root);
      return set;
    }
    const set = this.begin(anchor.root.bytes, true);
    if (answer.kind === 'bytes') await followRoots(this.roots, set, answer.bytes);
    this.requirePinned(set.root);
    return set;
  }

  private begin(root: Buffer, isKnownRoot: boolean): TrustedSet {
    const { gun, nowMs, pin, options } = this.at;
    return this.namingPin(() =>
      TrustedSet.begin(root, {
        gun,
        nowMs,
        isKnownRoot,
        pin: isKnownRoot ? undefined : pin?.pin,
        expired: options.expired,
        floors: this.floors.map,
        listedBefore: this.listedBefore,
      }),
    );
  }

  /** Pins hold for every root that is used: pinned ids must be changed before the publisher rotates. */
  private requirePinned(root: RootFile): void {
    const { gun, nowMs, pin } = this.at;
    if (pin === undefined) return;
    this.namingPin(() =>
      checkRoot(root, { gun, nowMs, pin: pin.pin, certificateExpiry: 'reported' }),
    );
  }

  private namingPin<T>(check: () => T): T {
    try {
      return check();
    } catch (error) {
      if (!isFailure(error, 'PIN_MISMATCH')) throw error;
      const facts = { rule: this.at.pin?.rule ?? '', ...error.facts };
      throw new Failure('PIN_MISMATCH', error.message, { cause: error, facts });
    }
  }

  /** Everything below the root, in order. */
  private async load(set: TrustedSet, timestamp: Answer): Promise<TrustedSet> {
    if (timestamp.kind === 'bytes') this.useTimestamp(set, timestamp.bytes);
    else await this.useCachedTimestamp(set, timestamp);
    await this.files.loadSnapshot(set);
    this.skipped = await loadAllTargets(set, this.files, this.floors);
    return set;
  }

  private useTimestamp(set: TrustedSet, bytes: Buffer): void {
    set.updateTimestamp(bytes);
    this.files.downloaded.set('timestamp', bytes);
  }

  /** For a server in trouble or without this repository. */
  private async useCachedTimestamp(
    set: TrustedSet,
    answer: Exclude<Answer, { kind: 'bytes' }>,
  ): Promise<void> {
    const problem = answer.kind === 'failed' ? answer.failure : await this.explainMissing();
    if (!this.mayStandIn(problem)) throw problem;
    const stored = await this.storedTimestamp();
    if (stored !== undefined) {
      this.useTimestamp(set, stored);
      return;
    }
    const cached = await this.files.cached('timestamp', maxTimestampBytes);
    if (cached === undefined) throw problem;
    try {
      set.updateTimestamp(cached);
    } catch (error) {
      if (!isFailure(error)) throw error;
      throw cacheUnusable(problem, error);
    }
    this.problem = problem;
  }

  /** For a publisher whom the server fails: what it has stored, newer than what is known here. */
  private async storedTimestamp(): Promise<Buffer | undefined> {
    const { gun, ports, options } = this.at;
    if (options.cacheAlone !== 'if-it-fails') return undefined;
    return newestStoredTimestamp(gun, ports.server, this.floors.map.get('timestamp') ?? 0);
  }

  private mayStandIn(problem: Failure): boolean {
    const { cacheAlone } = this.at.options;
    if (cacheAlone === 'refused') return false;
    if (cacheAlone === 'if-it-fails') return problem.code === 'SERVER_ERROR';
    return isOutage(problem) || isFailure(problem, 'NO_TRUST_DATA', 'METADATA_MISSING');
  }

  /** 404 for the timestamp: is the whole repository gone, or this file? */
  private async explainMissing(): Promise<Failure> {
    const { gun, ports } = this.at;
    const root = await answerOf(ports.server.fetch(gun, { role: 'root' }, maxRootBytes));
    if (root.kind === 'failed') return root.failure;
    const { url } = ports.server;
    return root.kind === 'absent' ? noTrustData(gun, url) : timestampMissing(gun, url);
  }

  /**
   * After a failure: perhaps the root moved on while we asked, or is offered by name alone, or is another one.
   * The first two are tried once more; the last is what has to be said instead of `failure`.
   */
  private async catchUp(set: TrustedSet, failure: unknown): Promise<TrustedSet> {
    const { nowMs } = this.at;
    if (!isFailure(failure) || !isRefusal(failure) || this.problem !== undefined) throw failure;
    const offered = await lookAtOfferedRoot(this.roots, set.root, nowMs).catch(() => undefined);
    if (offered?.kind === 'other') {
      throw rootChanged(this.roots.describeTrusted(set.root), offered.file, failure);
    }
    if (offered?.kind !== 'newer') throw failure;
    const next = this.begin(set.root.bytes, true);
    await followRootsTo(this.roots, next, offered);
    this.requirePinned(next.root);
    return this.load(next, await this.askTimestamp());
  }

  private keep(set: TrustedSet): Promise<Generation> {
    const { gun, directory, generations, anchor, nowMs } = this.at;
    const facts = rootFacts(set.root, gun, nowMs);
    const begun = this.generation ?? this.firstGeneration(set.root);
    const isRecorded = anchor?.isUnrecorded === false && anchor.root.bytes.equals(set.root.bytes);
    const files = new Map<RoleName, Buffer>(this.files.downloaded);
    if (!isRecorded) files.set('root', set.root.bytes);
    const generation = continueGeneration(begun, facts);
    return keep(directory.cache, generations, { files, versions: versionsOf(set), generation });
  }

  private async report(set: TrustedSet, { reason }: Generation): Promise<void> {
    const { gun, ports, directory, anchor, pin, nowMs } = this.at;
    const { emit } = ports;
    const { rootKeyIds } = rootFacts(set.root, gun, nowMs);
    const toVersion = set.root.signed.version;
    if (anchor === undefined) {
      emit({ kind: 'trust-began', gun, reason, rootKeyIds, rule: pin?.rule });
    } else if (anchor.root.signed.version !== toVersion) {
      const fromVersion = anchor.root.signed.version;
      emit({ kind: 'root-updated', gun, fromVersion, toVersion, rootKeyIds });
    }
    for (const [role, problem] of this.skipped)
      emit({ kind: 'delegation-skipped', gun, role, problem });
    for (const near of nearExpiries(set, gun, nowMs)) emit({ kind: 'near-expiry', gun, ...near });
    const expiresMs = set.timestamp?.signed.expires.ms;
    if (this.problem !== undefined && expiresMs !== undefined) {
      const fetchedMs = await directory.cache.storedMs('timestamp');
      emit({ kind: 'cache-used', gun, problem: this.problem, fetchedMs, expiresMs });
    }
  }

  private firstGeneration(root: RootFile): Generation {
    const { gun, pin, pendingRoot, nowMs } = this.at;
    const isOurs = pendingRoot?.equals(root.bytes) === true;
    const reason = isOurs ? 'made-here' : (pin?.reason ?? 'first-use');
    return beginGeneration(rootFacts(root, gun, nowMs), reason, nowMs);
  }
}
