// Keeps snapshot and timestamp fresh when they are read (HTTP API §5), but before they expire:
// Go waits until they have, so that its clients may see a timestamp with seconds left.
//
// Invariants:
// - an early renewal runs beside the read that noticed it; that read gets what is stored, at once. If the
//   renewal fails, that is logged and tried again later: it never fails a read;
// - only what has expired is waited for, and only then does a failure reach the reader;
// - one renewal at a time for each repository; losing a race to another server is as good as winning it.
import type { Log } from '../../daemon/log.ts';
import { Failure, isFailure } from '../../errors.ts';
import { isExpired, lifetimeMs } from '../../tuf/expiry.ts';
import type { NewFile, StoredFile, TufStore } from '../store/store.ts';
import { type CurrentRelease, currentRelease } from './current-release.ts';
import { makeSnapshot, makeTimestamp, type OnlineSigning } from './online-roles.ts';
import type { RepositoryLocks } from './repository-locks.ts';
import type { SigningService } from './signing-service.ts';
import { requireCurrentRoot, storedRoot } from './stored-root.ts';

const dayMs = 24 * 60 * 60 * 1000;

/**
 * A timestamp is made anew when less than a third of its life is left: a signer that is down over a long
 * weekend goes unnoticed by consumers, and a busy repository still gets only one every nine days.
 */
const timestampMarginMs = lifetimeMs.timestamp / 3;

/** Clients warn of a snapshot with less than six calendar months left; they should never have to. */
const snapshotMarginMs = 210 * dayMs;

/** After an early renewal was tried: how long until the next try. */
const retryMs = 10 * 60 * 1000;

/** As long for a snapshot whose key a publisher holds: only the publisher can help. */
const heldElsewhereMs = dayMs;

/** Readers of an expired repository share the failure of one try for this long. */
const failureMs = 5000;

export interface RenewalPorts {
  readonly store: TufStore;
  readonly signing: SigningService;
  readonly locks: RepositoryLocks;
  readonly log: Log;
  readonly nowMs: () => number;
}

export class Renewal {
  readonly #ports: RenewalPorts;
  /** When a stored timestamp is to be looked at again; until then it is served as it stands. */
  readonly #nextLookMs = new WeakMap<StoredFile, number>();
  readonly #failed = new WeakMap<
    StoredFile,
    { readonly untilMs: number; readonly error: unknown }
  >();
  readonly #running = new Map<string, Promise<StoredFile | undefined>>();

  constructor(ports: RenewalPorts) {
    this.#ports = ports;
  }

