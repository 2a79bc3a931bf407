// Staged changes: put aside for a later publication, and published all at once, as notary does (client store §4, §9.2).
//
// Invariants: changes are applied in the order of their files to what is published now; one that fails, or cannot be
// read, ends the run with nothing published, and all of them stay; a file is removed only after the server confirmed
// what it wanted, and what others staged meanwhile stays.
import { Failure, isFailure } from '../../errors.ts';
import type { PublisherPorts } from '../ports.ts';
import type { Change } from '../trustdir/change.ts';
import type { StagedChange } from '../trustdir/change-list.ts';
import type { RepositoryDirectory, TrustDirectory } from '../trustdir/trust-directory.ts';
import { changeWords, editsOf } from './change-edits.ts';
import type { Edit } from './edit.ts';
import { prepareUnderLock } from './prepare.ts';
import { type Published, publishOrBegin } from './publish-or-begin.ts';
import { requireUnpublished } from './unpublished.ts';

export interface StagePorts {
  readonly directory: TrustDirectory;
  /** The time, in nanoseconds since 1970. */
  readonly nowNs: () => bigint;
}

/** Stages `changes` after all others, all or none of them. Nothing is asked of anybody. @throws Failure DISK */
export async function stage(
  gun: string,
  changes: readonly Change[],
  { directory, nowNs }: StagePorts,
): Promise<void> {
  await directory.repository(gun).changeList.add(nowNs(), ...changes);
}

export interface StagedPublication extends Published {
  /** Changes that were staged and are published now; their files are gone. */
  readonly applied: readonly AppliedChange[];
}

export interface AppliedChange extends StagedChange {
  /** False for one that the repository said already when it was applied. */
  readonly isEffective: boolean;
}

/**
 * Publishes everything that is staged, and a new snapshot also when nothing is. A repository that was prepared, or for
 * which something is staged, is made when the server does not have it; as in notary, its snapshot key stays here.
 * @throws Failure CACHE_DAMAGED for a change that cannot be read or understood; NO_TRUST_DATA when there is nothing to
 *   begin with; what Draft.apply and openSigners throw, with the file and the change; what publishOrBegin throws
 */
export async function publishStaged(
  gun: string,
  ports: PublisherPorts,
): Promise<StagedPublication> {
  const home = ports.directory.repository(gun);
  return home.withPublishLock(async () => {
    const staged = await home.changeList.list();
    const wishes = stagedEdits(staged, home);
    const edits = wishes.map(({ edit }) => edit);
    const explain = (failure: Failure, refused: readonly Edit[]) =>
      refusedChange(
        failure,
        wishes.find(({ edit }) => refused.includes(edit)),
      );
    const order = {
      gun,
      plan: async () => edits,
      first: async () => {
        await requireBeginning(gun, staged, ports);
        return edits;
      },
      options: { evenIfUnchanged: true, explain },
    };
    const done = await publishOrBegin(order, ports);
    await removeApplied(staged, home);
    const effective = wishes.filter(({ edit }) => done.changed.includes(edit));
    const applied = staged.map((one) => {
      const isEffective = effective.some(({ change }) => change === one.change);
      return { ...one, isEffective };
    });
    return { ...done, applied };
  });
}

/** An edit, and the staged change that it comes from. */
export interface StagedEdit {
  readonly edit: Edit;
  /** The change's file. */
  readonly path: string;
  readonly change: Change;
}

/** The edits of all `staged` changes. @throws Failure CACHE_DAMAGED naming the first file that cannot be used */
export function stagedEdits(
  staged: readonly StagedChange[],
  { changeList }: RepositoryDirectory,
): readonly StagedEdit[] {
  return staged.flatMap(({ name, change, fault }) => {
    const path = changeList.pathOf(name);
    if (change === undefined) throw unreadable(path, fault);
    return editsOf(change, path).map((edit) => ({ edit, path, change }));
  });
}

/** What is published must not be applied again later: it might undo what others did in between. */
async function removeApplied(
  applied: readonly StagedChange[],
  { changeList }: RepositoryDirectory,
): Promise<void> {
  try {
    await changeList.remove(applied.map(({ name }) => name));
  } catch (cause) {
    if (!isFailure(cause)) throw cause;
    throw cause.with({
      message: `published, but still staged: ${cause.message}`,
      meaning:
        'The server has what was staged. Published once more, it would undo what others change until then.',
      remedy: 'Remove the files that are named from the change list by hand.',
    });
  }
}

/** Without a repository to publish to, one is begun only when somebody has prepared or staged something. */
async function requireBeginning(
  gun: string,
  staged: readonly StagedChange[],
  ports: PublisherPorts,
): Promise<void> {
  if ((await requireUnpublished(gun, ports)) !== undefined) return;
  if (staged.length === 0) {
    throw new Failure('NO_TRUST_DATA', `there is nothing to publish for ${gun}`, {
      facts: { server: ports.server.url, repository: gun },
      meaning:
        'The trust server does not have the repository, it was not prepared here, and nothing is staged for it.',
      remedy: 'Check the name. To make the repository, run init first.',
    });
  }
  await prepareUnderLock({ gun, snapshotHolder: 'local' }, ports);
}

function unreadable(path: string, cause: Error | undefined): Failure {
  return new Failure('CACHE_DAMAGED', `the staged change ${path} cannot be read`, {
    cause,
    facts: { file: path, ...(isFailure(cause) ? { problem: cause.message } : {}) },
    meaning: 'Nothing was published: changes may build upon each other, so none is left out.',
    remedy: 'Remove the change with `notary reset`, and stage it again.',
  });
}

/** The failure with the file and the change that it comes from. */
function refusedChange(failure: Failure, staged: StagedEdit | undefined): Failure {
  if (staged === undefined) return failure;
  return failure.with({
    facts: { ...failure.facts, change: changeWords(staged.change), file: staged.path },
    meaning: [failure.meaning, 'Nothing was published, and all changes stay staged.']
      .filter((part) => part !== undefined)
      .join(' '),
  });
}
