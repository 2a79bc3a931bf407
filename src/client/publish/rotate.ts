// Replaces the keys of a base role: root, targets, snapshot, timestamp (client store §9.3, notary dialect §7.1).
//
// Invariants:
// - what can be refused is refused before a key is made: the role, the server, the right to write, the keys that sign;
// - the old keys count, and stay on disk, until the server serves a root that does not list them (old-keys.ts);
// - one that was killed, whenever, is run again: it goes on with the key that was made, and only removes what is left
//   to remove when all else is done.
import { Failure, isFailure } from '../../errors.ts';
import type { KeyRemover, KeyStore } from '../../keys/key-store.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import type { BaseRole, RoleName, TargetsRole } from '../../tuf/role.ts';
import type { Root, RootFile } from '../../tuf/root.ts';
import { baseAuthority, canonicalIdOf } from '../consume/role-authority.ts';
import { versionsOf } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';
import type { PendingRotation } from '../trustdir/pending-rotation.ts';
import type { Edit } from './edit.ts';
import { clearAway, type OldKey, roleKeyIds, stillTrusting } from './old-keys.ts';
import { olderRootKeys } from './older-root-keys.ts';
import { type Published, publishOrBegin } from './publish-or-begin.ts';
import { localKeys, localKeysOf, openSigners } from './role-signers.ts';
import { signersOf } from './root-signers.ts';
import { type NewKey, newKeysFor } from './rotation-keys.ts';
import { type KeyHolder, requireRotatable } from './rotation-rules.ts';
import { requirePrepared } from './unpublished.ts';

export interface RotationRequest {
  readonly gun: string;
  /** As it was named; what may be rotated is judged here. */
  readonly role: string;
  /** Who holds the new key. */
  readonly holder: KeyHolder;
  /** Canonical ids of keys in the store that take the role; a key is made when absent. Several are allowed. */
  readonly keyIds?: readonly string[] | undefined;
  /**
   * For root: keys of so many roots back sign too where they are here, for consumers of before notary 0.6; all of them
   * with Infinity.
   */
  readonly legacyRoots?: number | undefined;
}

export interface Rotation {
  readonly gun: string;
  readonly role: BaseRole;
  readonly holder: KeyHolder;
  /** `continued`: an earlier run, which was killed, had published it; `unchanged`: the role had these keys. */
  readonly outcome: 'rotated' | 'continued' | 'unchanged';
  readonly newKeys: readonly (Omit<NewKey, 'key'> & { readonly id: string })[];
  readonly oldKeys: readonly OldKey[];
  /** Delegations that list one of the old keys, and go on trusting it. */
  readonly stillTrustedBy: readonly TargetsRole[];
  readonly uploaded: readonly RoleName[];
  /** Versions that the server serves now; empty when they could not be read back. */
  readonly versions: ReadonlyMap<RoleName, number>;
}

export interface RotationPorts extends PublisherPorts {
  readonly keys: KeyStore & KeyRemover;
}

/**
 * How long after its start a rotation that was published and not finished is taken for the one that is asked for. Later
 * the order is a new one, because a role whose key is to be replaced must not be left with it.
 */
const continueWithinMs = 60 * 60 * 1000;

/**
 * Replaces the keys of a role. A repository that was prepared here and never published is published by it.
 * @throws Failure ROLE_INVALID in notary's words; USAGE for keys named with a server that is to hold them;
 *   NO_TRUST_DATA; KEY_NOT_FOUND when the present root key, or a named one, is not here; what newKeysFor and publish
 *   throw, saying what became of the new key
 */
export async function rotateKeys(
  request: RotationRequest,
  ports: RotationPorts,
): Promise<Rotation> {
  const role = requireRotatable(request.role, request.holder);
  if (request.holder === 'server' && request.keyIds !== undefined) {
    throw new Failure('USAGE', 'the server makes its keys itself: none can be given to it');
  }
  const directory = ports.directory.repository(request.gun);
  return directory.withPublishLock(async () => {
    const pending = await directory.pendingRotation(role);
    return new KeyRotation({ ...request, role, pending }, ports).run();
  });
}

interface Order extends Omit<RotationRequest, 'role'> {
  readonly role: BaseRole;
  readonly pending: PendingRotation | undefined;
}

/** One rotation, step by step. */
class KeyRotation {
  readonly #order: Order;
  readonly #ports: RotationPorts;
  #newKeys: readonly NewKey[] | undefined;
  /** Canonical ids of the keys that the role had, and of those an earlier run has replaced and not removed. */
  readonly #oldIds = new Set<string>();
  #isContinued = false;

  constructor(order: Order, ports: RotationPorts) {
    this.#order = order;
    this.#ports = ports;
    for (const id of order.pending?.replaced ?? []) this.#oldIds.add(id);
  }

