// Publishes edits to a repository that the server has: on top of what is published now, only what changed, and
// again from the start when somebody else was quicker (client store §9.2).
//
// Invariants:
// - rights, keys and passphrases are known to be good before anything is signed;
// - nothing counts as published before the server said so, or serves the very files;
// - the cache is filled afterwards from what the server then serves;
// - staged changes of others are neither applied nor removed.
import { randomInt } from 'node:crypto';
import type { RoleName } from '../../tuf/role.ts';
import { refresh } from '../consume/refresh.ts';
import { publisherRefresh } from '../consume/situation.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';
import { adoptions } from './adoption.ts';
import { confirm, isLostRace } from './confirm.ts';
import { publishedBase } from './draft-base.ts';
import type { Edit, Plan } from './edit.ts';
import { type Explain, planRelease, type Release, signRelease } from './release.ts';
import { takenVersion } from './taken-versions.ts';
import { type BeforeUpload, upload } from './upload.ts';

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

export interface PublishOptions {
  /** Releases a new snapshot also when nothing changes, as `notary publish` does. */
  readonly evenIfUnchanged?: boolean;
  readonly explain?: Explain;
  readonly beforeUpload?: BeforeUpload;
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
  options: PublishOptions = {},
): Promise<Publication> {
  for (let attempt = 1; ; attempt += 1) {
    const repository = await refresh(gun, ports, publisherRefresh);
    const planned = await plan(repository);
    const release = await releaseOf(repository, planned, ports, options);
    const done = { changed: release.changed, planned, attempts: attempt };
    if (release.draft.isEmpty && options.evenIfUnchanged !== true) {
      return { outcome: 'unchanged', repository, isCurrent: true, uploaded: [], ...done };
    }
    if (attempt === 1) await ports.server.serverKey(gun, 'timestamp'); // asks for the right to write
    for (const { role, known } of release.draft.beginning) {
      const taken = await takenVersion(gun, role, known, ports.server);
      release.draft.continueAbove(role, taken);
    }
    const files = await signRelease(release, ports, options.explain);
    await options.beforeUpload?.(files);
    const problem = await upload(gun, files, ports.server);
    if (problem === undefined) {
      // Not of an attempt that lost its race: what others did in between may have changed what there is to say.
      for (const notice of release.draft.notices) ports.emit({ ...notice, gun });
      return published(repository, files, ports, done);
    }
    if (attempt === maxAttempts) throw problem;
    if (!(await isLostRace(problem, repository, ports.server))) throw problem;
    ports.emit({ kind: 'publish-retried', gun, attempt, problem });
    await ports.pause(randomInt(Math.min(maxPauseMs, firstPauseMs * 2 ** attempt)));
  }
}

async function releaseOf(
  repository: TrustedRepository,
  edits: readonly Edit[],
  ports: PublisherPorts,
  { explain }: PublishOptions,
): Promise<Release> {
  const adopted = await adoptions(repository, edits, ports, explain);
  const order = { base: publishedBase(repository), adopted, edits, nowMs: repository.nowMs };
  return planRelease({ ...order, explain }, ports);
}

async function published(
  repository: TrustedRepository,
  files: ReadonlyMap<RoleName, Buffer>,
  ports: PublisherPorts,
  done: Pick<Publication, 'changed' | 'planned' | 'attempts'>,
): Promise<Publication> {
  const now = await confirm(repository.gun, files, ports);
  return {
    outcome: 'published',
    repository: now ?? repository,
    isCurrent: now !== undefined,
    uploaded: [...files.keys()],
    ...done,
  };
}
