// The trusted set: verified metadata of one repository, and the only way into it.
//
// Invariants, each kept by the method that loads a role:
// 1. Order: root first, then newer roots one by one, timestamp, snapshot, targets, and a delegation only after
//    its parent. Anything else is LOAD_ORDER, a defect of the caller.
// 2. Nothing unverified comes out: a role is readable here only after every check of its method passed, and
//    a method that throws leaves the set as it was.
// 3. Hash and length, which a verified parent has signed, are checked before a file is parsed.
// 4. A version never goes below its floor (what was seen in this generation), and never leaps.
// 5. The root that counts in the end is not out of date, nor are its certificates: checked when the timestamp
//    comes, so that old roots on the way may be. `expired: 'reported'` lifts expiry, and only expiry, for
//    publishers who repair: what was lifted is listed in `outOfDate`.
//
// A first contact with a repository at root 3, for example: TrustedSet.begin(root 3), updateTimestamp,
// updateSnapshot, updateTargets('targets'), updateTargets('targets/releases').
// A later one, with root 1 in the cache: TrustedSet.begin(root 1), updateRoot(2), updateRoot(3), and so on.
//
// Pure: time comes in as a parameter, and there is no disk, network or clock here.
import { Failure } from '../errors.ts';
import { type Expiry, isExpired } from './expiry.ts';
import { checkFileMeta, checkHashes, type FileMeta } from './file-meta.ts';
import {
  type DelegationRole,
  isDelegationRole,
  parentRole,
  type RoleName,
  type TargetsRole,
} from './role.ts';
import { parseRoot, type RootFile, roleKeysOf } from './root.ts';
import type { RootPin } from './root-pin.ts';
import { checkRoot, rootKeysOf } from './root-trust.ts';
import { checkThreshold } from './signature.ts';
import {
  parseSnapshot,
  parseTimestamp,
  type SnapshotFile,
  type TimestampFile,
} from './snapshot.ts';
import { type Delegation, delegationIn, parseTargets, type TargetsFile } from './targets.ts';
import { checkVersionStep } from './version.ts';

export interface TrustedSetOptions {
  readonly gun: string;
  /** Now, in milliseconds since 1970. */
  readonly nowMs: number;
  /** What the first root must match. Without it the first root is believed. */
  readonly pin?: RootPin | undefined;
  /** Lowest version of each role that may be accepted: the highest seen in this generation. */
  readonly floors?: ReadonlyMap<string, number>;
  /** Roles that the snapshot seen last listed; one that vanishes while still delegated to is refused. */
  readonly listedBefore?: ReadonlySet<string>;
  /** Whether the first root was trusted before. Then it may be out of date until newer ones are loaded. */
  readonly isKnownRoot: boolean;
  readonly expired?: 'refused' | 'reported';
}

/** Something out of date that was let pass because the caller asked for it. */
export interface OutOfDate {
  readonly role: RoleName;
  readonly what: 'metadata' | 'certificate';
  readonly expiredMs: number;
}

export class TrustedSet {
  readonly #options: TrustedSetOptions;
  #rootFile: RootFile;
  #timestampFile: TimestampFile | undefined;
  #snapshotFile: SnapshotFile | undefined;
  readonly #targetsFiles = new Map<TargetsRole, TargetsFile>();
  readonly #passed: OutOfDate[] = [];

  private constructor(root: RootFile, options: TrustedSetOptions) {
    this.#rootFile = root;
    this.#options = options;
  }

  /**
   * Starts from a root: one trusted before, or on first use one that the pin admits.
   * @throws Failure JSON_INVALID, METADATA_INVALID and what checkRoot throws
   */
  static begin(rootBytes: Buffer, options: TrustedSetOptions): TrustedSet {
    const file = parseRoot(rootBytes);
    const { gun, nowMs, pin } = options;
    const isLenient = options.isKnownRoot || options.expired === 'reported';
    checkRoot(file, { gun, nowMs, pin, certificateExpiry: isLenient ? 'reported' : 'refused' });
    if (!isLenient) refuseExpired('root', file.signed.expires, nowMs);
    return new TrustedSet(file, options);
  }

