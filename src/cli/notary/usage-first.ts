// A command that was called with too little shows its usage before it fails.
import { Failure } from '../../errors.ts';
import { cobraUsage } from '../cobra/usage.ts';
import type { NotaryCall } from './command.ts';

/** Shows how the command is used; the failure is for the caller to throw. */
export function usageFirst({ path, world }: NotaryCall, message: string): Failure {
  world.stdout.write(cobraUsage(path));
  return new Failure('USAGE', message);
}
