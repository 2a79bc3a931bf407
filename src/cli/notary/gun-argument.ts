// The repository that a command is about, where its name is all that is asked for.
import type { NotaryCall } from './command.ts';
import { usageFirst } from './usage-first.ts';

/** @throws Failure USAGE after the usage of the command */
export function gunOf(call: NotaryCall): string {
  const [gun] = call.args;
  if (gun === undefined) throw usageFirst(call, 'Must specify a GUN');
  return gun;
}
