// The timestamp that says what is newest: the server's, and only when the server cannot give one, that of the cache.
//
// Invariant: a timestamp that came and does not verify is never passed over for an older one.
import { type Failure, isFailure } from '../../errors.ts';
import type { TrustedSet } from '../../tuf/trusted-set.ts';
import {
  type Answer,
  answerOf,
  cacheUnusable,
  isOutage,
  noTrustData,
  timestampMissing,
} from './answer.ts';
import type { Floors } from './floors.ts';
import { maxRootBytes, maxTimestampBytes } from './limits.ts';
import type { RoleFiles } from './role-files.ts';
import type { Situation } from './situation.ts';
import { newestStoredTimestamp } from './stored-timestamp.ts';

export class TimestampSource {
  readonly #at: Situation;
  readonly #files: RoleFiles;
  readonly #floors: Floors;
  #standsIn: Failure | undefined;

  constructor(at: Situation, files: RoleFiles, floors: Floors) {
    this.#at = at;
    this.#files = files;
    this.#floors = floors;
  }

  /** Why the cache stands in for the server, if it does. */
  get problem(): Failure | undefined {
    return this.#standsIn;
  }

  ask(): Promise<Answer> {
    const { gun, ports } = this.#at;
    return answerOf(ports.server.fetch(gun, { role: 'timestamp' }, maxTimestampBytes));
  }

  /** Loads the timestamp of `answer`, or what may stand in for it, into `set`. */
  async load(set: TrustedSet, answer: Answer): Promise<void> {
    if (answer.kind === 'bytes') {
      this.#take(set, answer.bytes);
      return;
    }
    const problem = answer.kind === 'failed' ? answer.failure : await this.#explainMissing();
    if (!this.#mayStandIn(problem)) throw problem;
    const stored = await this.#storedOnServer();
    if (stored !== undefined) this.#take(set, stored);
    else await this.#takeCached(set, problem);
  }

  #take(set: TrustedSet, bytes: Buffer): void {
    set.updateTimestamp(bytes);
    this.#files.downloaded.set('timestamp', bytes);
  }

  async #takeCached(set: TrustedSet, problem: Failure): Promise<void> {
    const cached = await this.#files.cached('timestamp', maxTimestampBytes);
    if (cached === undefined) throw problem;
    try {
      set.updateTimestamp(cached);
    } catch (error) {
      if (!isFailure(error)) throw error;
      throw cacheUnusable(problem, error);
    }
    this.#standsIn = problem;
  }

  #mayStandIn(problem: Failure): boolean {
    const { cacheAlone } = this.#at.options;
    if (cacheAlone === 'refused') return false;
    if (cacheAlone === 'if-it-fails') return problem.code === 'SERVER_ERROR';
    return isOutage(problem) || isFailure(problem, 'NO_TRUST_DATA', 'METADATA_MISSING');
  }

  /** For a publisher whom the server fails: what it has stored, if that is newer than what is known here. */
  async #storedOnServer(): Promise<Buffer | undefined> {
    const { gun, ports, options } = this.#at;
    if (options.cacheAlone !== 'if-it-fails') return undefined;
    return newestStoredTimestamp(gun, ports.server, this.#floors.map.get('timestamp') ?? 0);
  }

  /** 404 for the timestamp: is the whole repository gone, or this file? */
  async #explainMissing(): Promise<Failure> {
    const { gun, ports } = this.#at;
    const root = await answerOf(ports.server.fetch(gun, { role: 'root' }, maxRootBytes));
    if (root.kind === 'failed') return root.failure;
    const { url } = ports.server;
    return root.kind === 'absent' ? noTrustData(gun, url) : timestampMissing(gun, url);
  }
}
