// What is said below a failure at a trust server that nobody has named: the one that was asked may be the wrong one.
import { type ExitStatus, exitStatus, type Failure } from '../errors.ts';

/** Causes that a wrong server can have: nothing there, nothing signed, not allowed. */
const hintedExits: readonly ExitStatus[] = [
  exitStatus.unreachable,
  exitStatus.unsigned,
  exitStatus.denied,
];

const noServerHint =
  'DOCKER_CONTENT_TRUST_SERVER is not set, so the trust server that goes with the host of the image was asked.';

/** For a server that goes with the host of the image. @param more said after the hint; undefined where there is nothing */
export function withServerHint(failure: Failure, more?: string): Failure {
  if (!hintedExits.includes(failure.exit)) return failure;
  const lines = [failure.remedy, noServerHint, more ?? ''];
  return failure.with({ remedy: lines.filter((line) => line !== '').join('\n') });
}
