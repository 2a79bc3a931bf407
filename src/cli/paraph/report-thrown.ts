// The last report: whatever a command threw, before its exit status.
import { asFailure, type ExitStatus } from '../../errors.ts';
import { Reporter } from '../render/reporter.ts';
import type { World } from '../world.ts';

/** Reports `error` in the format that `argv` asks for, which may be wrong otherwise. */
export function reportThrown(error: unknown, argv: readonly string[], world: World): ExitStatus {
  const at = argv.indexOf('--output');
  const isJson = argv.includes('--output=json') || (at >= 0 && argv[at + 1] === 'json');
  const failure = asFailure(error);
  new Reporter(world, { format: isJson ? 'json' : 'text', isQuiet: false }).failure(failure);
  return failure.exit;
}
