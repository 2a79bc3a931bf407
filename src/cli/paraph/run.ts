// From an argument list to an exit status. What a command needs is loaded only when it is called, what an error
// or a help text needs only when there is one, so that a start costs little more than Node's own.
import type { ExitStatus } from '../../errors.ts';
import type { World } from '../world.ts';
import { commands } from './commands.ts';

/**
 * Runs `paraph` with the arguments after its name. Never throws: what fails is reported and becomes the status,
 * which is undefined when a daemon has set its own.
 */
export async function runParaph(
  argv: readonly string[],
  world: World,
): Promise<ExitStatus | undefined> {
  if (argv[0] === '--version') {
    const { version } = await import('../../version.ts');
    world.stdout.write(`paraph ${version}\n`);
    return 0;
  }
  if (argv[0] === 'notary') {
    const { runNotary } = await import('../notary/run.ts');
    return runNotary(argv.slice(1), world);
  }
  try {
    const { readCall } = await import('./grammar.ts');
    const call = readCall(argv, commands);
    if (call.kind === 'help') {
      const { helpText } = await import('./help.ts');
      world.stdout.write(helpText(call.specs));
      return 0;
    }
    if (call.kind === 'wrong') {
      const { usageFailure } = await import('./usage-failure.ts');
      throw usageFailure(call);
    }
    const body = await call.spec.load();
    const { args, flags } = call;
    const { name } = call.spec;
    return await body.run({ name, args, flags, world, program: { run: runParaph } });
  } catch (error) {
    const { reportThrown } = await import('./report-thrown.ts');
    return reportThrown(error, argv, world);
  }
}
