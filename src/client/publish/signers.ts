// Adds and removes signers of a repository, as docker has them (docker trust §6): the delegation `targets/NAME` holds
// the keys of one signer, `targets/releases` those of all.
//
// Invariants: keys come to both roles, and leave both, in one publication; after keys left `targets/releases` it is
// signed again where it no longer counts and a key that stays is here, and only if it counted before: what nobody
// vouched for is never signed unasked; what is left to do is told.
import { Failure } from '../../errors.ts';
import { keyObjectOf, type PublicKey } from '../../tuf/public-key.ts';
import { type DelegationRole, isDelegationRole, type RoleName } from '../../tuf/role.ts';
import { refresh } from '../consume/refresh.ts';
import { releasesRole } from '../consume/resolve.ts';
import { canonicalIdOf } from '../consume/role-authority.ts';
import { publisherRefresh } from '../consume/situation.ts';
import { type TrustedRepository, versionsOf } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';
import type { DelegationChange, Edit, Plan } from './edit.ts';
import type { RepositoryKey } from './first-root.ts';
import type { Intent } from './intent.ts';
import { publish } from './publish.ts';
import { publishOrBegin } from './publish-or-begin.ts';
import { localKeys } from './role-signers.ts';
import {
  delegation,
  keyIdsOf,
  namedKeys,
  type ReleasesState,
  releasesWithout,
  requireSigner,
  signerNamesIn,
  signerRole,
} from './signer-roles.ts';

export type { ReleasesState } from './signer-roles.ts';

export interface SignerOrder {
  readonly gun: string;
  /** docker's rule: lower case letters, digits, `-` and `_`; not `releases`. */
  readonly name: string;
  readonly keys: readonly PublicKey[];
  /** Which root key serves a new repository, when there are several: its id, or 7 digits or more of it. */
  readonly rootKeyId?: string | undefined;
}

export interface SignerAdded {
  readonly gun: string;
  readonly name: string;
  /** `key-added`: the signer was there, and has further keys now. */
  readonly outcome: 'added' | 'key-added' | 'unchanged';
  /** Canonical ids of all keys that were given. */
  readonly keyIds: readonly string[];
  /** The keys of a repository that was made for this. */
  readonly newKeys: readonly RepositoryKey[];
  readonly uploaded: readonly RoleName[];
  /** Versions that the server serves now; empty when they could not be read back. */
  readonly versions: ReadonlyMap<RoleName, number>;
}

/**
 * Gives a signer keys, and makes the signer, or the repository with a snapshot key of the server, if need be.
 * @throws Failure ROLE_INVALID in docker's words; USAGE without a key; ALGORITHM_UNSUPPORTED, KEY_UNREADABLE for a key
 *   that would never verify; what publishOrBegin throws
 */
export async function addSigner(order: SignerOrder, ports: PublisherPorts): Promise<SignerAdded> {
  const { gun, name, rootKeyId } = order;
  const { plan: wanted, first } = signerIntent(order);
  let wasThere = false;
  const plan = (repository: TrustedRepository) => {
    wasThere = delegation(repository, signerRole(name)) !== undefined;
    return wanted(repository);
  };
  const done = await ports.directory
    .repository(gun)
    .withPublishLock(() => publishOrBegin({ gun, plan, first, rootKeyId }, ports));
  const outcome = done.changed.length === 0 ? 'unchanged' : wasThere ? 'key-added' : 'added';
  const { newKeys, uploaded, repository } = done;
  const keyIds = [...new Set(order.keys.map(canonicalIdOf))];
  const versions = repository === undefined ? new Map() : versionsOf(repository.set);
  return { gun, name, outcome, keyIds, newKeys, uploaded, versions };
}

