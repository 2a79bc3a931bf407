// A repository in memory whose publisher and signing service do whatever a test asks. A test changes a draft
// (`targets('targets')`, `root`, …), publishes, and sees what a client makes of it; an attack is a few lines.
//
// Drafts hold what the next publication will say. `publish` raises versions and signs with the keys in `signers`;
// the single steps (`publishTimestamp` and so on) allow files that do not belong together. `files` is what a
// server would answer with, by role; `roots` every root by version, less one.
import { createHash } from 'node:crypto';
import {
  attachSignatures,
  composeRoot,
  composeSnapshot,
  composeTargets,
  composeTimestamp,
  release,
  type Unsigned,
} from '../../src/tuf/compose.ts';
import { expiryAt } from '../../src/tuf/expiry.ts';
import { fileMeta } from '../../src/tuf/file-meta.ts';
import type { PublicKey } from '../../src/tuf/public-key.ts';
import {
  baseRoles,
  type DelegationRole,
  parentRole,
  type RoleName,
  type TargetsRole,
} from '../../src/tuf/role.ts';
import type { Root } from '../../src/tuf/root.ts';
import type { RoleKeys } from '../../src/tuf/signature.ts';
import type { Snapshot } from '../../src/tuf/snapshot.ts';
import { type Target, TargetTable } from '../../src/tuf/target-table.ts';
import type { Targets } from '../../src/tuf/targets.ts';
import { SimulatedKey } from './simulated-key.ts';

type Draft<T> = { -readonly [Name in keyof T]: T[Name] };

/** A day on which the vectors of the Go programs are valid too. */
export const simulatedNowMs = Date.parse('2026-11-25T00:00:00Z');

export class RepositorySimulator {
  readonly gun: string;
  nowMs: number;
  readonly signers = new Map<RoleName, readonly SimulatedKey[]>();
  readonly files = new Map<RoleName, Buffer>();
  readonly roots: Buffer[] = [];
  readonly root: Draft<Root>;
  readonly snapshot: Draft<Snapshot>;
  readonly timestamp: Draft<Snapshot>;
  readonly #targets = new Map<TargetsRole, Draft<Targets>>();
  #previousRootSigners: readonly SimulatedKey[] = [];

  constructor(gun = 'registry.test/team/app', nowMs = simulatedNowMs) {
    this.gun = gun;
    this.nowMs = nowMs;
    const none = { version: 0, expires: expiryAt(nowMs) };
    this.root = {
      ...none,
      keys: new Map(),
      roles: new Map(),
      nulls: new Set(),
      consistentSnapshot: false,
    };
    this.snapshot = { ...none, meta: new Map() };
    this.timestamp = { ...none, meta: new Map() };
    this.#targets.set('targets', emptyTargets(nowMs));
    for (const role of baseRoles) this.setKeys(role, [this.newKey(role)]);
    this.publish();
  }

  newKey(role: RoleName): SimulatedKey {
    return role === 'root' ? SimulatedKey.root(this.gun, this.nowMs) : SimulatedKey.generate();
  }

  /** Lists `keys` for a base role in the root draft and signs with them from now on. */
  setKeys(
    role: 'root' | 'targets' | 'snapshot' | 'timestamp',
    keys: readonly SimulatedKey[],
    threshold = 1,
  ): void {
    this.signers.set(role, keys);
    const listed = new Map(this.root.keys);
    for (const { key } of keys) listed.set(key.id, key);
    this.root.keys = listed;
    this.root.roles = new Map(this.root.roles).set(role, roleKeys(keys, threshold));
  }

  targets(role: TargetsRole): Draft<Targets> {
    const draft = this.#targets.get(role);
    if (draft === undefined) throw new Error(`no draft of ${role}`);
    return draft;
  }

  /** Puts `content` under a tag of the draft. */
  tag(name: string, content = name, role: TargetsRole = 'targets'): void {
    const draft = this.targets(role);
    draft.targets = draft.targets.with(new Map([[name, targetOf(content)]]));
  }

