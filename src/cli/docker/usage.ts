// Help texts and complaints about the command line as docker sets them: its own template on cobra's tables, with the
// flags wrapped to the width of the terminal.
import { type CommandSpec, commandWords, lastCommand, ownFlags } from '../cobra/command.ts';
import { commandTable, flagRows } from '../cobra/usage.ts';
import type { DockerPath, Takes } from './command.ts';

/** Width where nothing is known of a terminal. */
export const plainWidth = 80;
/** pflag keeps this much of a line free, and moves a text that has less room than `minTextWidth`. */
const slop = 5;
const minTextWidth = 24;
const fallbackIndent = 16;

/** What `--help` prints. @param width of the terminal in characters */
export function dockerHelp(path: DockerPath, width: number): string {
  const { short, commands = [] } = lastCommand(path);
  const flags = ownFlags(path);
  const headings = commands.filter(({ body }) => body?.takes === 'heading');
  const others = commands.filter(({ body }) => body?.takes !== 'heading');
  const words = commandWords(path);
  return [
    `Usage:  ${commands.length > 0 ? `${words} COMMAND` : useLine(path)}\n`,
    `\n${short}\n`,
    ...(flags.length > 0 ? [`\nOptions:\n${wrappedFlags(path, width)}`] : []),
    ...section('Management Commands', headings),
    ...section('Commands', others),
    ...(commands.length > 0
      ? [`\nRun '${words} COMMAND --help' for more information on a command.\n`]
      : []),
  ].join('');
}

/** A complaint about flags, or the name of a command. */
export function complaint(message: string, path: DockerPath): string {
  const words = commandWords(path);
  return `${message}\n\nUsage:  ${useLine(path)}\n\nRun '${words} --help' for more information\n`;
}

/** What is wrong with the number of arguments, as a complaint; undefined when it is right. */
export function wrongCount(
  path: DockerPath,
  takes: Takes,
  args: readonly string[],
): string | undefined {
  const words = commandWords(path);
  if (takes === 'heading') {
    const [unknown] = args;
    if (unknown === undefined) return undefined;
    return complaint(`docker: unknown command: ${words} ${unknown}`, path);
  }
  if ('exactly' in takes) {
    if (args.length === takes.exactly) return undefined;
    return complaint(`docker: '${words}' requires ${counted(takes.exactly)}`, path);
  }
  if (args.length >= takes.atLeast) return undefined;
  const message = `docker: '${words}' requires at least ${counted(takes.atLeast)}`;
  return complaint(message, path).replace("\n\nRun '", "\n\nSee '");
}

function counted(count: number): string {
  return `${count} argument${count === 1 ? '' : 's'}`;
}

function useLine(path: DockerPath): string {
  const above = commandWords(path).split(' ').slice(0, -1);
  return [...above, lastCommand(path).use].join(' ');
}

function section(heading: string, commands: readonly CommandSpec<unknown>[]): readonly string[] {
  return commands.length > 0 ? [`\n${heading}:\n${commandTable(commands)}`] : [];
}

function wrappedFlags(path: DockerPath, width: number): string {
  const rows = flagRows(ownFlags(path));
  const indent = Math.max(0, ...rows.map(({ left }) => left.length)) + 3;
  return rows
    .map(({ left, right }) => `${left.padEnd(indent)}${wrapped(right, indent, width - 1)}\n`)
    .join('');
}

/** pflag's way of breaking lines. */
function wrapped(text: string, indent: number, width: number): string {
  const isNarrow = width - indent < minTextWidth;
  const column = isNarrow ? fallbackIndent : indent;
  const room = width - column;
  const before = isNarrow ? `\n${' '.repeat(column)}` : '';
  if (room < minTextWidth) return text;
  return before + broken(text, room - slop).join(`\n${' '.repeat(column)}`);
}

function broken(text: string, room: number): readonly string[] {
  if (room + slop > text.length) return [text];
  const space = text.slice(0, room).lastIndexOf(' ');
  if (space <= 0) return [text];
  return [text.slice(0, space), ...broken(text.slice(space + 1), room)];
}
