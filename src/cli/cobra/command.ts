// A command line of Go's cobra and pflag as data: a tree of commands with their flags. Nothing is loaded or run here;
// what a command does is a body of whatever type the grammar likes.

/** The kinds of values that flags have, named as help texts show them; `words` is a list that no comma splits. */
export type FlagKind = 'bool' | 'string' | 'int' | 'strings' | 'ints' | 'words';

export interface FlagSpec {
  readonly name: string;
  /** One letter. */
  readonly shorthand?: string;
  readonly kind: FlagKind;
  /** For the help text; a word in back quotes names the value. */
  readonly usage: string;
  /** Value of a `string` flag that is not given. */
  readonly byDefault?: string;
  /** How the help text names the value, where that is not the kind. */
  readonly valueName?: string;
  readonly isHidden?: boolean;
}

export interface CommandSpec<Body> {
  /** Name and, after it, what people are to write: `list [ GUN ]`. */
  readonly use: string;
  readonly short: string;
  readonly long?: string;
  readonly flags?: readonly FlagSpec[];
  /** Flags of this command and all below it. */
  readonly persistentFlags?: readonly FlagSpec[];
  /** Below this one, in the order in which they are suggested. */
  readonly commands?: readonly CommandSpec<Body>[];
  /** Absent: only a heading for others. */
  readonly body?: Body;
  /** `none`: an argument is an error here; otherwise the body looks at them. */
  readonly args?: 'none';
  /** Leaves `[flags]` out of the usage line. */
  readonly hasBareUsageLine?: boolean;
}

/** A command with those above it, the program first. */
export type CommandPath<Body> = readonly [CommandSpec<Body>, ...CommandSpec<Body>[]];

export function commandName({ use }: CommandSpec<unknown>): string {
  return use.split(' ', 1)[0] ?? use;
}

/** `notary delegation add` */
export function commandWords(path: CommandPath<unknown>): string {
  return path.map(commandName).join(' ');
}

export function lastCommand<Body>(path: CommandPath<Body>): CommandSpec<Body> {
  return path.at(-1) ?? path[0];
}

/** Flags that the last command of `path` brings itself, without `--help`. */
export function ownFlags(path: CommandPath<unknown>): readonly FlagSpec[] {
  const { flags = [], persistentFlags = [] } = lastCommand(path);
  return [...flags, ...persistentFlags];
}

/** Flags that come from the commands above; one that is defined again below is not among them. */
export function inheritedFlags(path: CommandPath<unknown>): readonly FlagSpec[] {
  const own = new Set(ownFlags(path).map(({ name }) => name));
  return path
    .slice(0, -1)
    .flatMap(({ persistentFlags = [] }) => persistentFlags)
    .filter(({ name }) => !own.has(name));
}

/** Cobra gives every command this flag. */
export function helpFlag(path: CommandPath<unknown>): FlagSpec {
  const usage = `help for ${commandName(lastCommand(path))}`;
  return { name: 'help', shorthand: 'h', kind: 'bool', usage };
}
