// From an argument list to what is to be done: which command, with which flags and arguments; or a help text; or
// what is wrong, in cobra's words.
import { goQuote } from '../go-text/quote.ts';
import {
  type CommandPath,
  commandName,
  commandWords,
  type FlagSpec,
  helpFlag,
  inheritedFlags,
  lastCommand,
  ownFlags,
} from './command.ts';
import { parseFlags, standsAlone } from './flag-parser.ts';
import type { FlagValues } from './flag-values.ts';
import { suggestionsFor } from './suggestions.ts';

export type CobraCall<Body> =
  | {
      readonly kind: 'run';
      readonly path: CommandPath<Body>;
      readonly body: Body;
      readonly args: readonly string[];
      readonly flags: FlagValues;
    }
  /** `--help` was asked, or the command is only a heading. */
  | { readonly kind: 'help'; readonly path: CommandPath<Body> }
  | {
      readonly kind: 'wrong';
      readonly path: CommandPath<Body>;
      readonly what: 'command' | 'flag' | 'argument';
      readonly message: string;
    };

/** Reads `argv` (without the name of the program) against the tree below `root`. */
export function parseCobra<Body>(
  argv: readonly string[],
  root: CommandPath<Body>[0],
): CobraCall<Body> {
  const found = findCommand(argv, [root]);
  const { path, words } = found;
  const unknown = unknownCommand(found);
  if (unknown !== undefined) return { kind: 'wrong', path, what: 'command', message: unknown };
  const parsed = parseFlags(words, [...knownFlags(path), helpFlag(path)]);
  if (parsed.kind === 'wrong') {
    return { kind: 'wrong', path, what: 'flag', message: parsed.message };
  }
  const { flags, args } = parsed;
  const { body, args: wanted } = lastCommand(path);
  if (flags.isOn('help') || body === undefined) return { kind: 'help', path };
  if (wanted === 'none' && args[0] !== undefined) {
    const message = `unknown command ${goQuote(args[0])} for ${goQuote(commandWords(path))}`;
    return { kind: 'wrong', path, what: 'argument', message };
  }
  return { kind: 'run', path, body, args, flags };
}

interface Found<Body> {
  readonly path: CommandPath<Body>;
  /** The words without those that named the commands. */
  readonly words: readonly string[];
}

/** Goes down the tree along the words that are no flags and no values of flags. */
export function findCommand<Body>(words: readonly string[], path: CommandPath<Body>): Found<Body> {
  const index = firstPlainWord(words, knownFlags(path));
  const command = lastCommand(path).commands?.find(
    (candidate) => index !== undefined && commandName(candidate) === words[index],
  );
  if (command === undefined || index === undefined) return { path, words };
  return findCommand([...words.slice(0, index), ...words.slice(index + 1)], [...path, command]);
}

/** Only a program itself refuses words that name no command of it. */
export function unknownCommand({ path, words }: Found<unknown>): string | undefined {
  const { commands = [] } = lastCommand(path);
  if (path.length > 1 || commands.length === 0) return undefined;
  const index = firstPlainWord(words, knownFlags(path));
  const typed = index === undefined ? undefined : words[index];
  if (typed === undefined) return undefined;
  const meant = suggestionsFor(
    typed,
    commands.filter((command) => commandName(command) !== 'help'),
  );
  const hint =
    meant.length === 0
      ? ''
      : `\n\nDid you mean this?\n${meant.map((name) => `\t${name}\n`).join('')}`;
  return `unknown command ${goQuote(typed)} for ${goQuote(commandWords(path))}${hint}`;
}

function knownFlags(path: CommandPath<unknown>): readonly FlagSpec[] {
  return [...ownFlags(path), ...inheritedFlags(path)];
}

/**
 * Where the first word stands that is neither a flag nor, as far as can be known here, the value of one. A flag
 * that nobody knows is taken to have a value.
 */
function firstPlainWord(words: readonly string[], specs: readonly FlagSpec[]): number | undefined {
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '--') return undefined;
    if (!word.startsWith('-')) {
      if (word !== '') return index;
    } else if (takesNextWord(word, specs)) {
      // With one word left, which would be the value, there is no command.
      if (index + 2 >= words.length) return undefined;
      index += 1;
    }
  }
  return undefined;
}

function takesNextWord(word: string, specs: readonly FlagSpec[]): boolean {
  if (word.includes('=')) return false;
  const isLong = word.startsWith('--');
  if (!isLong && word.length !== 2) return false;
  const name = word.slice(isLong ? 2 : 1);
  const spec = specs.find((known) => (isLong ? known.name : known.shorthand) === name);
  return spec === undefined || !standsAlone(spec);
}
