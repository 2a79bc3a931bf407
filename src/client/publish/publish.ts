// Publishes edits to a repository that the server has: on top of what is published now, only what changed, and
// again from the start when somebody else was quicker (client store §9.2).
//
// Invariants:
// - rights, keys and passphrases are known to be good before anything is signed;
// - nothing counts as published before the server said so, or serves the very files;
// - the cache is filled afterwards from what the server then serves;
// - staged changes of others are neither applied nor removed.
import { randomInt } from 'node:crypto';
import type { Signer } from '../../keys/key-store.ts';
import { isTargetsRole, type RoleName, type TargetsRole } from '../../tuf/role.ts';
import { refresh } from '../consume/refresh.ts';
import { baseAuthority } from '../consume/role-authority.ts';
import { publisherRefresh } from '../consume/situation.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';
import { confirm, isLostRace } from './confirm.ts';
import { Draft } from './draft.ts';
import type { Edit, Plan } from './edit.ts';
import { localKeys, localKeysOf, openSigners, signFile } from './role-signers.ts';
import { renewRoot } from './root-renewal.ts';
import { upload } from './upload.ts';

/** How often a lost race is run again. With 32 publishers of one repository the last is through by then. */
const maxAttempts = 16;
/** The wait before the second attempt is random below this, and doubles up to the limit. */
const firstPauseMs = 50;
const maxPauseMs = 3000;

export interface Publication {
  readonly outcome: 'published' | 'unchanged';
  /** The edits that changed something. */
  readonly changed: readonly Edit[];
  /** All edits of the plan. */
  readonly planned: readonly Edit[];
  /** The roles whose files went up. */
  readonly uploaded: readonly RoleName[];
  /** The repository as the server serves it afterwards; as it was before, unless `isCurrent`. */
  readonly repository: TrustedRepository;
  readonly isCurrent: boolean;
  readonly attempts: number;
}

/**
 * Publishes what `plan` wants of the repository `gun`. Call under the publish lock of the repository.
 * @throws Failure NO_TRUST_DATA when the server does not have it; what `plan`, refresh, Draft.apply and
 *   openSigners throw; UNAUTHORIZED, FORBIDDEN; UPLOAD_REJECTED; VERSION_CONFLICT after many lost races
 */
export async function publish(
  gun: string,
  plan: Plan,
  ports: PublisherPorts,
): Promise<Publication> {
  for (let attempt = 1; ; attempt += 1) {
    const repository = await refresh(gun, ports, publisherRefresh);
    const prepared = await prepare(repository, plan, ports);
    const { planned, changed } = prepared;
    if (prepared.draft.isEmpty) {
      const base = { changed, planned, attempts: attempt, uploaded: [] };
      return { outcome: 'unchanged', repository, isCurrent: true, ...base };
    }
    if (attempt === 1) await ports.server.serverKey(gun, 'timestamp'); // asks for the right to write
    const files = await signAll(prepared, await openAll(gun, prepared, ports), repository);
    const problem = await upload(gun, files, ports.server);
    if (problem === undefined) {
      const now = await confirm(gun, files, ports);
      const base = { changed, planned, attempts: attempt, uploaded: [...files.keys()] };
      return {
        outcome: 'published',
        repository: now ?? repository,
        isCurrent: now !== undefined,
        ...base,
      };
    }
    if (attempt === maxAttempts) throw problem;
    if (!(await isLostRace(problem, repository, ports.server))) throw problem;
    ports.emit({ kind: 'publish-retried', gun, attempt, problem });
    await ports.pause(randomInt(Math.min(maxPauseMs, firstPauseMs * 2 ** attempt)));
  }
}

interface Prepared {
  readonly draft: Draft;
  readonly planned: readonly Edit[];
  readonly changed: readonly Edit[];
  readonly rootSigners: readonly Signer[];
}

async function prepare(
  repository: TrustedRepository,
  plan: Plan,
  ports: PublisherPorts,
): Promise<Prepared> {
  const draft = new Draft(repository);
  const planned = await plan(repository);
  const changed = planned.filter((edit) => draft.apply(edit));
  for (const role of await renewableRoles(repository, planned, ports)) draft.renew(role);
  const renewed = draft.isEmpty ? undefined : await renewRoot(repository, ports.keys);
  if (renewed !== undefined) draft.replaceRoot(renewed.root);
  return { draft, planned, changed, rootSigners: renewed?.signers ?? [] };
}

/**
 * Roles that are out of date and signed again on the way: those of the plan, and `targets` where its key is here. The
 * others are their signers' affair: one who lets his role run out must not stop everybody else.
 */
async function renewableRoles(
  { gun, set }: TrustedRepository,
  planned: readonly Edit[],
  { keys }: PublisherPorts,
): Promise<readonly TargetsRole[]> {
  const roles = set.outOfDate.flatMap(({ role, what }) =>
    what === 'metadata' && isTargetsRole(role) ? [role] : [],
  );
  const local = await localKeys(keys);
  const isOwner = localKeysOf(baseAuthority(set.root.signed, 'targets'), gun, local).length > 0;
  return roles.filter(
    (role) => planned.some((edit) => edit.role === role) || (role === 'targets' && isOwner),
  );
}

type OpenRoles = ReadonlyMap<TargetsRole | 'snapshot', readonly Signer[]>;

/** Opens every key that this draft needs. The snapshot is the server's unless a key of it is here. */
async function openAll(
  gun: string,
  { draft }: Prepared,
  ports: PublisherPorts,
): Promise<OpenRoles> {
  const open = new Map<TargetsRole | 'snapshot', readonly Signer[]>();
  for (const role of draft.targetsRoles) {
    open.set(role, await openSigners(draft.authorityOf(role), gun, ports.keys));
  }
  const snapshot = draft.authorityOf('snapshot');
  if (localKeysOf(snapshot, gun, await localKeys(ports.keys)).length > 0) {
    open.set('snapshot', await openSigners(snapshot, gun, ports.keys));
  }
  return open;
}

async function signAll(
  { draft, rootSigners }: Prepared,
  open: OpenRoles,
  { nowMs }: TrustedRepository,
): Promise<ReadonlyMap<RoleName, Buffer>> {
  const files = new Map<RoleName, Buffer>();
  if (draft.changesRoot) files.set('root', await signFile(draft.composeRoot(nowMs), rootSigners));
  for (const role of draft.targetsRoles) {
    files.set(role, await signFile(draft.composeTargets(role, nowMs), open.get(role) ?? []));
  }
  const snapshot = open.get('snapshot');
  if (snapshot !== undefined) {
    files.set('snapshot', await signFile(draft.composeSnapshot(files, nowMs), snapshot));
  }
  return files;
}