/** What addSigner would publish. @throws Failure as addSigner does before it asks anybody */
export function signerIntent({ gun, name, keys }: SignerOrder): Required<Intent> {
  const role = signerRole(name);
  if (role === releasesRole) {
    throw new Failure(
      'ROLE_INVALID',
      'releases is a reserved keyword, use a different signer name',
    );
  }
  if (keys.length === 0) throw new Failure('USAGE', `${name} needs a public key`);
  for (const key of keys) keyObjectOf(key);
  const roles = [role, releasesRole] as const;
  return {
    gun,
    plan: async (repository) => roles.map((one) => withKeys(one, keys, repository)),
    first: async () => roles.map((one) => withKeys(one, keys)),
  };
}

/** A role that is there keeps its paths, unless it has none; docker would let it sign every tag. */
function withKeys(
  role: DelegationRole,
  addKeys: readonly PublicKey[],
  repository?: TrustedRepository,
): DelegationChange {
  const present = repository && delegation(repository, role);
  const addPaths = present === undefined || present.paths.length === 0 ? [''] : [];
  return { ...noChange, role, isNew: true, threshold: 1, addKeys, addPaths };
}

export interface SignerSituation {
  readonly gun: string;
  readonly name: string;
  /** False for a name that is no signer here; everything else is empty then. */
  readonly isKnown: boolean;
  /** Canonical ids of the keys that would go. */
  readonly keyIds: readonly string[];
  readonly otherSigners: readonly string[];
  /** What would become of `targets/releases`. */
  readonly releases: ReleasesState;
  /**
   * Whether tags that can be pulled now could not be pulled after the removal, until somebody who stays has signed
   * again: what docker asks about.
   */
  readonly isLast: boolean;
}

/**
 * What the removal of a signer, or of those keys of one, would come to; for the question before it.
 * @throws Failure as removeSigner, except for an unknown signer, and as refresh
 */
export async function signerSituation(
  gun: string,
  name: string,
  ports: PublisherPorts,
  keyIds?: readonly string[],
): Promise<SignerSituation> {
  const role = removableRole(name);
  const repository = await refresh(gun, ports, publisherRefresh);
  const others = signerNamesIn(repository).filter((other) => other !== name);
  const base = { gun, name, otherSigners: others };
  const present = delegation(repository, role);
  if (present === undefined) {
    return { ...base, isKnown: false, keyIds: [], releases: 'absent', isLast: false };
  }
  const going = goingKeys(repository, name, keyIds);
  const releases = releasesWithout(repository, going, await localKeys(ports.keys));
  const counts = repository.set.targets(releasesRole) !== undefined;
  const isLast = counts && (releases === 'unsigned' || releases === 'without-keys');
  return { ...base, isKnown: true, keyIds: going, releases, isLast };
}

export interface SignerRemoval {
  readonly gun: string;
  readonly name: string;
  /** Only these keys go: canonical ids, or 7 digits or more of them. All, and the signer, when absent. */
  readonly keyIds?: readonly string[] | undefined;
}

export interface SignerRemoved {
  readonly gun: string;
  readonly name: string;
  /** `keys-removed`: the signer stays, with the keys that are left. */
  readonly outcome: 'removed' | 'keys-removed';
  /** Canonical ids of the keys that went. */
  readonly keyIds: readonly string[];
  readonly releases: ReleasesState;
  /** Signers who have one of these keys too: theirs stays in their role, and releases nothing any more. */
  readonly sharedWith: readonly string[];
  readonly uploaded: readonly RoleName[];
  /** Versions that the server serves now; empty when they could not be read back. */
  readonly versions: ReadonlyMap<RoleName, number>;
}

/**
 * Takes a signer out of the repository, or some keys of a signer, all in one publication.
 * @throws Failure ROLE_INVALID in docker's words, also for a name that is no signer here; KEY_ROLE_MISMATCH for a key
 *   that is none of the signer's; what publish throws
 */
