// Help texts, made from the command table.
import { wrap } from '../render/wrap.ts';
import { type CommandSpec, type FlagSpec, groups } from './command.ts';

/** Texts fit a terminal of 80 columns and a little more; help is read, not searched. */
const helpWidth = 100;

/** Help for one command, or an overview of several. */
export function helpText(specs: readonly CommandSpec[]): string {
  const [only, ...others] = specs;
  return only !== undefined && others.length === 0 ? commandHelp(only) : overviewHelp(specs);
}

/** The whole of `paraph help`, or of one family of commands. */
function overviewHelp(commands: readonly CommandSpec[]): string {
  const shown = commands.map((spec) => [`${spec.name} ${spec.arguments}`.trim(), spec] as const);
  const width = Math.max(...shown.map(([usage]) => usage.length));
  const sections = groups.flatMap((group) => {
    const lines = shown
      .filter(([, spec]) => spec.group === group)
      .map(([usage, spec]) => `  ${usage.padEnd(width)}  ${spec.summary}`);
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
  return `--${flag.name}${value === undefined ? '' : ` ${value}`}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
