// `paraph verify IMAGE[:TAG]…`: the digest that the publisher signed for each tag, as `name@sha256:…`.
//
// Invariants: a line on stdout was verified in full; an image that is refused prints nothing there; the exit
// status is that of the worst refusal.
import { refresh } from '../../client/consume/refresh.ts';
import { type ResolvedTag, resolveTag } from '../../client/consume/resolve.ts';
import type { TrustedRepository } from '../../client/consume/trusted-repository.ts';
import { asFailure, type ExitStatus, exitStatus, Failure } from '../../errors.ts';
import { type ImageReference, parseReference } from '../../remote/registry.ts';
import type { CommandBody, Invocation } from './command.ts';
import { isForPublishers } from './near-expiry.ts';
import { Session } from './session.ts';

/** Repositories that are asked for at the same time. */
const maxConcurrent = 8;

/** Exit statuses, the worst first: attack before absence, absence before trouble. */
const worstFirst: readonly ExitStatus[] = [
  exitStatus.refused,
  exitStatus.expired,
  exitStatus.unsigned,
  exitStatus.denied,
  exitStatus.unreachable,
  exitStatus.machine,
  exitStatus.usage,
  exitStatus.failed,
];

interface Verified {
  readonly asked: string;
  readonly reference: ImageReference;
  readonly resolved: ResolvedTag;
  readonly repository: TrustedRepository;
}

type Outcome = Verified | { readonly asked: string; readonly failure: Failure };

export const run: CommandBody['run'] = async (invocation) => {
  const session = await Session.open(invocation);
  try {
    const outcomes = await verifyAll(invocation, session);
    const verified = outcomes.filter((outcome) => 'resolved' in outcome);
    session.reporter.result(verified.map(pinned), { images: verified.map(document) });
    const failed = outcomes.filter((outcome) => 'failure' in outcome);
    for (const { asked, failure } of failed)
      session.reporter.failure(session.atTrustServer(failure), asked);
    return worst(failed.map(({ failure }) => failure.exit));
  } finally {
    session.close();
  }
};

/** Each repository is refreshed once, however many of its tags are asked for. */
async function verifyAll(invocation: Invocation, session: Session): Promise<readonly Outcome[]> {
  const repositories = new Map<string, Promise<TrustedRepository>>();
  const waiting = invocation.args.map((asked) => async (): Promise<Outcome> => {
    try {
      const reference = requireTag(asked, session);
      const repository = repositories.get(reference.name) ?? begin(reference);
      return verifyOne(asked, reference, await repository);
    } catch (error) {
      return { asked, failure: asFailure(error) };
    }
  });
  return inParallel(waiting, maxConcurrent);

  function begin(reference: ImageReference): Promise<TrustedRepository> {
    const repository = refresh(
      reference.name,
      session.consumer(reference, isForPublishers(invocation.world.nowMs)),
    );
    repositories.set(reference.name, repository);
    return repository;
  }
}

function requireTag(asked: string, { reporter }: Session): ImageReference {
  const reference = parseReference(asked);
  if (reference.tag !== undefined) return reference;
  if (reference.digest !== undefined) {
    throw new Failure('REFERENCE_INVALID', `${asked} names a digest and no tag`, {
      meaning: 'Signatures are on tags; a digest is what verify finds out.',
      remedy: `Name the tag: paraph verify ${reference.name}:TAG`,
    });
  }
  reporter.notice([`${reference.name}: no tag given, so latest is meant`], {
    kind: 'default-tag',
    gun: reference.name,
    tag: 'latest',
  });
  return { ...reference, tag: 'latest' };
}

function verifyOne(
  asked: string,
  reference: ImageReference,
  repository: TrustedRepository,
): Verified {
  const resolved = resolveTag(repository, reference.tag ?? '');
  if (reference.digest !== undefined && reference.digest !== resolved.digest) {
    throw new Failure('DIGEST_MISMATCH', `${asked} is not what was signed for the tag`, {
      facts: { signed: resolved.digest, asked: reference.digest },
      meaning: 'The tag was signed again since, or the digest is that of another image.',
    });
  }
  return { asked, reference, resolved, repository };
}

function pinned({ reference, resolved }: Verified): string {
  return `${reference.name}@${resolved.digest}`;
}

function document(verified: Verified): object {
  const { asked, reference, resolved, repository } = verified;
  return {
    asked,
    image: pinned(verified),
    repository: reference.name,
    tag: resolved.tag,
    digest: resolved.digest,
    size: resolved.length,
    role: resolved.role,
    source: repository.source,
  };
}

function worst(statuses: readonly ExitStatus[]): ExitStatus {
  return worstFirst.find((status) => statuses.includes(status)) ?? statuses[0] ?? exitStatus.done;
}

/** Results in the order of `tasks`, at most `limit` of them at work at a time. */
async function inParallel<T>(
  tasks: readonly (() => Promise<T>)[],
  limit: number,
): Promise<readonly T[]> {
  const results = new Map<number, T>();
  const queue = tasks.entries();
  const worker = async (): Promise<void> => {
    for (const [index, task] of queue) results.set(index, await task());
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return tasks.flatMap((_, index) => {
    const result = results.get(index);
    return result === undefined ? [] : [result];
  });
}
