// Listings of a repository as it is published now, which needs no key.
import { refresh } from '../../client/consume/refresh.ts';
import type { TrustedRepository } from '../../client/consume/trusted-repository.ts';
import { asFailure, type ExitStatus, exitStatus } from '../../errors.ts';
import type { Reporter } from '../render/reporter.ts';
import type { Invocation } from './command.ts';
import { isForPublishers } from './near-expiry.ts';
import { repositoryNamed } from './repository-argument.ts';
import { Session } from './session.ts';

/** Shows the repository that the first argument names. @throws Failure REFERENCE_INVALID, and as Session.open */
export async function listing(
  invocation: Invocation,
  show: (repository: TrustedRepository, reporter: Reporter) => void,
): Promise<ExitStatus> {
  const [asked = ''] = invocation.args;
  const reference = repositoryNamed(asked, invocation.name);
  const session = await Session.open(invocation);
  try {
    const ports = session.consumer(reference, isForPublishers(invocation.world.nowMs));
    show(await refresh(reference.name, ports), session.reporter);
    return exitStatus.done;
  } catch (error) {
    const failure = session.atTrustServer(asFailure(error));
    session.reporter.failure(failure, reference.name);
    return failure.exit;
  } finally {
    session.close();
  }
}
