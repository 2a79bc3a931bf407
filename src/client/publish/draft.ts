// The next state of a repository while it is being made: edits applied to what is published now, then composed
// into files role by role. Nothing is signed or sent here.
//
// Invariants: only roles that change get a new version; a delegation that does not count now is never
// overwritten; versions and expiry are set in one place (tuf/compose release).
import { Failure } from '../../errors.ts';
import {
  composeRoot,
  composeSnapshot,
  composeTargets,
  release,
  type Unsigned,
} from '../../tuf/compose.ts';
import { expiryAt } from '../../tuf/expiry.ts';
import { fileMeta } from '../../tuf/file-meta.ts';
import { isDelegationRole, type RoleName, type TargetsRole } from '../../tuf/role.ts';
import type { Root } from '../../tuf/root.ts';
import { type Target, TargetTable } from '../../tuf/target-table.ts';
import type { Targets } from '../../tuf/targets.ts';
import {
  baseAuthority,
  delegatedAuthority,
  type RoleAuthority,
} from '../consume/role-authority.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import { delegationOf, mayList, noDelegation } from './delegated-paths.ts';
import { type Edit, isSameTarget } from './edit.ts';

export class Draft {
  readonly #repository: TrustedRepository;
  readonly #changes = new Map<TargetsRole, Map<string, Target | undefined>>();
  readonly #renewed = new Set<TargetsRole>();
  #nextRoot: Root | undefined;

  constructor(repository: TrustedRepository) {
    this.#repository = repository;
  }

  /**
   * Takes one edit; false when the repository says so already.
   * @throws Failure ROLE_INVALID for an unknown role or a tag outside its paths; THRESHOLD_UNMET or
   *   METADATA_EXPIRED when the role has a file that does not count now
   */
  apply(edit: Edit): boolean {
    const { role, name } = edit;
    const table = this.#tableOf(role);
    if (!mayList(this.#repository.set, role, name)) {
      throw new Failure('ROLE_INVALID', `could not add all targets: ${role} may not sign ${name}`);
    }
    const pending = this.#changes.get(role) ?? new Map<string, Target | undefined>();
    const present = pending.has(name) ? pending.get(name) : table.get(name);
    const wanted = edit.kind === 'set-tag' ? edit.target : undefined;
    if (
      present === undefined
        ? wanted === undefined
        : wanted !== undefined && isSameTarget(present, wanted)
    ) {
      return false;
    }
    this.#changes.set(role, pending.set(name, wanted));
    return true;
  }

  /** Signs a role again without changing what it says. */
  renew(role: TargetsRole): void {
    this.#renewed.add(role);
  }

  /** Replaces the root; its version and expiry are set when it is composed. */
  replaceRoot(root: Root): void {
    this.#nextRoot = root;
  }

  get root(): Root {
    return this.#nextRoot ?? this.#repository.set.root.signed;
  }

  get changesRoot(): boolean {
    return this.#nextRoot !== undefined;
  }

  /** Targets roles that get a new version, parents before children. */
  get targetsRoles(): readonly TargetsRole[] {
    const roles = new Set([...this.#changes.keys(), ...this.#renewed]);
    return [...roles].toSorted((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
  }

  get isEmpty(): boolean {
    return this.#nextRoot === undefined && this.targetsRoles.length === 0;
  }

  /** Who must sign `role` once this draft is published. */
  authorityOf(role: TargetsRole | 'snapshot'): RoleAuthority {
    if (!isDelegationRole(role)) return baseAuthority(this.root, role);
    const { set } = this.#repository;
    return delegatedAuthority(set, role) ?? noDelegation(role);
  }

  composeRoot(nowMs: number): Unsigned {
    const { version } = this.#repository.set.root.signed;
    return composeRoot({ ...this.root, ...release('root', version, nowMs) });
  }

  composeTargets(role: TargetsRole, nowMs: number): Unsigned {
    const present = this.#repository.set.targets(role)?.signed ?? emptyTargets;
    const targets = present.targets.with(this.#changes.get(role) ?? new Map());
    return composeTargets(role, { ...present, targets, ...release(role, present.version, nowMs) });
  }

  /** A snapshot that lists `files` in place of what it listed for those roles. */
  composeSnapshot(files: ReadonlyMap<RoleName, Buffer>, nowMs: number): Unsigned {
    const present = this.#repository.set.snapshot?.signed;
    const meta = new Map(present?.meta);
    for (const [role, bytes] of files) meta.set(role, fileMeta(bytes));
    return composeSnapshot({ meta, ...release('snapshot', present?.version ?? 0, nowMs) });
  }

  #tableOf(role: TargetsRole): TargetTable {
    const { set, skipped } = this.#repository;
    const problem = skipped.get(role);
    if (problem !== undefined) {
      throw new Failure(problem.code, `${role} does not count now: ${problem.message}`, {
        cause: problem,
        meaning:
          'What it lists was signed by keys that no longer count, so it is not signed again unasked.',
        remedy: 'Ask the owner of the repository key to restore the key of this role.',
      });
    }
    if (isDelegationRole(role)) delegationOf(set, role);
    return set.targets(role)?.signed.targets ?? emptyTargets.targets;
  }
}

/** The content of a role that never signed anything. */
export const emptyTargets: Targets = {
  version: 0,
  expires: expiryAt(0),
  targets: TargetTable.empty(),
  delegations: { keys: new Map(), roles: [] },
  nulls: new Set(),
};

function depth(role: TargetsRole): number {
  return role.split('/').length;
}