  async run(): Promise<Rotation> {
    const { gun, role, holder } = this.#order;
    const { repository, uploaded, outcome } = await this.#publish();
    const newKeys = await this.#shownKeys(repository?.set.root.signed);
    for (const { id } of newKeys) this.#oldIds.delete(id);
    const old = { gun, role, ids: this.#oldIds, root: repository?.set.root.signed };
    const oldKeys = await clearAway(old, this.#ports.keys);
    const isDone = repository !== undefined && oldKeys.every((key) => key.problem === undefined);
    if (isDone) await this.#ports.directory.repository(gun).clearPendingRotation(role);
    return {
      gun,
      role,
      holder,
      outcome: this.#isContinued ? 'continued' : outcome === 'published' ? 'rotated' : 'unchanged',
      newKeys,
      oldKeys,
      stillTrustedBy: repository === undefined ? [] : stillTrusting(repository.set, this.#oldIds),
      uploaded,
      versions: repository === undefined ? new Map() : versionsOf(repository.set),
    };
  }

  async #publish(): Promise<Published> {
    const { gun } = this.#order;
    const order = {
      gun,
      plan: ({ set }: { readonly set: { readonly root: RootFile } }) => this.#plan(set.root),
      first: async () => this.#plan(await requirePrepared(gun, this.#ports)),
    };
    try {
      return await publishOrBegin(order, this.#ports);
    } catch (error) {
      if (this.#newKeys === undefined || !isFailure(error)) throw error;
      throw withNewKey(error, this.#newKeys);
    }
  }

  async #plan(root: RootFile): Promise<readonly Edit[]> {
    const { role } = this.#order;
    if (this.#newKeys === undefined && this.#isPublished(root.signed)) {
      this.#isContinued = true;
      return [];
    }
    for (const id of roleKeyIds(root.signed, role)) this.#oldIds.add(id);
    this.#newKeys ??= await this.#makeReady(root);
    const keys = this.#newKeys.map(({ key }) => key);
    return [{ kind: 'replace-keys', role, keys, alsoSignedBy: await this.#olderKeys(root) }];
  }

  /** Whether an earlier run, not long ago, has published what is asked for. */
  #isPublished(root: Root): boolean {
    const { role, holder, keyIds, pending } = this.#order;
    if (pending === undefined || pending.holder !== holder || pending.newKeys.length === 0) {
      return false;
    }
    if (this.#ports.nowMs() - pending.sinceMs > continueWithinMs) return false;
    const wanted = keyIds ?? pending.newKeys;
    return isSameSet(roleKeyIds(root, role), pending.newKeys) && isSameSet(wanted, pending.newKeys);
  }

  /** Everything that could stop the rotation is tried, and only then a key made. */
  async #makeReady(file: RootFile): Promise<readonly NewKey[]> {
    const { gun, role, holder, keyIds, pending } = this.#order;
    const { keys, server, emit } = this.#ports;
    const root = file.signed;
    await server.serverKey(gun, 'timestamp'); // asks for the right to write
    await openSigners(signersOf(file), gun, keys);
    const local = await localKeys(keys);
    const snapshot = baseAuthority(root, 'snapshot');
    if (role !== 'snapshot' && localKeysOf(snapshot, gun, local).length > 0) {
      await openSigners(snapshot, gun, keys);
    }
    const replaced = localKeysOf(baseAuthority(root, role), gun, local).map(canonicalIdOf);
    const need = { gun, role, holder, keyIds, root, pending, replaced };
    const made = await newKeysFor(need, this.#ports);
    for (const { key, location, isNew } of made) {
      const keyId = canonicalIdOf(key);
      emit({ kind: 'key-chosen', gun, role, keyId, location, isNew, choices: 1 });
    }
    return made;
  }

  async #olderKeys({ signed }: RootFile): Promise<readonly PublicKey[]> {
    const { gun, role, legacyRoots } = this.#order;
    if (role !== 'root' || legacyRoots === undefined) return [];
    const nowMs = this.#ports.nowMs();
    return olderRootKeys({ gun, newest: signed.version, count: legacyRoots, nowMs }, this.#ports);
  }

  /** `root` is the one that is served now; it is known when an earlier run is continued. */
  async #shownKeys(root: Root | undefined): Promise<Rotation['newKeys']> {
    if (this.#newKeys !== undefined) {
      return this.#newKeys.map(({ key, ...shown }) => ({ id: canonicalIdOf(key), ...shown }));
    }
    const local = await localKeys(this.#ports.keys);
    return (root === undefined ? [] : roleKeyIds(root, this.#order.role)).map((id) => {
      const location = local.get(id)?.location ?? this.#ports.server.url;
      return { id, location, isNew: false };
    });
  }
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  const other = new Set(b);
  return new Set(a).size === other.size && a.every((id) => other.has(id));
}

/** Says of a rotation that failed what became of the new keys. */
function withNewKey(problem: Failure, newKeys: readonly NewKey[]): Failure {
  // Set by upload.ts and confirm.ts where the server may have the files.
  const isUncertain = 'upload' in problem.facts || 'uploaded' in problem.facts;
  const places = newKeys.map(
    ({ key, location }) => `${canonicalIdOf(key).slice(0, 7)} ${location}`,
  );
  return problem.with({
    facts: {
      ...problem.facts,
      'new key': places.join(', '),
      'old key': isUncertain
        ? 'kept; whether it still counts is not known'
        : 'kept, and it still counts',
    },
    remedy: `${problem.remedy} Another run of the rotation uses the same new key.`,
  });
}
