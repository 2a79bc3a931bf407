// One release of a repository, the first as any later: edits applied to a draft, keys opened, files composed and
// signed. What is sent, and when, is for the caller.
//
// Invariants: everything that is needed is opened before anything is signed; files come parents first, the
// snapshot last; what is merely out of date is signed again where its key is here, and stops nobody else.
import { type Failure, isFailure } from '../../errors.ts';
import type { Signer } from '../../keys/key-store.ts';
import type { DelegationRole, RoleName } from '../../tuf/role.ts';
import { parseRoot } from '../../tuf/root.ts';
import { checkRoot } from '../../tuf/root-trust.ts';
import type { Targets } from '../../tuf/targets.ts';
import { baseAuthority, type RoleAuthority } from '../consume/role-authority.ts';
import type { PublisherPorts } from '../ports.ts';
import { Draft } from './draft.ts';
import type { DraftBase } from './draft-base.ts';
import { type Edit, editedRoles } from './edit.ts';
import { localKeys, localKeysOf, openSigners, signFile } from './role-signers.ts';
import { renewRoot } from './root-renewal.ts';
import { openRootSigners } from './root-signers.ts';

/** Says of a failure which wish it comes from. */
export type Explain = (failure: Failure, edits: readonly Edit[]) => Failure;

export interface Release {
  readonly base: DraftBase;
  readonly draft: Draft;
  /** The edits that change something. */
  readonly changed: readonly Edit[];
  readonly nowMs: number;
}

export interface ReleaseOrder {
  readonly base: DraftBase;
  /** Content of roles that do not count now, for those that are witnessed. */
  readonly adopted?: ReadonlyMap<DelegationRole, Targets>;
  readonly edits: readonly Edit[];
  readonly nowMs: number;
  readonly explain?: Explain | undefined;
}

/** Applies the edits. @throws Failure what Draft.apply and renewRoot throw */
export async function planRelease(order: ReleaseOrder, ports: PublisherPorts): Promise<Release> {
  const { base, edits, nowMs, explain } = order;
  const canSign = await signingTest(base.gun, ports);
  const draft = new Draft(base, canSign);
  for (const [role, content] of order.adopted ?? []) draft.adopt(role, content);
  const changed = edits.filter((edit) => explained(explain, [edit], () => draft.apply(edit)));
  renewOutOfDate(draft, base, edits, canSign);
  if (!draft.isEmpty) await renew(draft, base, nowMs, ports);
  return { base, draft, changed, nowMs };
}

/**
 * Roles that are out of date and signed again on the way: those of the edits, and `targets` where its key is here. The
 * others are their signers' affair.
 */
export function renewOutOfDate(
  draft: Draft,
  base: DraftBase,
  edits: readonly Edit[],
  canSign: SigningTest,
): void {
  const wanted = new Set(edits.flatMap(editedRoles));
  const isOwner = canSign(baseAuthority(base.root.signed, 'targets'));
  for (const role of base.outOfDate) {
    if (wanted.has(role) || (role === 'targets' && isOwner)) draft.renew(role);
  }
}

/** A root role that is replaced anyway needs no new certificates. */
async function renew(
  draft: Draft,
  base: DraftBase,
  nowMs: number,
  { keys }: PublisherPorts,
): Promise<void> {
  const { replacements } = draft;
  if (replacements.some(({ role }) => role === 'root')) return;
  const renewed = await renewRoot(base.root, base.gun, nowMs, keys);
  if (renewed !== undefined) draft.renewRoot(renewed);
}

export type SigningTest = (authority: RoleAuthority) => boolean;

/**
 * Whether enough keys of a role are here to sign it. Those that another repository lists without being made for it do
 * not count.
 */
export async function signingTest(
  gun: string,
  { keys }: Pick<PublisherPorts, 'keys'>,
): Promise<SigningTest> {
  const local = await localKeys(keys);
  return (authority) => {
    const here = localKeysOf(authority, gun, local).map(({ canonicalId }) => canonicalId);
    return here.length > 0 && new Set(here).size >= authority.roleKeys.threshold;
  };
}

/**
 * The files of the release, each signed by every key of its role that is here. The snapshot is the server's unless a
 * key of it is here.
 * @throws Failure what openSigners throws, before anything is signed; what checkRoot throws for a root that no consumer
 *   would take
 */
export async function signRelease(
  release: Release,
  ports: PublisherPorts,
  explain?: Explain,
): Promise<ReadonlyMap<RoleName, Buffer>> {
  const { draft, nowMs } = release;
  const open = await openAll(release, ports, explain);
  const files = new Map<RoleName, Buffer>();
  const rootSigners = open.get('root');
  if (rootSigners !== undefined) {
    const root = await signFile(draft.composeRoot(nowMs), rootSigners);
    const { gun, root: before } = release.base;
    const check = { gun, nowMs, previous: before.signed, certificateExpiry: 'refused' } as const;
    checkRoot(parseRoot(root), check); // as every consumer will, while nothing has been sent
    files.set('root', root);
  }
  for (const role of draft.targetsRoles) {
    files.set(role, await signFile(draft.composeTargets(role, nowMs), open.get(role) ?? []));
  }
  const snapshotSigners = open.get('snapshot');
  if (snapshotSigners !== undefined) {
    const listed = new Map<RoleName, Buffer>([['root', release.base.root.bytes], ...files]);
    files.set('snapshot', await signFile(draft.composeSnapshot(listed, nowMs), snapshotSigners));
  }
  return files;
}

async function openAll(
  { base, draft, changed }: Release,
  ports: PublisherPorts,
  explain: Explain | undefined,
): Promise<ReadonlyMap<RoleName, readonly Signer[]>> {
  const { gun, root: before } = base;
  const open = new Map<RoleName, readonly Signer[]>();
  if (draft.changesRoot) {
    const alsoSignedBy = draft.replacements.flatMap((one) => one.alsoSignedBy ?? []);
    const change = { gun, before, after: draft.root, alsoSignedBy };
    open.set('root', await openRootSigners(change, ports.keys));
  }
  for (const role of draft.targetsRoles) {
    const wishes = changed.filter((edit) => editedRoles(edit).includes(role));
    const opened = openSigners(draft.authorityOf(role), gun, ports.keys);
    open.set(role, await opened.catch((error: unknown) => rethrow(error, explain, wishes)));
  }
  const snapshot = draft.authorityOf('snapshot');
  if (localKeysOf(snapshot, gun, await localKeys(ports.keys)).length > 0) {
    open.set('snapshot', await openSigners(snapshot, gun, ports.keys));
  }
  return open;
}

function explained<T>(explain: Explain | undefined, edits: readonly Edit[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    return rethrow(error, explain, edits);
  }
}

function rethrow(error: unknown, explain: Explain | undefined, edits: readonly Edit[]): never {
  if (explain === undefined || edits.length === 0 || !isFailure(error)) throw error;
  throw explain(error, edits);
}
