// notary puts words of its own before some failures.
import { asFailure, type Failure } from '../../errors.ts';
import { fatalWords } from './failure-words.ts';

/** What `work` throws keeps its code, with `prefix` before notary's words for it. */
export async function withPrefix<T>(prefix: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw prefixed(prefix, asFailure(error));
  }
}

export function prefixed(prefix: string, failure: Failure): Failure {
  return failure.with({ message: `${prefix}${fatalWords(failure)}` });
}