export async function removeSigner(
  { gun, name, keyIds }: SignerRemoval,
  ports: PublisherPorts,
): Promise<SignerRemoved> {
  removableRole(name);
  let removal: PlannedRemoval | undefined;
  const plan = async (repository: TrustedRepository) => {
    removal = await planRemoval(repository, name, keyIds, ports);
    return removal.edits;
  };
  const done = await ports.directory
    .repository(gun)
    .withPublishLock(() => publish(gun, plan, ports));
  if (removal === undefined) throw new Failure('INTERNAL', 'a removal was published unplanned');
  const { going, isWhole, sharedWith } = removal;
  const outcome = isWhole ? 'removed' : 'keys-removed';
  const { uploaded, isCurrent, repository } = done;
  const releases = isCurrent ? releasesNow(removal, repository) : removal.releases;
  const versions = isCurrent ? versionsOf(repository.set) : new Map();
  return { gun, name, outcome, keyIds: going, releases, sharedWith, uploaded, versions };
}

/** What removeSigner would publish. @throws Failure ROLE_INVALID */
export function signerRemovalIntent(
  { gun, name, keyIds }: SignerRemoval,
  ports: PublisherPorts,
): Intent {
  removableRole(name);
  const plan: Plan = async (repository) =>
    (await planRemoval(repository, name, keyIds, ports)).edits;
  return { gun, plan };
}

/** Somebody may have signed `targets/releases` at the same time; the server takes both. */
function releasesNow({ releases }: PlannedRemoval, repository: TrustedRepository): ReleasesState {
  const now = releasesWithout(repository, [], new Map());
  return now === 'intact' && releases === 're-signed' ? 're-signed' : now;
}

interface PlannedRemoval {
  readonly edits: readonly Edit[];
  readonly going: readonly string[];
  /** Whether the signer goes, and not only some keys. */
  readonly isWhole: boolean;
  readonly releases: ReleasesState;
  readonly sharedWith: readonly string[];
}

async function planRemoval(
  repository: TrustedRepository,
  name: string,
  wanted: readonly string[] | undefined,
  ports: PublisherPorts,
): Promise<PlannedRemoval> {
  const role = removableRole(name);
  const own = keyIdsOf(repository, requireSigner(repository, name));
  const going = goingKeys(repository, name, wanted);
  const isWhole = wanted === undefined || own.every((id) => going.includes(id));
  const edits: Edit[] = [
    isWhole
      ? { kind: 'remove-delegation', role }
      : { ...noChange, role, isNew: false, removeKeyIds: going },
  ];
  const released = delegation(repository, releasesRole);
  const listed = released === undefined ? [] : keyIdsOf(repository, released);
  const removeKeyIds = going.filter((id) => listed.includes(id));
  if (removeKeyIds.length > 0) {
    edits.push({ ...noChange, role: releasesRole, isNew: false, removeKeyIds });
  }
  const releases = releasesWithout(repository, going, await localKeys(ports.keys));
  if (releases === 're-signed') edits.push({ kind: 'witness', role: releasesRole });
  return { edits, going, isWhole, releases, sharedWith: sharing(repository, name, going) };
}

function sharing(
  repository: TrustedRepository,
  name: string,
  going: readonly string[],
): readonly string[] {
  return signerNamesIn(repository).filter((other) => {
    const keyIds = keyIdsOf(repository, requireSigner(repository, other));
    return other !== name && keyIds.some((id) => going.includes(id));
  });
}

function goingKeys(
  repository: TrustedRepository,
  name: string,
  wanted: readonly string[] | undefined,
): readonly string[] {
  const own = keyIdsOf(repository, requireSigner(repository, name));
  return wanted === undefined ? own : namedKeys(name, own, wanted);
}

/** Other programs may have given a signer a name that docker would not. */
function removableRole(name: string): DelegationRole {
  const role = `targets/${name}`;
  if (role === releasesRole) {
    throw new Failure('ROLE_INVALID', 'releases is a reserved keyword and cannot be removed');
  }
  return isDelegationRole(role) ? role : signerRole(name);
}

const noChange = {
  kind: 'change-delegation',
  addKeys: [],
  removeKeyIds: [],
  addPaths: [],
  removePaths: [],
  clearPaths: false,
} as const;
