// What a publisher finds before anything is done: the repository as it is now, or nothing.
import type { TrustedRepository } from '../../client/consume/trusted-repository.ts';
import type { PublisherPorts } from '../../client/ports.ts';
import { publishedRepository } from '../../client/publish/published-repository.ts';
import { asFailure } from '../../errors.ts';
import type { DockerSession } from './session.ts';
import { notaryError } from './words.ts';

/** Undefined when the server has no such repository. @throws Failure in docker's words */
export async function findRepository(
  gun: string,
  ports: PublisherPorts,
  session: DockerSession,
): Promise<TrustedRepository | undefined> {
  try {
    return await publishedRepository(gun, ports);
  } catch (error) {
    throw session.atTrustServer(notaryError(asFailure(error), gun));
  }
}
