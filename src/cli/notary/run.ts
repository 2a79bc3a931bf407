// From an argument list to an exit status, as notary does it: 0, or 1 for every failure. What a command needs is loaded
// when it is called.
import { type ExitStatus, exitStatus, Failure } from '../../errors.ts';
import { parseCobra } from '../cobra/parse.ts';
import type { World } from '../world.ts';
import { notaryProgram } from './commands.ts';

/** What makes the report of a failure longer, even where the words could not be read. */
const verboseWords: readonly string[] = ['-v', '--verbose', '-D', '--debug'];

/** Runs `notary` with the arguments after its name. Never throws: what fails is reported and becomes 1. */
export async function runNotary(argv: readonly string[], world: World): Promise<ExitStatus> {
  try {
    await call(argv, world);
    return exitStatus.done;
  } catch (error) {
    const { reportFatal } = await import('./fatal.ts');
    reportFatal(
      error,
      world,
      argv.some((word) => verboseWords.includes(word)),
    );
    return exitStatus.failed;
  }
}

async function call(argv: readonly string[], world: World): Promise<void> {
  if (argv[0]?.startsWith('__complete') === true) {
    const { complete, completeWords } = await import('./complete.ts');
    if (completeWords.includes(argv[0])) return complete(argv, world);
  }
  const read = parseCobra(argv, notaryProgram);
  if (read.kind === 'wrong') throw new Failure('USAGE', read.message);
  if (read.kind === 'help') {
    const { helpText } = await import('../cobra/usage.ts');
    world.stdout.write(helpText(read.path));
    return;
  }
  const { path, args, flags } = read;
  const body = await read.body();
  await body.run({ path, args, flags, world });
}