  get root(): RootFile {
    return this.#rootFile;
  }

  get timestamp(): TimestampFile | undefined {
    return this.#timestampFile;
  }

  get snapshot(): SnapshotFile | undefined {
    return this.#snapshotFile;
  }

  /** The verified file of `role`, if it was loaded. */
  targets(role: TargetsRole): TargetsFile | undefined {
    return this.#targetsFiles.get(role);
  }

  /** What was out of date and let pass under `expired: 'reported'`. */
  get outOfDate(): readonly OutOfDate[] {
    return this.#passed;
  }

  /**
   * Moves on to the next root, signed by the present one and by itself.
   * @throws Failure ROLLBACK, ROOT_CHAIN_BROKEN for a gap, and what checkRoot throws
   */
  updateRoot(bytes: Buffer): void {
    this.#requireOrder(this.#timestampFile === undefined, 'a root after the timestamp');
    const file = parseRoot(bytes);
    const current = this.#rootFile.signed;
    const { version } = file.signed;
    if (version <= current.version) throw rollback('root', version, current.version + 1);
    if (version !== current.version + 1) {
      throw new Failure(
        'ROOT_CHAIN_BROKEN',
        `root ${version} was offered where root ${current.version + 1} must come next`,
      );
    }
    const { gun, nowMs } = this.#options;
    checkRoot(file, { gun, nowMs, previous: current, certificateExpiry: 'reported' });
    this.#rootFile = file;
  }

  /** @throws Failure THRESHOLD_UNMET, ROLLBACK, VERSION_LEAP, METADATA_EXPIRED, CERTIFICATE_EXPIRED, … */
  updateTimestamp(bytes: Buffer): void {
    this.#requireOrder(this.#snapshotFile === undefined, 'a timestamp after the snapshot');
    this.#requireCurrentRoot();
    const file = parseTimestamp(bytes);
    this.#requireSignatures('timestamp', file);
    this.#requireVersion('timestamp', file.signed.version);
    this.#requireFresh('timestamp', file.signed.expires);
    this.#timestampFile = file;
  }

  /** @throws Failure HASH_MISMATCH (also when the snapshot names another root), THRESHOLD_UNMET, … */
  updateSnapshot(bytes: Buffer): void {
    const listed = this.#timestampFile?.signed.meta.get('snapshot');
    this.#requireOrder(this.#targetsFiles.size === 0, 'a snapshot after targets');
    if (listed === undefined) throw outOfOrder('a snapshot before the timestamp');
    checkFileMeta('snapshot', bytes, listed);
    const file = parseSnapshot(bytes);
    this.#requireSignatures('snapshot', file);
    this.#requireVersion('snapshot', file.signed.version);
    this.#requireFresh('snapshot', file.signed.expires);
    checkHashes('root', this.#rootFile.bytes, requireListed(file, 'root'));
    this.#snapshotFile = file;
  }

  /**
   * What the snapshot says of a targets role; undefined when it lists none, as for a delegation that was
   * never signed. @throws Failure ROLE_NOT_IN_SNAPSHOT when it listed the role before
   */
  listed(role: TargetsRole): FileMeta | undefined {
    if (this.#snapshotFile === undefined) throw outOfOrder('targets before the snapshot');
    const meta = this.#snapshotFile.signed.meta.get(role);
    if (meta === undefined && this.#options.listedBefore?.has(role) === true) {
      throw new Failure(
        'ROLE_NOT_IN_SNAPSHOT',
        `${role} is still delegated to, but the new snapshot leaves its file out`,
      );
    }
    return meta;
  }

  /** @throws Failure HASH_MISMATCH, THRESHOLD_UNMET, ROLLBACK, METADATA_EXPIRED, METADATA_MISSING, … */
  updateTargets(role: TargetsRole, bytes: Buffer): void {
    const delegation = isDelegationRole(role) ? this.#delegationOf(role) : undefined;
    const listed = this.listed(role);
    if (listed === undefined) {
      throw new Failure('METADATA_MISSING', `the snapshot does not list ${role}`);
    }
    checkFileMeta(role, bytes, listed);
    const file = parseTargets(bytes, role);
    if (delegation === undefined) this.#requireSignatures('targets', file);
    else checkThreshold(role, delegation.role, delegation.keys, file.message, file.signatures);
    this.#requireVersion(role, file.signed.version);
    this.#requireFresh(role, file.signed.expires);
    this.#targetsFiles.set(role, file);
  }

  #delegationOf(role: DelegationRole): {
    readonly role: Delegation;
    readonly keys: TargetsFile['signed']['delegations']['keys'];
  } {
    const parent = this.#targetsFiles.get(parentRole(role));
    if (parent === undefined) throw outOfOrder(`${role} before its parent`);
    const delegation = delegationIn(parent.signed, role);
    if (delegation === undefined) {
      throw new Failure('ROLE_INVALID', `tuf: invalid role ${role}. delegation does not exist`);
    }
    return { role: delegation, keys: parent.signed.delegations.keys };
  }

  #requireSignatures(
    role: 'timestamp' | 'snapshot' | 'targets',
    file: Pick<RootFile, 'message' | 'signatures'>,
  ): void {
    const root = this.#rootFile.signed;
    checkThreshold(role, roleKeysOf(root, role), root.keys, file.message, file.signatures);
  }

