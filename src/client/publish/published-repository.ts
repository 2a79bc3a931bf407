// The repository as a publisher finds it, where its absence is an answer: it may be begun.
import { isFailure } from '../../errors.ts';
import { refresh } from '../consume/refresh.ts';
import { publisherRefresh } from '../consume/situation.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';

/** Undefined when the server does not have it. @throws Failure what else refresh throws */
export async function publishedRepository(
  gun: string,
  ports: PublisherPorts,
): Promise<TrustedRepository | undefined> {
  try {
    return await refresh(gun, ports, publisherRefresh);
  } catch (error) {
    if (isFailure(error, 'NO_TRUST_DATA')) return undefined;
    throw error;
  }
}