  /**
   * The timestamp to serve; undefined when the repository has none.
   * @throws Failure when it or its snapshot has expired and cannot be made anew
   */
  async timestamp(gun: string): Promise<StoredFile | undefined> {
    const { store } = this.#ports;
    const stored = await store.newest(gun, 'timestamp');
    if (stored === undefined) return undefined;
    const nowMs = this.#ports.nowMs();
    if (nowMs < (this.#nextLookMs.get(stored) ?? 0)) return stored;
    const release = await currentRelease(store, gun);
    if (release === undefined) return undefined;
    if (expiryMs(release) < nowMs) return this.#renewExpired(gun, release.timestamp, nowMs);
    const dueMs = Math.min(timestampDueMs(release), snapshotDueMs(release));
    if (nowMs < dueMs) {
      this.#nextLookMs.set(release.timestamp, dueMs);
    } else {
      this.#lookAgain(release, nowMs + retryMs);
      this.#renewEarly(gun);
    }
    return release.timestamp;
  }

  /** Waits until no renewal is running. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running.values());
  }

  #renewEarly(gun: string): void {
    this.#renew(gun).catch((error: unknown) => {
      this.#ports.log.warning('early renewal failed; it will be tried again', { gun, error });
    });
  }

  async #renewExpired(
    gun: string,
    stored: StoredFile,
    nowMs: number,
  ): Promise<StoredFile | undefined> {
    const failed = this.#failed.get(stored);
    if (failed !== undefined && nowMs < failed.untilMs) throw failed.error;
    try {
      return await this.#renew(gun);
    } catch (error) {
      this.#failed.set(stored, { untilMs: nowMs + failureMs, error });
      throw error;
    }
  }

  /** Never later than the expiry: from then on every read must look. */
  #lookAgain(release: CurrentRelease, atMs: number): void {
    this.#nextLookMs.set(release.timestamp, Math.min(atMs, expiryMs(release)));
  }

  #renew(gun: string): Promise<StoredFile | undefined> {
    const running = this.#running.get(gun);
    if (running !== undefined) return running;
    const renewal = this.#ports.locks
      .run(gun, () => this.#renewNow(gun))
      .finally(() => this.#running.delete(gun));
    this.#running.set(gun, renewal);
    return renewal;
  }

  async #renewNow(gun: string): Promise<StoredFile | undefined> {
    const { store } = this.#ports;
    const nowMs = this.#ports.nowMs();
    const release = await currentRelease(store, gun);
    // Someone published or renewed while this one waited for its turn.
    if (release === undefined) return undefined;
    const files = await this.#compose(gun, release, nowMs);
    if (files.length === 0) return release.timestamp;
    try {
      await store.publish({ gun, basedOn: release.timestamp.version, files, nowMs });
    } catch (error) {
      if (!isFailure(error, 'VERSION_CONFLICT')) throw error;
      this.#ports.log.info('another server renewed first', { gun });
    }
    return store.newest(gun, 'timestamp');
  }

  /** What is due, made anew; nothing when all is fresh enough. */
  async #compose(gun: string, release: CurrentRelease, nowMs: number): Promise<readonly NewFile[]> {
    const isSnapshotDue = snapshotDueMs(release) <= nowMs;
    const isTimestampDue = timestampDueMs(release) <= nowMs;
    if (!isSnapshotDue && !isTimestampDue) return [];
    const { store, signing } = this.#ports;
    const root = await storedRoot(store, gun, release, nowMs);
    if (root === undefined) throw new Failure('METADATA_MISSING', `${gun}: the root is not stored`);
    requireCurrentRoot(root, gun, nowMs);
    const online = { signing, root: root.signed, nowMs };
    const snapshot = isSnapshotDue ? await this.#snapshot(gun, release, online) : undefined;
    if (snapshot === undefined && !isTimestampDue) return [];
    const bytes = snapshot?.bytes ?? release.snapshot.bytes;
    const timestamp = await makeTimestamp(release.timestampFile.signed, bytes, online);
    return snapshot === undefined ? [timestamp] : [snapshot, timestamp];
  }

  /** Undefined when it cannot be made here and the stored one may stay: a publisher may hold its key. */
  async #snapshot(
    gun: string,
    release: CurrentRelease,
    online: OnlineSigning,
  ): Promise<NewFile | undefined> {
    const { expires } = release.snapshotFile.signed;
    try {
      return await makeSnapshot(release.snapshotFile.signed, new Map(), online);
    } catch (error) {
      if (isExpired(expires, online.nowMs)) throw error;
      if (isFailure(error, 'SIGNING_KEY_NOT_FOUND')) {
        const dayLater = online.nowMs + heldElsewhereMs;
        this.#lookAgain(release, Math.min(dayLater, timestampDueMs(release)));
      }
      const message = 'the snapshot nears its expiry and could not be made anew here';
      this.#ports.log.warning(message, { gun, expires: expires.text, error });
      return undefined;
    }
  }
}

function timestampDueMs({ timestampFile }: CurrentRelease): number {
  return timestampFile.signed.expires.ms - timestampMarginMs;
}

function snapshotDueMs({ snapshotFile }: CurrentRelease): number {
  return snapshotFile.signed.expires.ms - snapshotMarginMs;
}

function expiryMs({ timestampFile, snapshotFile }: CurrentRelease): number {
  return Math.min(timestampFile.signed.expires.ms, snapshotFile.signed.expires.ms);
}
