// The next state of a repository while it is being made: edits applied to what is published now, then composed
// into files role by role. Nothing is signed or sent here.
//
// Invariants: only roles that change get a new version; a delegation that does not count now is never
// overwritten, unless it was adopted on the publisher's order; an edit that is refused leaves the draft as it was;
// versions and expiry are set in one place (tuf/compose release).
import { Failure } from '../../errors.ts';
import { shown } from '../../remote/foreign-text.ts';
import {
  composeRoot,
  composeSnapshot,
  composeTargets,
  release,
  type Unsigned,
} from '../../tuf/compose.ts';
import { fileMeta } from '../../tuf/file-meta.ts';
import {
  type DelegationRole,
  isDelegationRole,
  parentRole,
  type RoleName,
  type TargetsRole,
} from '../../tuf/role.ts';
import type { Root } from '../../tuf/root.ts';
import { type Target, TargetTable } from '../../tuf/target-table.ts';
import { delegationIn, type Targets } from '../../tuf/targets.ts';
import { baseAuthority, canonicalIdOf, type RoleAuthority } from '../consume/role-authority.ts';
import { allowedPaths, delegationOf, mayList, noDelegation } from './delegated-paths.ts';
import { changeDelegation, purgeKeys, removeDelegation } from './delegation-edit.ts';
import { type DraftBase, emptyTargets } from './draft-base.ts';
import {
  type DelegationChange,
  type Edit,
  isSameTarget,
  type KeyPurge,
  type KeyReplacement,
} from './edit.ts';
import { replaceKeys } from './key-replacement.ts';
import { keysOfAll, keysOfRole, type ListedKey, requireListed } from './listed-keys.ts';

/** What a publisher should know of a draft although nothing failed. */
export type DraftNotice =
  /** The role has fewer keys than it needs, so it counts for nobody until it gets more. */
  | {
      readonly kind: 'role-unusable';
      readonly role: DelegationRole;
      readonly keys: number;
      readonly threshold: number;
    }
  /** Keys that were to be purged stay in `role`, which cannot be signed here. */
  | {
      readonly kind: 'purge-incomplete';
      readonly role: TargetsRole;
      /** Canonical. */
      readonly keyIds: readonly string[];
    };

type Tags = ReadonlyMap<string, Target | undefined>;

export class Draft {
  readonly #base: DraftBase;
  readonly #canSign: (authority: RoleAuthority) => boolean;
  /** Content that differs from the base in what it delegates; undefined for a role that was removed. */
  readonly #contents = new Map<TargetsRole, Targets | undefined>();
  readonly #tags = new Map<TargetsRole, Tags>();
  readonly #toSign = new Set<TargetsRole>();
  readonly #removed = new Set<DelegationRole>();
  readonly #taken = new Map<TargetsRole, number>();
  readonly #replacements: KeyReplacement[] = [];
  readonly #notices: DraftNotice[] = [];
  #root: Root;

  /** `canSign` says whether the keys of a role are here. */
  constructor(base: DraftBase, canSign: (authority: RoleAuthority) => boolean) {
    this.#base = base;
    this.#canSign = canSign;
    this.#root = base.root.signed;
  }

  /**
   * Takes one edit; false when the repository says so already.
   * @throws Failure ROLE_INVALID for an unknown role, a tag or path outside those of its role, a role left without
   *   keys; THRESHOLD_UNMET or METADATA_EXPIRED when the role has a file that does not count now; KEY_NOT_FOUND for
   *   keys that are not listed, or cannot be purged anywhere; METADATA_INVALID for a tag that Go could not write
   */
  apply(edit: Edit): boolean {
    switch (edit.kind) {
      case 'set-tag':
        return this.#setTag(edit.role, edit.name, edit.target);
      case 'remove-tag':
        return this.#removeTag(edit.role, edit.name);
      case 'change-delegation':
        return this.#changeDelegation(edit);
      case 'remove-delegation':
        return this.#removeDelegation(edit.role);
      case 'purge-keys':
        return this.#purge(edit);
      case 'witness':
        return this.#witness(edit.role);
      default:
        return this.#replaceKeys(edit);
    }
  }

