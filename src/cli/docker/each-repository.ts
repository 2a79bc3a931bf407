// Commands that take several repositories: what fails for one is told, the next is tried, and at the end those that failed
// are named.
import { asFailure } from '../../errors.ts';
import { safe } from '../render/safe-text.ts';
import type { World } from '../world.ts';
import { failureLines } from './report-failure.ts';

export interface RepositoryWork {
  /** The line that is told first; the name is fit to be shown. */
  readonly before: (repository: string) => string;
  readonly work: (repository: string) => Promise<void>;
  /** What stands before the names of those that failed. */
  readonly failed: string;
}

/** The status: 1 when any of them failed. */
export async function eachRepository(
  repositories: readonly string[],
  { stdout, stderr }: World,
  { before, work, failed }: RepositoryWork,
): Promise<0 | 1> {
  const failures: string[] = [];
  for (const repository of repositories) {
    stdout.write(`${before(safe(repository))}\n`);
    try {
      await work(repository);
    } catch (error) {
      stderr.write(`${failureLines(asFailure(error)).join('\n')}\n\n`);
      failures.push(safe(repository));
    }
  }
  if (failures.length === 0) return 0;
  stderr.write(`${failed}: ${failures.join(', ')}\n`);
  return 1;
}
