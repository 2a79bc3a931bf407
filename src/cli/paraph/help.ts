// Help texts, made from the command table.
import { wrap } from '../render/wrap.ts';
import { type CommandSpec, type FlagSpec, families, groups } from './command.ts';

/** Texts fit a terminal of 80 columns and a little more; help is read, not searched. */
const helpWidth = 100;
/** The overview fits a narrow screen. */
const overviewWidth = 80;

/** Help for one command, or an overview of several. */
export function helpText(specs: readonly CommandSpec[]): string {
  const [only, ...others] = specs;
  return only !== undefined && others.length === 0 ? commandHelp(only) : overviewHelp(specs);
}

/** The whole of `paraph help`, or of one family of commands. */
function overviewHelp(commands: readonly CommandSpec[]): string {
  const isOneFamily = new Set(commands.map(({ name }) => name.split(' ')[0])).size === 1;
  const shown = isOneFamily ? commands.map(ownRow) : familyRows(commands);
  const width = Math.max(...shown.map(({ usage }) => usage.length));
  const sections = groups.flatMap((group) => {
    const lines = shown.filter((row) => row.group === group).flatMap((row) => rowLines(row, width));
    return lines.length === 0 ? [] : ['', capital(group), ...lines];
  });
  return [
    'Paraph signs image tags, and gives consumers the digest that the publisher meant or a refusal.',
    ...sections,
    '',
    'paraph COMMAND --help   examples and flags of a command',
    'paraph --version        the version',
    '',
  ].join('\n');
}

interface Row {
  readonly group: CommandSpec['group'];
  readonly usage: string;
  readonly summary: string;
}

function ownRow({ group, name, arguments: args, summary }: CommandSpec): Row {
  return { group, usage: `${name} ${args}`.trim(), summary };
}

/** One row a command, but one for all of a family, so that everything fits one screen. */
function familyRows(commands: readonly CommandSpec[]): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const spec of commands) {
    const [noun = '', verb] = spec.name.split(' ');
    const { group } = spec;
    const key = `${group} ${noun}`;
    const family = rows.get(key);
    if (verb === undefined) rows.set(key, ownRow(spec));
    else if (family === undefined)
      rows.set(key, { group, usage: `${noun} …`, summary: `${topicOf(noun)}${verb}` });
    else rows.set(key, { ...family, summary: `${family.summary}, ${verb}` });
  }
  return [...rows.values()];
}

function topicOf(noun: string): string {
  const what = families[noun];
  return what === undefined ? '' : `${what}: `;
}

function rowLines({ usage, summary }: Row, usageWidth: number): readonly string[] {
  const [first = '', ...more] = wrap(summary, overviewWidth - usageWidth - 4, '');
  const indent = ' '.repeat(usageWidth + 4);
  return [`  ${usage.padEnd(usageWidth)}  ${first}`, ...more.map((line) => indent + line)];
}

/** What a command is for, examples, then flags. */
function commandHelp(spec: CommandSpec): string {
  const about = spec.about === undefined ? [] : ['', ...wrap(spec.about, helpWidth, '')];
  const usage = ['paraph', spec.name, spec.flags.length > 0 ? '[FLAG…]' : '', spec.arguments];
  return [
    `${capital(spec.summary)}.`,
    ...about,
    '',
    'Examples',
    ...spec.examples.flatMap(([command, effect]) => [`  ${command}`, `      ${effect}`]),
    '',
    'Usage',
    `  ${usage.filter((part) => part !== '').join(' ')}`,
    ...(spec.isProgram ? [] : flagLines(spec.flags)),
    '',
  ].join('\n');
}

function flagLines(flags: readonly FlagSpec[]): readonly string[] {
  const all = [...flags, { name: 'help', summary: 'print this' }];
  const width = Math.max(...all.map((flag) => flagUsage(flag).length));
  return ['', 'Flags', ...all.map((flag) => `  ${flagUsage(flag).padEnd(width)}  ${flag.summary}`)];
}

/** As in `--output text|json`. */
function flagUsage(flag: FlagSpec): string {
  const value = flag.choices?.join('|') ?? flag.value;
  return `--${flag.name}${value === undefined ? '' : ` ${value}`}${flag.repeats ? '…' : ''}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
