// A failure with another way out, where a command knows a better one than the place that threw.
import { Failure } from '../../errors.ts';

export function withRemedy(failure: Failure, remedy: string): Failure {
  const { code, message, cause, facts, meaning } = failure;
  return new Failure(code, message, {
    cause,
    facts,
    ...(meaning === undefined ? {} : { meaning }),
    remedy,
  });
}
