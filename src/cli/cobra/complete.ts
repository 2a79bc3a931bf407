// What may stand where somebody presses Tab, as cobra's hidden `__complete` tells the scripts of the shells.
import {
  type CommandPath,
  type CommandSpec,
  commandName,
  type FlagSpec,
  helpFlag,
  inheritedFlags,
  lastCommand,
  ownFlags,
} from './command.ts';
import { standsAlone } from './flag-parser.ts';
import { findCommand } from './parse.ts';

export interface Completion {
  readonly text: string;
  readonly about: string;
}

export interface Completions {
  readonly found: readonly Completion[];
  /** Whether files may stand there as well. */
  readonly allowsFiles: boolean;
}

/** @param words after the name of the program; the last is the one that is being typed, perhaps empty */
export function completionsOf(words: readonly string[], root: CommandSpec<unknown>): Completions {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const { path } = findCommand(before, [root]);
  const own = [...ownFlags(path), helpFlag(path)];
  const flags = [...inheritedFlags(path).toSorted(byName), ...own.toSorted(byName)];
  if (takesValue(before.at(-1) ?? '', flags)) return { found: [], allowsFiles: true };
  if (typed.startsWith('-')) return { found: flagsFor(typed, flags), allowsFiles: false };
  const commands = commandsBelow(path);
  return {
    found: commands
      .map((command) => ({ text: commandName(command), about: command.short }))
      .filter(({ text }) => text.startsWith(typed))
      .toSorted((a, b) => (a.text < b.text ? -1 : 1)),
    allowsFiles: commands.length === 0,
  };
}

function commandsBelow(path: CommandPath<unknown>): readonly CommandSpec<unknown>[] {
  return lastCommand(path).commands ?? [];
}

function takesValue(word: string, flags: readonly FlagSpec[]): boolean {
  const flag = flags.find(
    ({ name, shorthand }) => word === `--${name}` || word === `-${shorthand ?? ''}`,
  );
  return flag !== undefined && !standsAlone(flag);
}

function flagsFor(typed: string, flags: readonly FlagSpec[]): readonly Completion[] {
  return flags.flatMap(({ name, shorthand, usage, isHidden }) => {
    const forms = shorthand === undefined ? [`--${name}`] : [`--${name}`, `-${shorthand}`];
    return forms
      .filter((text) => isHidden !== true && text.startsWith(typed))
      .map((text) => ({ text, about: usage }));
  });
}

function byName(a: FlagSpec, b: FlagSpec): number {
  return a.name < b.name ? -1 : 1;
}