  /** The entry of a tag in `role` as this draft has it; undefined also when there is no such role. */
  tag(role: TargetsRole, name: string): Target | undefined {
    const content = this.#content(role);
    return content && this.#tag(role, content, name);
  }

  /** Whether somebody delegates to `role` in this draft. */
  hasDelegation(role: DelegationRole): boolean {
    const parent = this.#content(parentRole(role));
    return parent !== undefined && delegationIn(parent, role) !== undefined;
  }

  /** Signs a role again without changing what it says. */
  renew(role: TargetsRole): void {
    this.#toSign.add(role);
  }

  /** Takes the content of a role that does not count now for good, so that it can be witnessed. */
  adopt(role: DelegationRole, content: Targets): void {
    this.#contents.set(role, content);
  }

  /** Puts `root` in place of the present one, under the rotations of this draft. */
  renewRoot(root: Root): void {
    this.#root = this.#replacements.reduce((next, one) => replaceKeys(next, one) ?? next, root);
  }

  get root(): Root {
    return this.#root;
  }

  get changesRoot(): boolean {
    return this.#root !== this.#base.root.signed;
  }

  /** Rotations in this draft, in their order. */
  get replacements(): readonly KeyReplacement[] {
    return this.#replacements;
  }

  get notices(): readonly DraftNotice[] {
    return this.#notices;
  }