  #requireVersion(role: RoleName, version: number): void {
    const floor = this.#options.floors?.get(role);
    if (floor === undefined) return;
    if (version < floor) throw rollback(role, version, floor);
    checkVersionStep(role, floor, version);
  }

  #requireFresh(role: RoleName, expires: Expiry): void {
    if (this.#options.expired !== 'reported') refuseExpired(role, expires, this.#options.nowMs);
    else if (isExpired(expires, this.#options.nowMs)) {
      this.#passed.push({ role, what: 'metadata', expiredMs: expires.ms });
    }
  }

  #requireCurrentRoot(): void {
    const { gun, nowMs, expired } = this.#options;
    this.#requireFresh('root', this.#rootFile.signed.expires);
    if (expired !== 'reported') {
      checkRoot(this.#rootFile, { gun, nowMs, certificateExpiry: 'refused' });
      return;
    }
    for (const key of rootKeysOf(this.#rootFile.signed, gun, nowMs)) {
      if (key.isOutOfDate) {
        this.#passed.push({ role: 'root', what: 'certificate', expiredMs: key.chain.notAfterMs });
      }
    }
  }

  #requireOrder(isInOrder: boolean, what: string): void {
    if (!isInOrder) throw outOfOrder(what);
  }
}

function requireListed(snapshot: SnapshotFile, role: RoleName): FileMeta {
  const meta = snapshot.signed.meta.get(role);
  if (meta === undefined) {
    throw new Failure('METADATA_MISSING', `the snapshot does not list ${role}`);
  }
  return meta;
}

/** @throws Failure METADATA_EXPIRED with Go's words and both times */
function refuseExpired(role: RoleName, expires: Expiry, nowMs: number): void {
  if (!isExpired(expires, nowMs)) return;
  throw new Failure('METADATA_EXPIRED', `${role} expired at ${expires.text}`, {
    facts: { expired: expires.text, 'clock here': new Date(nowMs).toISOString() },
  });
}

function rollback(role: RoleName, version: number, floor: number): Failure {
  return new Failure(
    'ROLLBACK',
    `${role} version ${version} is lower than current version ${floor}`,
    {
      facts: { offered: `${role} version ${version}`, seen: `version ${floor}` },
    },
  );
}

function outOfOrder(what: string): Failure {
  return new Failure('LOAD_ORDER', `metadata was loaded out of order: ${what}`);
}
