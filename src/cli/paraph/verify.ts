// `paraph verify IMAGE[:TAG]…`: the digest that the publisher signed for each tag, as `name@sha256:…`.
//
// Invariants: a line on stdout was verified in full; an image that is refused prints nothing there; the exit
// status is that of the worst refusal.
import { refresh } from '../../client/consume/refresh.ts';
import { type ResolvedTag, resolveTag } from '../../client/consume/resolve.ts';
import type { TrustedRepository } from '../../client/consume/trusted-repository.ts';
import { asFailure, type ExitStatus, exitStatus, type Failure } from '../../errors.ts';
import { type ImageReference, parseReference } from '../../remote/registry.ts';
import { requireAskedDigest, requireTagBesideDigest } from './asked-digest.ts';
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
  requireTagBesideDigest(asked, reference, 'verify');
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
  requireAskedDigest(asked, reference, resolved);
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
