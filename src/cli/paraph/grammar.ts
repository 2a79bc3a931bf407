// Reads an argument list by the command table: what to run, whose help to print, or what is wrong with it.
// Nothing is run, printed or ended here.
import { Command, CommanderError, Option } from 'commander';
import { type CommandSpec, type FlagSpec, Flags } from './command.ts';

export type Call = RunCall | HelpCall | WrongCall;

interface RunCall {
  readonly kind: 'run';
  readonly spec: CommandSpec;
  readonly args: readonly string[];
  readonly flags: Flags;
}

export interface HelpCall {
  readonly kind: 'help';
  /** One command, a family of commands, or all. */
  readonly specs: readonly CommandSpec[];
}

export interface WrongCall {
  readonly kind: 'wrong';
  /** A clause without a full stop; values of unknown flags, which may be secrets, are left out. */
  readonly problem: string;
  /** What may have been meant, as it would be typed. */
  readonly suggestions: readonly string[];
  /** Whose help to read; undefined for `paraph help`. */
  readonly command: string | undefined;
  /** The flags of that command. */
  readonly flags: readonly FlagSpec[];
}

export function readCall(argv: readonly string[], table: readonly CommandSpec[]): Call {
  const [first, ...rest] = argv;
  if (first === undefined || first === '--help' || first === '-h') return helpFor([], table);
  if (first === 'help') return helpFor(rest, table);
  if (versionWords.includes(first)) return versionMeant(first);
  const program = table.find((spec) => spec.isProgram && spec.name === first);
  if (program === undefined) return parsedCall(argv, table);
  // `signer` is a program that takes flags alone, and a family: `signer add`.
  const isOfFamily =
    rest[0] !== undefined && !rest[0].startsWith('-') && table.some((spec) => isOf(first, spec));
  return isOfFamily ? parsedCall(argv, table) : programCall(program, rest);
}

/** How other programs are asked for their version; docker and notary have a command for it. */
const versionWords: readonly string[] = ['version', '-V', '-v', '-version'];

function versionMeant(word: string): WrongCall {
  const kind = word.startsWith('-') ? 'option' : 'command';
  const problem = `unknown ${kind} '${word}'`;
  return {
    kind: 'wrong',
    problem,
    suggestions: ['paraph --version'],
    command: undefined,
    flags: [],
  };
}

function helpFor(words: readonly string[], table: readonly CommandSpec[]): Call {
  const name = words.join(' ');
  const exact = table.filter((spec) => spec.name === name);
  const specs = exact.length > 0 ? exact : table.filter((spec) => name === '' || isOf(name, spec));
  // An unknown name goes to commander, which knows the nearest.
  return specs.length > 0 ? { kind: 'help', specs } : parsedCall(words, table);
}

/** Whether a command belongs to a family, as `key list` to `key`. */
function isOf(family: string, { name }: CommandSpec): boolean {
  return name.startsWith(`${family} `);
}

/** A daemon reads its own flags, `-help` among them; only our form of that question is answered here. */
function programCall(spec: CommandSpec, args: readonly string[]): Call {
  if (args.includes('--help')) return { kind: 'help', specs: [spec] };
  return { kind: 'run', spec, args, flags: new Flags() };
}

function parsedCall(argv: readonly string[], table: readonly CommandSpec[]): Call {
  let call: Call | undefined;
  const root = settle(new Command('paraph'));
  // A program that is a family too was looked at already; to commander the name is that of the family.
  const parsed = table.filter(
    ({ isProgram, name }) => isProgram !== true || !table.some((other) => isOf(name, other)),
  );
  for (const spec of parsed) {
    const command = addCommand(root, spec);
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
  return call ?? { kind: 'help', specs: table };
}

function addCommand(root: Command, spec: CommandSpec): Command {
  const [name = '', verb] = spec.name.split(' ');
  const parent = verb === undefined ? root : familyOf(root, name);
  const command = parent.createCommand(verb ?? name);
  parent.addCommand(settle(command));
  const [min, max] = spec.takes;
  if (max > 0) {
    const argument = `${spec.arguments.replace('…', '')}${max > 1 ? '...' : ''}`;
    command.argument(min > 0 ? `<${argument}>` : `[${argument}]`);
  }
  for (const flag of spec.flags) command.addOption(optionOf(flag));
  return command;
}

/** The command that holds `key list` and its sisters. */
function familyOf(root: Command, name: string): Command {
  const known = root.commands.find((command) => command.name() === name);
  if (known !== undefined) return known;
  const family = settle(root.createCommand(name));
  root.addCommand(family);
  return family;
}

/** Errors and questions for help are thrown, and answered by us; commander prints nothing. */
function settle(command: Command): Command {
  return command
    .exitOverride()
    .helpCommand(false)
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .configureHelp({ formatHelp: () => '' })
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
}

function optionOf(flag: FlagSpec): Option {
  const option = new Option(`--${flag.name}${flag.value === undefined ? '' : ` <${flag.value}>`}`);
  if (flag.repeats) return option.argParser(appended);
  return flag.choices === undefined ? option : option.choices(flag.choices);
}

function appended(value: string, before: unknown): readonly unknown[] {
  const values: readonly unknown[] = Array.isArray(before) ? before : [];
  return [...values, value];
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
    return spec === undefined ? helpFor(words.slice(0, 1), table) : { kind: 'help', specs: [spec] };
  }
  const [first = '', hint = ''] = error.message.split('\n');
  const [, meant = ''] = /Did you mean (?:one of )?(.*)\?/.exec(hint) ?? [];
  const problem = first
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    // `--passphrase=secret` must not come back in a message that somebody pastes or logs.
    .replace(/^(unknown option '[^'=]*)=.*$/s, "$1'");
  const [family = ''] = words;
  const before = [
    ...(error.code === 'commander.unknownCommand' ? ['paraph'] : []),
    ...(table.some((candidate) => isOf(family, candidate)) ? [family] : []),
  ];
  const suggestions =
    meant === '' ? [] : meant.split(', ').map((word) => [...before, word].join(' '));
  return {
    kind: 'wrong',
    problem: valueOfSwitch(problem, spec) ?? problem,
    suggestions,
    command: spec?.name,
    flags: spec?.flags ?? [],
  };
}

/** `--quiet=yes`, which commander takes for a flag that there is not. */
function valueOfSwitch(problem: string, spec: CommandSpec | undefined): string | undefined {
  const [, name] = /^unknown option '--(.*)'$/.exec(problem) ?? [];
  const isSwitch = name === 'help' || spec?.flags.some((flag) => flag.name === name) === true;
  return isSwitch ? `--${name} takes no value` : undefined;
}
