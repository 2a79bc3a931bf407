// What publishing the staged changes, or others, would do: each change held against what is published now, and who would sign.
// Nothing is opened, signed or sent; keys are only looked for.
import { asFailure, type Failure } from '../../errors.ts';
import type { RoleName } from '../../tuf/role.ts';
import { baseAuthority, canonicalIdOf, type RoleAuthority } from '../consume/role-authority.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';
import type { Change } from '../trustdir/change.ts';
import type { StagedChange } from '../trustdir/change-list.ts';
import { adoptions } from './adoption.ts';
import { editsOf } from './change-edits.ts';
import { Draft, type DraftNotice } from './draft.ts';
import { absentBase, type DraftBase, publishedBase, unpublishedBase } from './draft-base.ts';
import { type DelegationChange, type Edit, triedBefore } from './edit.ts';
import { mayServe } from './key-purpose.ts';
import { knownChanges } from './published-changes.ts';
import { publishedRepository } from './published-repository.ts';
import { renewOutOfDate, signingTest } from './release.ts';
import { type LocalKeys, localKeys } from './role-signers.ts';
import { stagedEdits } from './staged.ts';
import { requireUnpublished } from './unpublished.ts';

/** What a change comes to, after those staged before it. */
export type Effect = 'adds' | 'replaces' | 'removes' | 'nothing' | 'fails';

export interface PreviewedChange {
  readonly staged: StagedChange;
  readonly effect: Effect;
  /** Why it fails. */
  readonly failure: Failure | undefined;
}

export interface PreviewedKey {
  /** Canonical. */
  readonly id: string;
  /** Whether its private part is here, made for the role. */
  readonly isHere: boolean;
}

export interface PreviewedRole {
  readonly role: RoleName;
  readonly keys: readonly PreviewedKey[];
  readonly threshold: number;
  /** `here`: enough keys are. A snapshot of which none is here is the server's. */
  readonly signer: 'here' | 'server' | 'missing';
}

export interface Preview {
  readonly gun: string;
  /** Where the repository is: on the server, made here and never published, or nowhere, so that it would be made. */
  readonly repository: 'published' | 'prepared' | 'absent';
  /** In the order in which they would be applied. One that fails ends the whole publication. */
  readonly changes: readonly PreviewedChange[];
  /** The roles that would be signed; none for a repository whose keys are yet to be made. */
  readonly roles: readonly PreviewedRole[];
  readonly notices: readonly DraftNotice[];
}

/** @throws Failure NO_TRUST_DATA for a repository that the server lost; what refresh throws; DISK */
export async function previewStaged(gun: string, ports: PublisherPorts): Promise<Preview> {
  const home = ports.directory.repository(gun);
  const staged = await home.changeList.list();
  const readAll = async (repository: TrustedRepository | undefined) => {
    const { published, tried } = await knownChanges(staged, repository, home);
    const read = (one: StagedChange): readonly Edit[] => {
      const edits = stagedEdits([one], home).map(({ edit }) => edit);
      if (published.includes(one)) return [];
      return tried.includes(one) ? edits.map(triedBefore) : edits;
    };
    return staged.map((one) => readEdits(one, () => read(one)));
  };
  const { preview, roles } = await previewed(gun, readAll, ports);
  return { ...preview, roles: await roles() };
}

/**
 * The same for changes that are not staged; what is staged stays out of it. When none of them changes anything,
 * nothing would be signed.
 * @throws Failure as previewStaged
 */
export async function previewChanges(
  gun: string,
  changes: readonly Change[],
  ports: PublisherPorts,
): Promise<Preview> {
  const read = changes.map((change) => {
    const staged = { name: '', change, fault: undefined };
    return readEdits(staged, () => editsOf(change, gun));
  });
  const { preview, roles } = await previewed(gun, async () => read, ports);
  const isIdle =
    preview.repository === 'published' &&
    preview.changes.every(({ effect }) => effect === 'nothing');
  return { ...preview, roles: isIdle ? [] : await roles() };
}

async function previewed(
  gun: string,
  readAll: (repository: TrustedRepository | undefined) => Promise<readonly ReadChange[]>,
  ports: PublisherPorts,
): Promise<{
  readonly preview: Omit<Preview, 'roles'>;
  readonly roles: () => Promise<readonly PreviewedRole[]>;
}> {
  const published = await publishedRepository(gun, ports);
  const read = await readAll(published);
  const edits = read.flatMap((one) => one.edits);
  const { repository, base, draft } = await startDraft(gun, published, edits, ports);
  const changes = read.map((one) => previewChange(one, draft));
  renewOutOfDate(draft, base, edits, await signingTest(gun, ports));
  if (repository !== 'published') draft.renew('targets');
  const roles = async () =>
    repository === 'absent' ? [] : previewRoles(gun, base, draft, await localKeys(ports.keys));
  return { preview: { gun, repository, changes, notices: draft.notices }, roles };
}