  /** Targets roles that get a new version, parents before children. */
  get targetsRoles(): readonly TargetsRole[] {
    return [...this.#toSign].toSorted((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
  }

  /**
   * Roles that get a first file, with the highest version that is known to have been. Files of another history of the
   * role may lie on the server: it was removed, and is made again.
   */
  get beginning(): readonly { readonly role: TargetsRole; readonly known: number }[] {
    return this.targetsRoles.flatMap((role) => {
      const content = this.#content(role) ?? emptyTargets;
      return content.version > 0 ? [] : [{ role, known: this.#versionBefore(role, content) }];
    });
  }

  /** Has the first file of `role` go on above `version`. */
  continueAbove(role: TargetsRole, version: number): void {
    this.#taken.set(role, version);
  }

  get isEmpty(): boolean {
    return !this.changesRoot && this.#toSign.size === 0;
  }

  /** Who must sign `role` once this draft is published. @throws Failure ROLE_INVALID */
  authorityOf(role: RoleName): RoleAuthority {
    if (!isDelegationRole(role)) return baseAuthority(this.#root, role);
    const roleKeys = delegationOf(this.#content, role);
    const keys = this.#content(parentRole(role))?.delegations.keys ?? new Map();
    return { role, roleKeys, keys };
  }

  composeRoot(nowMs: number): Unsigned {
    const { version } = this.#base.root.signed;
    return composeRoot({ ...this.#root, ...release('root', version, nowMs) });
  }

  composeTargets(role: TargetsRole, nowMs: number): Unsigned {
    const content = this.#content(role) ?? emptyTargets;
    const targets = content.targets.with(this.#tags.get(role) ?? new Map());
    const before = this.#versionBefore(role, content);
    return composeTargets(role, { ...content, targets, ...release(role, before, nowMs) });
  }

  /** A snapshot that lists `files` in place of what it listed for those roles. */
  composeSnapshot(files: ReadonlyMap<RoleName, Buffer>, nowMs: number): Unsigned {
    const { meta: listed, version } = this.#base.snapshot;
    const meta = new Map(listed);
    for (const role of this.#removed) if (!this.#isMissed(role)) meta.delete(role);
    for (const [role, bytes] of files) meta.set(role, fileMeta(bytes));
    return composeSnapshot({ meta, ...release('snapshot', version, nowMs) });
  }

  /**
   * Whether consumers would miss the file of a role that was removed: it was made again at once, so to them it has
   * changed; or the same is true of one above it, whose file is still the one that delegates to it.
   */
  #isMissed(role: DelegationRole): boolean {
    if (this.hasDelegation(role)) return true;
    const parent = parentRole(role);
    if (!isDelegationRole(parent) || !this.#removed.has(parent)) return false;
    return !this.#toSign.has(parent) && this.#isMissed(parent);
  }

  #setTag(role: TargetsRole, name: string, target: Target): boolean {
    const content = this.#writable(role);
    if (!mayList(this.#content, role, name)) {
      const message = `could not add all targets: ${role} may not sign ${shown(name)}`;
      throw new Failure('ROLE_INVALID', message);
    }
    const present = this.#tag(role, content, name);
    if (present !== undefined && isSameTarget(present, target)) return false;
    const tag = new Map([[name, target]]);
    TargetTable.empty().with(tag); // refuses what cannot be written, while it is known which edit wants it
    this.#tags.set(role, new Map([...(this.#tags.get(role) ?? []), ...tag]));
    this.#toSign.add(role);
    return true;
  }

  /** Paths do not matter here: what a role should never have listed can be taken out. */
  #removeTag(role: TargetsRole, name: string): boolean {
    if (this.#tag(role, this.#writable(role), name) === undefined) return false;
    this.#tags.set(role, new Map(this.#tags.get(role)).set(name, undefined));
    this.#toSign.add(role);
    return true;
  }

  #tag(role: TargetsRole, content: Targets, name: string): Target | undefined {
    const tags = this.#tags.get(role);
    return tags?.has(name) === true ? tags.get(name) : content.targets.get(name);
  }

  #changeDelegation(change: DelegationChange): boolean {
    const parent = parentRole(change.role);
    const content = this.#writable(parent);
    const allowed = allowedPaths(this.#content, parent);
    if (this.hasDelegation(change.role) && change.wasTried !== true) {
      requireListed(change.removeKeyIds, this.#keysOf(change.role), change.role);
    }
    const next = changeDelegation(content, change, allowed);
    if (next === undefined) return false;
    this.#say(parent, next);
    this.#noteUnusable(next, change.role);
    return true;
  }

  #removeDelegation(role: DelegationRole): boolean {
    const parent = parentRole(role);
    const next = removeDelegation(this.#writable(parent), role);
    if (next === undefined) return false;
    this.#forget(role);
    this.#say(parent, next);
    return true;
  }

  /** A role that is gone takes along those below it, so that none of them comes back with its old content. */
  #forget(role: DelegationRole): void {
    for (const { name } of this.#content(role)?.delegations.roles ?? []) this.#forget(name);
    this.#contents.set(role, undefined);
    this.#tags.delete(role);
    this.#toSign.delete(role);
    this.#removed.add(role);
  }

  #purge({ keyIds, below = 'targets', wasTried }: KeyPurge): boolean {
    if (wasTried !== true) {
      requireListed(keyIds, this.#keysBelow(below), `the delegations of ${this.#base.gun}`);
    }
    const kept: DraftNotice[] = [];
    let isChanged = false;
    const queue: TargetsRole[] = [below];
    for (let role = queue.shift(); role !== undefined; role = queue.shift()) {
      const content = this.#content(role);
      const next = content && purgeKeys(content, keyIds);
      if (next !== undefined && this.#canSign(this.authorityOf(role))) {
        this.#say(role, next);
        for (const { name } of next.delegations.roles) this.#noteUnusable(next, name);
        isChanged = true;
      } else if (content !== undefined && next !== undefined) {
        const listed = [...content.delegations.keys.values()].map(canonicalIdOf);
        const left = keyIds.filter((id) => listed.includes(id));
        kept.push({ kind: 'purge-incomplete', role, keyIds: left });
      }
      queue.push(...(content?.delegations.roles ?? []).map(({ name }) => name));
    }
    if (!isChanged && kept.length > 0) throw nothingPurged(kept.map(({ role }) => role));
    this.#notices.push(...kept);
    return isChanged;
  }

  /** The keys of a role, also those that this draft has taken out: an edit may say again what one before it did. */
  #keysOf(role: DelegationRole): readonly ListedKey[] {
    const parent = parentRole(role);
    return [this.#content(parent), this.#base.targets(parent)].flatMap((content) => {
      const delegation = content && delegationIn(content, role);
      return delegation ? keysOfRole(delegation, content.delegations.keys) : [];
    });
  }

  /** The same for every role from `role` on. */
  #keysBelow(role: TargetsRole): readonly ListedKey[] {
    const contents = [this.#content(role), this.#base.targets(role)];
    const children = contents.flatMap((content) => content?.delegations.roles ?? []);
    return [
      ...contents.flatMap((content) => (content ? keysOfAll(content.delegations) : [])),
      ...[...new Set(children.map(({ name }) => name))].flatMap((name) => this.#keysBelow(name)),
    ];
  }

  #witness(role: TargetsRole): boolean {
    if (this.#content(role) === undefined) {
      throw new Failure('ROLE_INVALID', `tuf: invalid role ${role}. this role is not known`);
    }
    if (isDelegationRole(role)) {
      const { keyIds, threshold } = delegationOf(this.#content, role);
      if (keyIds.length < threshold) {
        throw new Failure(
          'ROLE_INVALID',
          `tuf: invalid role ${role}. role does not specify enough valid signing keys to meet its required threshold`,
        );
      }
    }
    this.#toSign.add(role);
    return true;
  }

  #replaceKeys(replacement: KeyReplacement): boolean {
    const next = replaceKeys(this.#root, replacement);
    if (next === undefined) return false;
    this.#root = next;
    this.#replacements.push(replacement);
    if (replacement.role === 'targets') this.#toSign.add('targets');
    return true;
  }

  /** What `role` says in this draft, tags aside. */
  readonly #content = (role: TargetsRole): Targets | undefined =>
    this.#contents.has(role) ? this.#contents.get(role) : this.#base.targets(role);

  #say(role: TargetsRole, content: Targets): void {
    this.#contents.set(role, content);
    this.#toSign.add(role);
  }

  /** The content of a role that may be changed. */
  #writable(role: TargetsRole): Targets {
    const content = this.#content(role);
    if (content === undefined) this.#requireCounting(role);
    if (isDelegationRole(role)) delegationOf(this.#content, role);
    return content ?? emptyTargets;
  }

  /** @throws Failure as the role, or one above it, is refused now */
  #requireCounting(role: TargetsRole): void {
    if (isDelegationRole(role)) this.#requireCounting(parentRole(role));
    const problem = this.#base.skipped.get(role);
    if (problem === undefined || this.#contents.has(role)) return;
    throw new Failure(problem.code, `${role} does not count now: ${problem.message}`, {
      cause: problem,
      meaning:
        'What it lists was signed by keys that no longer count, so it is not signed again unasked.',
      remedy:
        'Ask the owner of the repository key to restore the key of this role, or to remove the role and make it again. ' +
        'Witnessing it signs all that it lists: do so only if you know that its signers listed that.',
    });
  }

  #versionBefore(role: TargetsRole, { version }: Targets): number {
    if (version > 0) return version;
    const { targets, floors } = this.#base;
    return this.#taken.get(role) ?? Math.max(targets(role)?.version ?? 0, floors.get(role) ?? 0);
  }

  #noteUnusable(parent: Targets, role: DelegationRole): void {
    const { keyIds, threshold } = delegationIn(parent, role) ?? noDelegation(role);
    if (keyIds.length >= threshold) return;
    this.#notices.push({ kind: 'role-unusable', role, keys: keyIds.length, threshold });
  }
}

function nothingPurged(roles: readonly TargetsRole[]): Failure {
  return new Failure('KEY_NOT_FOUND', 'no role that lists the keys can be signed here', {
    facts: { 'listed in': roles.join(', ') },
    meaning: 'Nothing was purged: the keys count as before.',
    remedy: 'Purge where the key of the repository, or of the role that is named, is.',
  });
}

function depth(role: TargetsRole): number {
  return role.split('/').length;
}
