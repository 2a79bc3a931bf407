// Changes to who may sign what beside the repository key, planned against what is published now: for one publication, for
// staging, or for a look ahead (notary CLI §3).
//
// Invariants: what does not say whom it means is refused: a role that is not there is neither removed nor changed, a key is
// one that is listed, and a role that is made has a key and says which tags it may sign.
import { Failure } from '../../errors.ts';
import { walkRoles } from '../../tuf/delegation-walk.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import {
  type DelegationRole,
  isDelegationRole,
  parentRole,
  type RoleName,
  type TargetsRole,
} from '../../tuf/role.ts';
import { delegationIn, type Targets } from '../../tuf/targets.ts';
import { type TrustedRepository, versionsOf } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';
import type { Edit } from './edit.ts';
import type { Intent } from './intent.ts';
import { keysOfAll, keysOfRole, type ListedKey, notListed } from './listed-keys.ts';
import { publish } from './publish.ts';

export interface DelegationAddition {
  readonly gun: string;
  readonly role: DelegationRole;
  readonly keys: readonly PublicKey[];
  /** Prefixes of tags; `''` is every tag. */
  readonly paths: readonly string[];
  /** How many of its keys must sign; 1 for a role that is made, and as it is for one that is there, when absent. */
  readonly threshold?: number | undefined;
}

/** Keys, paths and threshold for a role that is there, or is made. Its plan throws Failure ROLE_INVALID. */
export function delegationAddition(addition: DelegationAddition): Intent {
  const { gun, role, keys, paths, threshold } = addition;
  const plan = async (repository: TrustedRepository): Promise<readonly Edit[]> => {
    const parent = contentOf(repository, parentRole(role));
    const present = parent && delegationIn(parent, role);
    if (parent !== undefined && present === undefined) requireWhole(addition);
    const changesThreshold = threshold !== undefined && present !== undefined;
    return [
      {
        ...noChange,
        role,
        isNew: true,
        threshold: threshold ?? 1,
        ...(changesThreshold && threshold !== present.threshold ? { newThreshold: threshold } : {}),
        addKeys: keys,
        addPaths: paths,
      },
    ];
  };
  return { gun, plan };
}

export interface DelegationRemoval {
  readonly gun: string;
  readonly role: DelegationRole;
  /** Canonical, or the beginning of them. */
  readonly keyIds: readonly string[];
  readonly paths: readonly string[];
  readonly allPaths: boolean;
}

/** Whether the whole role goes: nothing of it is named. */
export function isWhole({ keyIds, paths, allPaths }: DelegationRemoval): boolean {
  return keyIds.length === 0 && paths.length === 0 && !allPaths;
}

/** Keys or paths of a role, or all of it. Its plan throws Failure ROLE_INVALID, KEY_NOT_FOUND. */
export function delegationRemoval(removal: DelegationRemoval): Intent {
  const { gun, role, keyIds, paths, allPaths } = removal;
  const plan = async (repository: TrustedRepository): Promise<readonly Edit[]> => {
    const parent = contentOf(repository, parentRole(role));
    const present = parent && delegationIn(parent, role);
    if (parent !== undefined && present === undefined) throw noRole(repository, role);
    if (isWhole(removal)) return [{ kind: 'remove-delegation', role }];
    const listed =
      parent === undefined || present === undefined
        ? []
        : keysOfRole(present, parent.delegations.keys);
    const removeKeyIds = listedKeys(keyIds, listed, role);
    const change = { removeKeyIds, removePaths: paths, clearPaths: allPaths };
    return [{ ...noChange, role, isNew: false, ...change }];
  };
  return { gun, plan };
}

/** Keys go out of every delegation that can be signed here. Its plan throws Failure KEY_NOT_FOUND. */
export function keyPurge(gun: string, keyIds: readonly string[]): Intent {
  const plan = async (repository: TrustedRepository): Promise<readonly Edit[]> => {
    const listed = [...contents(repository)].flatMap(({ delegations }) => keysOfAll(delegations));
    return [
      { kind: 'purge-keys', keyIds: listedKeys(keyIds, listed, `the delegations of ${gun}`) },
    ];
  };
  return { gun, plan };
}

