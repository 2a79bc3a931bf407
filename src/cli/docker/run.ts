// From an argument list to an exit status, as `docker trust` does it: 0, 1 for what failed, 125 for flags that are not
// understood. What a command needs is loaded when it is called: docker asks a plug-in who it is before every help text.
import type { World } from '../world.ts';
import type { GlobalFlags } from './global-flags.ts';
import { metadata, metadataCommand, pluginName, usualName, watchDocker } from './plugin.ts';

/** How the program was called. */
export interface Program {
  /** Its file, which is named after the command of docker that it stands for: `docker-trust`. */
  readonly file: string;
  /** Ends the process as a signal would. */
  readonly end: () => void;
}

/** Runs `docker-trust` with the arguments after its name. Never throws: what fails is reported. */
export async function runDockerTrust(
  argv: readonly string[],
  world: World,
  program: Program,
): Promise<number> {
  if (argv[0] === metadataCommand) {
    world.stdout.write(metadata());
    return 0;
  }
  watchDocker(world.env['DOCKER_CLI_PLUGIN_SOCKET'], program.end);
  const { readGlobalFlags } = await import('./global-flags.ts');
  const read = readGlobalFlags(argv);
  if (read.kind === 'wrong') {
    const isFlag = read.what === 'flag';
    const usage =
      "\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]\n\nRun 'docker --help' for more information";
    world.stderr.write(`${read.message}${isFlag ? usage : ''}\n`);
    return isFlag ? 125 : 1;
  }
  const { globals, rest } = read;
  const [first] = rest;
  if (globals.isVersionAsked && first === undefined) {
    const { version } = await import('../../version.ts');
    world.stdout.write(`docker-trust version ${version}\n`);
    return 0;
  }
  const isHelp = first === 'help' || (globals.isHelpAsked && first === undefined);
  const name = pluginName(program.file) ?? usualName;
  const words = withoutName(first === 'help' ? rest.slice(1) : rest, name);
  return call(name, [...words, ...(isHelp ? ['--help'] : [])], { world, globals });
}

/** docker hands on its own command line; alone, the name of the command is left out. */
function withoutName(words: readonly string[], name: string): readonly string[] {
  return words[0] === name || words[0] === usualName ? words.slice(1) : words;
}

async function call(
  name: string,
  words: readonly string[],
  { world, globals }: { readonly world: World; readonly globals: GlobalFlags },
): Promise<number> {
  const [
    { parseCobra },
    { dockerProgram },
    { complaint, dockerHelp, plainWidth, wrongCount },
    { safe },
  ] = await Promise.all([
    import('../cobra/parse.ts'),
    import('./commands.ts'),
    import('./usage.ts'),
    import('../render/safe-text.ts'),
  ]);
  const read = parseCobra([name, ...words], dockerProgram(name));
  const width = world.stdout.columns ?? plainWidth;
  if (read.kind === 'wrong') {
    world.stderr.write(complaint(safe(read.message), read.path));
    return 125;
  }
  if (read.kind === 'help') {
    if (words.some((word) => /^-[a-zA-Z]*h/.test(word))) {
      world.stdout.write('Flag shorthand -h has been deprecated, use --help\n');
    }
    world.stdout.write(dockerHelp(read.path, width));
    return 0;
  }
  const { path, args, flags, body } = read;
  const wrong = wrongCount(path, body.takes, args.map(safe));
  if (wrong !== undefined || body.load === undefined) {
    world.stderr.write(wrong ?? dockerHelp(path, width));
    return wrong === undefined ? 0 : 1;
  }
  try {
    const command = await body.load();
    return await command.run({ args, flags, globals, world: inConfigDir(world, globals) });
  } catch (error) {
    const { reportFailure } = await import('./report-failure.ts');
    return reportFailure(error, world, globals);
  }
}

function inConfigDir(world: World, { configDir }: GlobalFlags): World {
  return configDir === undefined
    ? world
    : { ...world, env: { ...world.env, DOCKER_CONFIG: configDir } };
}
