// Help texts as cobra's own templates set them. A program with another template brings its own and takes `flagRows`
// and `commandTable` from here.
import { goQuote } from '../go-text/quote.ts';
import {
  type CommandPath,
  type CommandSpec,
  commandName,
  commandWords,
  type FlagSpec,
  helpFlag,
  inheritedFlags,
  lastCommand,
  ownFlags,
} from './command.ts';

/** Makes the usage text of a command, with a line feed at its end. */
export type UsageTemplate = (path: CommandPath<unknown>, options?: UsageOptions) => string;

export interface UsageOptions {
  /** False while cobra has not given the command its `--help` yet. */
  readonly hasHelpFlag?: boolean;
}

/** What is shown at `--help`: what the command is for, then how it is used. */
export function helpText(path: CommandPath<unknown>, usage: UsageTemplate = cobraUsage): string {
  const { long, short } = lastCommand(path);
  return `${(long ?? short).trimEnd()}\n\n${usage(path)}`;
}

export const cobraUsage: UsageTemplate = (path, { hasHelpFlag = true } = {}) => {
  const { commands = [] } = lastCommand(path);
  const words = commandWords(path);
  const local = [...ownFlags(path), ...(hasHelpFlag ? [helpFlag(path)] : [])];
  const inherited = inheritedFlags(path);
  return [
    `Usage:${usageLine(path)}\n`,
    ...(commands.length > 0 ? [`  ${words} [command]\n`] : []),
    ...(commands.length > 0 ? [`\nAvailable Commands:\n${commandTable(commands)}`] : []),
    ...(local.length > 0 ? [`\nFlags:\n${flagTable(local)}`] : []),
    ...(inherited.length > 0 ? [`\nGlobal Flags:\n${flagTable(inherited)}`] : []),
    ...(commands.length > 0
      ? [`\nUse "${words} [command] --help" for more information about a command.\n`]
      : []),
  ].join('');
};

function usageLine(path: CommandPath<unknown>): string {
  const { use, body, hasBareUsageLine = false } = lastCommand(path);
  if (body === undefined) return '';
  const above = path.slice(0, -1).map(commandName);
  const flags = hasBareUsageLine || use.includes('[flags]') ? [] : ['[flags]'];
  return `\n  ${[...above, use, ...flags].join(' ')}`;
}

/** Names are set at least this wide. */
const minNameWidth = 11;

/** One line for each command, sorted by name. */
export function commandTable(commands: readonly CommandSpec<unknown>[]): string {
  const width = Math.max(minNameWidth, ...commands.map((command) => commandName(command).length));
  return sortedBy(commands, commandName)
    .map((command) => `  ${commandName(command).padEnd(width)} ${command.short}\n`)
    .join('');
}

/** One line for each flag, sorted by name. */
function flagTable(flags: readonly FlagSpec[]): string {
  const rows = flagRows(flags);
  const width = Math.max(0, ...rows.map(({ left }) => left.length));
  return rows
    .map(({ left, right }) => `${left.padEnd(width)}   ${right}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}

/** The two columns of that table, for a program that sets it otherwise. */
export function flagRows(
  flags: readonly FlagSpec[],
): readonly { readonly left: string; readonly right: string }[] {
  return sortedBy(flags, ({ name }) => name)
    .filter(({ isHidden }) => isHidden !== true)
    .map((flag) => ({ left: flagWords(flag), right: flagUsage(flag) }));
}

function flagWords(flag: FlagSpec): string {
  const { shorthand, name } = flag;
  const letter = shorthand === undefined ? '      ' : `  -${shorthand}, `;
  const value = valueName(flag);
  return `${letter}--${name}${value === '' ? '' : ` ${value}`}`;
}

function valueName({ kind, usage, valueName: named }: FlagSpec): string {
  const [, quoted] = /`([^`]*)`/.exec(usage) ?? [];
  return quoted ?? named ?? (kind === 'bool' ? '' : kind);
}

function flagUsage({ usage, byDefault }: FlagSpec): string {
  const shown = usage.replace(/`([^`]*)`/, '$1');
  return byDefault === undefined ? shown : `${shown} (default ${goQuote(byDefault)})`;
}

function sortedBy<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  return items.toSorted((a, b) => (key(a) < key(b) ? -1 : Number(key(a) > key(b))));
}