/** Roles are signed again as they are, also those that do not count now. Its plan throws Failure ROLE_INVALID. */
export function witnessing(gun: string, roles: readonly TargetsRole[]): Intent {
  const plan = async (repository: TrustedRepository): Promise<readonly Edit[]> => {
    for (const role of roles) requireSigned(repository, role);
    return roles.map((role) => ({ kind: 'witness', role }));
  };
  return { gun, plan };
}

function requireSigned(repository: TrustedRepository, role: TargetsRole): void {
  if (contentOf(repository, role) !== undefined || repository.skipped.has(role)) return;
  if (isDelegationRole(role)) {
    const parent = contentOf(repository, parentRole(role));
    if (parent !== undefined && delegationIn(parent, role) === undefined) {
      throw noRole(repository, role);
    }
  }
  throw new Failure(
    'ROLE_INVALID',
    `${role} has signed nothing yet: there is nothing to sign again`,
    {
      facts: { repository: repository.gun, role },
      remedy: 'It is signed for the first time when a tag is signed in it.',
    },
  );
}

export interface IntentPublished {
  readonly gun: string;
  readonly planned: readonly Edit[];
  /** Those that changed something. */
  readonly changed: readonly Edit[];
  readonly uploaded: readonly RoleName[];
  /** Versions that the server serves now; empty when they could not be read back. */
  readonly versions: ReadonlyMap<RoleName, number>;
  /** Roles that do not count now, with the reason. */
  readonly skipped: TrustedRepository['skipped'];
}

/** Publishes an intent to a repository that is there, at once. @throws Failure what its plan and publish throw */
export async function publishIntent(
  { gun, plan }: Intent,
  ports: PublisherPorts,
): Promise<IntentPublished> {
  const home = ports.directory.repository(gun);
  const done = await home.withPublishLock(() => publish(gun, plan, ports));
  const { planned, changed, uploaded, isCurrent, repository } = done;
  const versions = isCurrent ? versionsOf(repository.set) : new Map();
  return { gun, planned, changed, uploaded, versions, skipped: repository.skipped };
}

const noChange = {
  kind: 'change-delegation',
  addKeys: [],
  removeKeyIds: [],
  addPaths: [],
  removePaths: [],
  clearPaths: false,
} as const;

/** Undefined for a role that does not count now: what is to become of it is refused when the change is applied. */
function contentOf({ set }: TrustedRepository, role: TargetsRole): Targets | undefined {
  return set.targets(role)?.signed;
}

function* contents({ set }: TrustedRepository): Iterable<Targets> {
  for (const { file } of walkRoles((role) => set.targets(role))) yield file.signed;
}

function requireWhole({ gun, role, keys, paths }: DelegationAddition): void {
  if (keys.length > 0 && paths.length > 0) return;
  const missing = keys.length === 0 ? 'a key' : 'the tags that it may sign';
  throw new Failure(
    'ROLE_INVALID',
    `${role} is not there yet, and is not made without ${missing}`,
    {
      facts: { repository: gun, role },
      remedy:
        keys.length === 0
          ? 'Check the name of the role, or give the public key of its signer too.'
          : 'Check the name of the role, or say which tags: prefixes of them, or all.',
    },
  );
}

function noRole(repository: TrustedRepository, role: DelegationRole): Failure {
  const known = [...contents(repository)].flatMap(({ delegations }) =>
    delegations.roles.map(({ name }) => name),
  );
  return new Failure('ROLE_INVALID', `${repository.gun} has no role ${role}`, {
    facts: { delegations: known.join(', ') || 'none' },
    meaning: 'The name is another one, or the role was removed already.',
    remedy: 'Name one of these.',
  });
}

/** The ids of `listed` that are meant by `wanted`. @throws Failure KEY_NOT_FOUND for none, and for several */
function listedKeys(
  wanted: readonly string[],
  listed: readonly ListedKey[],
  where: string,
): readonly string[] {
  const known = [...new Set(listed.map(({ id }) => id))];
  const found = wanted.map((text) => {
    const [id, ...more] = known.filter((one) => one.startsWith(text));
    if (id !== undefined && more.length === 0) return id;
    if (id === undefined) throw notListed(text, listed, where);
    const problem = `${text} is the beginning of ${more.length + 1} keys of ${where}`;
    throw new Failure('KEY_NOT_FOUND', problem, {
      facts: { keys: known.join(', ') },
      remedy: 'Give more digits.',
    });
  });
  return [...new Set(found)];
}
