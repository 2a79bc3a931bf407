// Reads an argument list by the command table: what to run, what to print, or what is wrong with it.
// Nothing is run, printed or ended here.
import { Command, CommanderError, Option } from 'commander';
import { version } from '../version.ts';
import { type CommandSpec, type FlagSpec, Flags } from './command.ts';
import { commandHelp, overviewHelp } from './help.ts';

export type Call =
  | { readonly kind: 'print'; readonly text: string }
  | {
      readonly kind: 'run';
      readonly spec: CommandSpec;
      readonly args: readonly string[];
      readonly flags: Flags;
    }
  | WrongCall;

export interface WrongCall {
  readonly kind: 'wrong';
  /** A clause without a full stop; values of unknown flags, which may be secrets, are left out. */
  readonly problem: string;
  /** What may have been meant, as it would be typed. */
  readonly suggestions: readonly string[];
  /** Whose help to read; undefined for `paraph help`. */
  readonly command: string | undefined;
}

export function readCall(argv: readonly string[], table: readonly CommandSpec[]): Call {
  const [first, ...rest] = argv;
  const overview: Call = { kind: 'print', text: overviewHelp(table) };
  if (first === undefined || first === '--help' || first === '-h') return overview;
  if (first === 'help') return rest.length === 0 ? overview : helpFor(rest, table);
  if (first === '--version') return { kind: 'print', text: `paraph ${version}\n` };
  const program = table.find((spec) => spec.isProgram && spec.name === first);
  if (program !== undefined) return programCall(program, rest);
  return parsedCall(argv, table);
}

function helpFor(words: readonly string[], table: readonly CommandSpec[]): Call {
  const name = words.join(' ');
  const spec = table.find((candidate) => candidate.name === name);
  if (spec !== undefined) return { kind: 'print', text: commandHelp(spec) };
  const family = table.filter((candidate) => candidate.name.startsWith(`${name} `));
  if (family.length > 0) return { kind: 'print', text: overviewHelp(family) };
  // Commander knows the nearest name.
  return parsedCall(words, table);
}

/** A daemon reads its own flags, `-help` among them; only our form of that question is answered here. */
function programCall(spec: CommandSpec, args: readonly string[]): Call {
  const wantsHelp = args.some((word) => word === '--help');
  if (wantsHelp) return { kind: 'print', text: commandHelp(spec) };
  return { kind: 'run', spec, args, flags: new Flags() };
}

function parsedCall(argv: readonly string[], table: readonly CommandSpec[]): Call {
  let call: Call | undefined;
  const root = quietCommand('paraph');
  for (const spec of table) {
    const command = addCommand(root, spec, table);
    command.action(() => {
      call = { kind: 'run', spec, args: command.args, flags: flagsOf(command) };
    });
  }
  try {
    root.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return thrownCall(error, argv, table);
  }
  return call ?? { kind: 'print', text: overviewHelp(table) };
}

function addCommand(root: Command, spec: CommandSpec, table: readonly CommandSpec[]): Command {
  const [name = '', verb] = spec.name.split(' ');
  const parent = verb === undefined ? root : familyOf(root, name, table);
  const command = parent.createCommand(verb ?? name);
  parent.addCommand(settle(command));
  command.helpInformation = () => commandHelp(spec);
  const [min, max] = spec.takes;
  if (max > 0) {
    const argument = `${spec.arguments.replace('…', '')}${max > 1 ? '...' : ''}`;
    command.argument(min > 0 ? `<${argument}>` : `[${argument}]`);
  }
  for (const flag of spec.flags) command.addOption(optionOf(flag));
  return command;
}

/** The command that holds `key list` and its sisters. */
function familyOf(root: Command, name: string, table: readonly CommandSpec[]): Command {
  const known = root.commands.find((command) => command.name() === name);
  if (known !== undefined) return known;
  const family = settle(root.createCommand(name));
  family.helpInformation = () =>
    overviewHelp(table.filter((spec) => spec.name.startsWith(`${name} `)));
  root.addCommand(family);
  return family;
}

function quietCommand(name: string): Command {
  return settle(new Command(name));
}

/** Errors are thrown and told by us; commander prints nothing, apart from help, which is caught as text. */
function settle(command: Command): Command {
  return command
    .exitOverride()
    .helpCommand(false)
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
}

function optionOf(flag: FlagSpec): Option {
  const option = new Option(`--${flag.name}${flag.value === undefined ? '' : ` <${flag.value}>`}`);
  return flag.choices === undefined ? option : option.choices(flag.choices);
}

function flagsOf(command: Command): Flags {
  return new Flags(
    new Map(
      command.options.map((option) => {
        const value: unknown = command.getOptionValue(option.attributeName());
        return [option.long?.slice('--'.length) ?? '', option.negate ? value === false : value];
      }),
    ),
  );
}

function thrownCall(
  error: CommanderError,
  argv: readonly string[],
  table: readonly CommandSpec[],
): Call {
  const words = argv.filter((word) => !word.startsWith('-'));
  const spec = table.find(({ name }) => words.slice(0, name.split(' ').length).join(' ') === name);
  if (error.code.startsWith('commander.help')) {
    return spec === undefined
      ? helpFor(words.slice(0, 1), table)
      : { kind: 'print', text: commandHelp(spec) };
  }
  const [first = '', hint = ''] = error.message.split('\n');
  const [, meant = ''] = /Did you mean (?:one of )?(.*)\?/.exec(hint) ?? [];
  const problem = first
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    // `--passphrase=secret` must not come back in a message that somebody pastes or logs.
    .replace(/^(unknown option '[^'=]*)=.*$/s, "$1'");
  const family = table.some(({ name }) => name.startsWith(`${words[0]} `)) ? words.slice(0, 1) : [];
  const before = error.code === 'commander.unknownCommand' ? ['paraph', ...family] : [];
  const suggestions =
    meant === '' ? [] : meant.split(', ').map((word) => [...before, word].join(' '));
  return { kind: 'wrong', problem, suggestions, command: spec?.name };
}