  /** Delegates to a role with one new key, and gives it an empty draft. */
  delegate(
    name: DelegationRole,
    paths: readonly string[] = [''],
    threshold = 1,
    keys = [this.newKey(name)],
  ): void {
    const parent = this.targets(parentRole(name));
    const listed = new Map<string, PublicKey>(parent.delegations.keys);
    for (const { key } of keys) listed.set(key.id, key);
    const roles = parent.delegations.roles.filter((role) => role.name !== name);
    parent.delegations = {
      keys: listed,
      roles: [...roles, { name, paths, ...roleKeys(keys, threshold) }],
    };
    this.signers.set(name, keys);
    this.#targets.set(name, this.#targets.get(name) ?? emptyTargets(this.nowMs));
  }

  /** Publishes every draft as a publisher and server would; a root only when it changed. */
  publish(): void {
    if (this.#rootChanged()) this.publishRoot();
    for (const role of this.#targets.keys()) this.publishTargets(role);
    this.publishSnapshot();
    this.publishTimestamp();
  }

  publishRoot(): void {
    Object.assign(this.root, release('root', this.root.version, this.nowMs));
    this.signRoot();
  }

  /** Signs the root draft as it is, with the keys before and the keys after. */
  signRoot(): void {
    const signers = new Set([...this.#signersOf('root'), ...this.#previousRootSigners]);
    const bytes = sign(composeRoot(this.root), [...signers]);
    this.files.set('root', bytes);
    this.roots[this.root.version - 1] = bytes;
    this.#previousRootSigners = this.#signersOf('root');
  }

  publishTargets(role: TargetsRole = 'targets'): void {
    const draft = this.targets(role);
    Object.assign(draft, release(role, draft.version, this.nowMs));
    this.signTargets(role);
  }

  signTargets(role: TargetsRole = 'targets'): void {
    this.files.set(role, sign(composeTargets(role, this.targets(role)), this.#signersOf(role)));
  }

  publishSnapshot(): void {
    const meta = new Map(this.snapshot.meta);
    for (const role of ['root', ...this.#targets.keys()] as const) {
      const bytes = this.files.get(role);
      if (bytes !== undefined) meta.set(role, fileMeta(bytes));
    }
    this.snapshot.meta = meta;
    Object.assign(this.snapshot, release('snapshot', this.snapshot.version, this.nowMs));
    this.signSnapshot();
  }

  signSnapshot(): void {
    this.files.set('snapshot', sign(composeSnapshot(this.snapshot), this.#signersOf('snapshot')));
  }

  publishTimestamp(): void {
    const snapshot = this.files.get('snapshot');
    if (snapshot !== undefined) this.timestamp.meta = new Map([['snapshot', fileMeta(snapshot)]]);
    Object.assign(this.timestamp, release('timestamp', this.timestamp.version, this.nowMs));
    this.signTimestamp();
  }

  signTimestamp(): void {
    this.files.set(
      'timestamp',
      sign(composeTimestamp(this.timestamp), this.#signersOf('timestamp')),
    );
  }

  bytes(role: RoleName): Buffer {
    const bytes = this.files.get(role);
    if (bytes === undefined) throw new Error(`${role} was never published`);
    return bytes;
  }

  #signersOf(role: RoleName): readonly SimulatedKey[] {
    return this.signers.get(role) ?? [];
  }

  #rootChanged(): boolean {
    const published = this.files.get('root');
    if (published === undefined) return true;
    return !published.includes(composeRoot(this.root).signedBytes);
  }
}

function targetOf(content: string): Target {
  const digest = createHash('sha256').update(content).digest();
  return { length: Buffer.byteLength(content), hashes: new Map([['sha256', digest]]) };
}

export function sign(unsigned: Unsigned, signers: readonly SimulatedKey[]): Buffer {
  return attachSignatures(
    unsigned,
    signers.map((signer) => signer.sign(unsigned.signedBytes)),
  );
}

function roleKeys(keys: readonly SimulatedKey[], threshold: number): RoleKeys {
  return { keyIds: keys.map(({ key }) => key.id), threshold };
}

function emptyTargets(nowMs: number): Draft<Targets> {
  return {
    version: 0,
    expires: expiryAt(nowMs),
    targets: TargetTable.empty(),
    delegations: { keys: new Map(), roles: [] },
    nulls: new Set(),
  };
}