interface ReadChange {
  readonly staged: StagedChange;
  readonly edits: readonly Edit[];
  readonly failure: Failure | undefined;
}

function readEdits(staged: StagedChange, read: () => readonly Edit[]): ReadChange {
  try {
    return { staged, edits: read(), failure: undefined };
  } catch (error) {
    return { staged, edits: [], failure: asFailure(error) };
  }
}

async function startDraft(
  gun: string,
  published: TrustedRepository | undefined,
  edits: readonly Edit[],
  ports: PublisherPorts,
): Promise<Pick<Preview, 'repository'> & { readonly base: DraftBase; readonly draft: Draft }> {
  const canSign = await signingTest(gun, ports);
  if (published !== undefined) {
    const base = publishedBase(published);
    const draft = new Draft(base, canSign);
    const adopted = await adoptions(published, edits, ports);
    for (const [role, content] of adopted) draft.adopt(role, content);
    return { repository: 'published', base, draft };
  }
  const root = await requireUnpublished(gun, ports);
  const base = root === undefined ? absentBase(gun) : unpublishedBase(gun, root);
  const draft = new Draft(base, canSign);
  return { repository: root === undefined ? 'absent' : 'prepared', base, draft };
}

function previewChange({ staged, edits, failure }: ReadChange, draft: Draft): PreviewedChange {
  if (failure !== undefined) return { staged, effect: 'fails', failure };
  let effect: Effect = 'nothing';
  try {
    for (const edit of edits) {
      const wanted = effectOf(edit, draft);
      if (draft.apply(edit)) effect = wanted;
    }
    return { staged, effect, failure: undefined };
  } catch (error) {
    return { staged, effect: 'fails', failure: asFailure(error) };
  }
}

/** What `edit` comes to in `draft`, if it changes anything. */
function effectOf(edit: Edit, draft: Draft): Effect {
  switch (edit.kind) {
    case 'set-tag':
      return draft.tag(edit.role, edit.name) === undefined ? 'adds' : 'replaces';
    case 'change-delegation':
      return draft.hasDelegation(edit.role) ? changeEffect(edit) : 'adds';
    case 'remove-tag':
    case 'remove-delegation':
    case 'purge-keys':
      return 'removes';
    default:
      return 'replaces';
  }
}

function changeEffect(change: DelegationChange): Effect {
  const { addKeys, addPaths, removeKeyIds, removePaths, clearPaths } = change;
  const adds = addKeys.length > 0 || addPaths.length > 0;
  const removes = removeKeyIds.length > 0 || removePaths.length > 0 || clearPaths;
  if (adds && !removes) return 'adds';
  return removes && !adds ? 'removes' : 'replaces';
}

/** A publication makes a snapshot whatever it changes. */
function previewRoles(
  gun: string,
  base: DraftBase,
  draft: Draft,
  local: LocalKeys,
): readonly PreviewedRole[] {
  const view = (role: RoleName) => previewRole(draft.authorityOf(role), gun, local);
  const snapshot = view('snapshot');
  const isOurs = snapshot.keys.some(({ isHere }) => isHere);
  return [
    ...(draft.changesRoot ? [previewRoot(view('root'), base, local)] : []),
    ...draft.targetsRoles.map(view),
    isOurs ? snapshot : { ...snapshot, signer: 'server' },
  ];
}

/** A root is signed with the keys before it and with its own. */
function previewRoot(next: PreviewedRole, base: DraftBase, local: LocalKeys): PreviewedRole {
  const former = previewRole(baseAuthority(base.root.signed, 'root'), base.gun, local);
  const keys = new Map([...next.keys, ...former.keys].map((key) => [key.id, key]));
  const isHere = next.signer === 'here' && former.signer === 'here';
  return { ...next, keys: [...keys.values()], signer: isHere ? 'here' : 'missing' };
}

/** How `role` would be signed with the keys that are here. */
export function previewRole(
  { role, roleKeys, keys }: RoleAuthority,
  gun: string,
  local: LocalKeys,
): PreviewedRole {
  const listed = roleKeys.keyIds.flatMap((keyId): readonly PreviewedKey[] => {
    const key = keys.get(keyId);
    if (key === undefined) return [];
    const id = canonicalIdOf(key);
    const entry = local.get(id);
    return [{ id, isHere: entry !== undefined && mayServe(entry, role, gun) }];
  });
  const here = new Set(listed.filter(({ isHere }) => isHere).map(({ id }) => id)).size;
  const { threshold } = roleKeys;
  return { role, keys: listed, threshold, signer: here >= threshold ? 'here' : 'missing' };
}
