// From an argument list to an exit status. What a command needs is loaded only when it is called, and what
// an error needs only when there is one, so that a start costs little more than Node's own.
import type { ExitStatus } from '../../errors.ts';
import type { World } from '../world.ts';
import { commands } from './commands.ts';
import { readCall } from './grammar.ts';

/**
 * Runs `paraph` with the arguments after its name. Never throws: what fails is reported and becomes the status, which is
 * undefined when a daemon has set its own.
 */
export async function runParaph(
  argv: readonly string[],
  world: World,
): Promise<ExitStatus | undefined> {
  try {
    const call = readCall(argv, commands);
    if (call.kind === 'print') {
      world.stdout.write(call.text);
      return 0;
    }
    if (call.kind === 'wrong') {
      const { usageFailure } = await import('./usage-failure.ts');
      throw usageFailure(call);
    }
    const body = await call.spec.load();
    return await body.run({ args: call.args, flags: call.flags, world });
  } catch (error) {
    const { reportThrown } = await import('./report-thrown.ts');
    return reportThrown(error, argv, world);
  }
}
