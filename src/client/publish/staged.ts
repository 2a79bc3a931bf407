// Staged changes: put aside for a later publication, and published all at once, as notary does (client store §4, §9.2).
//
// Invariants: changes are applied in the order of their files to what is published now; one that fails, or cannot be
// read, ends the run with nothing published, and all of them stay; a file is removed only after the server confirmed
// what it wanted (published-changes.ts), and what others staged meanwhile stays.
import { Failure, isFailure } from '../../errors.ts';
import type { RoleName } from '../../tuf/role.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';
import type { Change } from '../trustdir/change.ts';
import type { StagedChange } from '../trustdir/change-list.ts';
import type { RepositoryDirectory, TrustDirectory } from '../trustdir/trust-directory.ts';
import { changeWords, editsOf } from './change-edits.ts';
import { type Edit, triedBefore } from './edit.ts';
import { prepareUnderLock } from './prepare.ts';
import { type Published, publishOrBegin } from './publish-or-begin.ts';
import { noteUpload, removePublished, takePublished } from './published-changes.ts';
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
  /** Changes that were staged and that a run before had published; their files are gone, too. */
  readonly found: readonly StagedChange[];
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
    const run = new StagedRun(gun, await home.changeList.list(), home);
    const order = {
      gun,
      plan: async (repository: TrustedRepository) => {
        await run.takePublished(repository, ports);
        return run.edits;
      },
      first: async () => {
        await requireBeginning(gun, run.staged, ports);
        return run.edits;
      },
      options: {
        evenIfUnchanged: true,
        explain: (failure: Failure, refused: readonly Edit[]) => run.explain(failure, refused),
        beforeUpload: (files: ReadonlyMap<RoleName, Buffer>) => noteUpload(run.staged, files, home),
      },
    };
    const done = await publishOrBegin(order, ports);
    await removePublished(run.staged, home);
    return { ...done, applied: run.applied(done.changed), found: run.found };
  });
}

/** What is staged as one run publishes it, less what turns out to be published already. */
class StagedRun {
  readonly #gun: string;
  readonly #home: RepositoryDirectory;
  #wishes: readonly StagedEdit[];
  #staged: readonly StagedChange[];
  #found: readonly StagedChange[] = [];

  /** @throws Failure CACHE_DAMAGED for a change that cannot be read */
  constructor(gun: string, staged: readonly StagedChange[], home: RepositoryDirectory) {
    this.#gun = gun;
    this.#home = home;
    this.#staged = staged;
    this.#wishes = stagedEdits(staged, home);
  }

  get staged(): readonly StagedChange[] {
    return this.#staged;
  }

  get found(): readonly StagedChange[] {
    return this.#found;
  }

  get edits(): readonly Edit[] {
    const changes = this.#staged.map(({ change }) => change);
    return this.#wishes.filter(({ change }) => changes.includes(change)).map(({ edit }) => edit);
  }

  /** Also of this run: an upload whose answer was lost may look like a race that was lost. */
  async takePublished(
    repository: TrustedRepository,
    { emit }: Pick<PublisherPorts, 'emit'>,
  ): Promise<void> {
    const { published, tried } = await takePublished(this.#staged, repository, this.#home);
    const again = tried.map(({ change }) => change);
    this.#wishes = this.#wishes.map((wish) =>
      again.includes(wish.change) ? { ...wish, edit: triedBefore(wish.edit) } : wish,
    );
    if (published.length === 0) return;
    this.#staged = this.#staged.filter((one) => !published.includes(one));
    this.#found = [...this.#found, ...published];
    emit({ kind: 'staged-changes-found', gun: this.#gun, changes: published.length });
  }

  explain(failure: Failure, refused: readonly Edit[]): Failure {
    return refusedChange(
      failure,
      this.#wishes.find(({ edit }) => refused.includes(edit)),
    );
  }

  applied(changed: readonly Edit[]): readonly AppliedChange[] {
    const effective = new Set(
      this.#wishes.filter(({ edit }) => changed.includes(edit)).map(({ change }) => change),
    );
    return this.#staged.map((one) => ({
      ...one,
      isEffective: one.change !== undefined && effective.has(one.change),
    }));
  }
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
