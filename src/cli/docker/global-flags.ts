// docker's own flags, which stand before the command: which engine, where docker's directory is, how much to tell. The
// docker CLI hands them on to a plug-in as they were typed.
import type { FlagSpec } from '../cobra/command.ts';
import { parseFlags, standsAlone } from '../cobra/flag-parser.ts';
import type { FlagValues } from '../cobra/flag-values.ts';

export interface GlobalFlags {
  /** `--config`; undefined leaves it to DOCKER_CONFIG. */
  readonly configDir: string | undefined;
  readonly context: string | undefined;
  readonly hosts: readonly string[];
  readonly isDebug: boolean;
  /** Whether warnings are told. */
  readonly tellsWarnings: boolean;
  readonly isTls: boolean;
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly isVersionAsked: boolean;
  readonly isHelpAsked: boolean;
}

export type GlobalCall =
  | { readonly kind: 'read'; readonly globals: GlobalFlags; readonly rest: readonly string[] }
  | { readonly kind: 'wrong'; readonly what: 'flag' | 'value'; readonly message: string };

const specs: readonly FlagSpec[] = [
  { name: 'config', kind: 'string', usage: '' },
  { name: 'context', shorthand: 'c', kind: 'string', usage: '' },
  { name: 'debug', shorthand: 'D', kind: 'bool', usage: '' },
  { name: 'help', shorthand: 'h', kind: 'bool', usage: '' },
  { name: 'host', shorthand: 'H', kind: 'words', usage: '' },
  { name: 'log-level', shorthand: 'l', kind: 'string', usage: '', byDefault: 'info' },
  { name: 'tls', kind: 'bool', usage: '' },
  { name: 'tlscacert', kind: 'string', usage: '' },
  { name: 'tlscert', kind: 'string', usage: '' },
  { name: 'tlskey', kind: 'string', usage: '' },
  { name: 'tlsverify', kind: 'bool', usage: '' },
  { name: 'version', shorthand: 'v', kind: 'bool', usage: '' },
];

/** Levels of logrus, and whether a warning is told at each. */
const levels: ReadonlyMap<string, boolean> = new Map([
  ['trace', true],
  ['debug', true],
  ['info', true],
  ['warn', true],
  ['warning', true],
  ['error', false],
  ['fatal', false],
  ['panic', false],
]);

/** Reads the flags before the first other word. */
export function readGlobalFlags(argv: readonly string[]): GlobalCall {
  const end = firstWord(argv);
  const parsed = parseFlags(argv.slice(0, end), specs);
  if (parsed.kind === 'wrong') return { kind: 'wrong', what: 'flag', message: parsed.message };
  const { flags } = parsed;
  const level = flags.text('log-level');
  const tellsWarnings = levels.get(level.toLowerCase());
  if (tellsWarnings === undefined) {
    return { kind: 'wrong', what: 'value', message: `Unable to parse logging level: ${level}` };
  }
  return { kind: 'read', globals: { ...globalsOf(flags), tellsWarnings }, rest: argv.slice(end) };
}

/** Where the first word stands that is neither a flag nor the value of one. */
function firstWord(argv: readonly string[]): number {
  let index = 0;
  while (index < argv.length) {
    const word = argv[index] ?? '';
    if (!word.startsWith('-') || word === '-' || word === '--') break;
    index += takesNext(word) ? 2 : 1;
  }
  return Math.min(index, argv.length);
}

function takesNext(word: string): boolean {
  if (word.startsWith('--')) {
    const spec = specs.find(({ name }) => name === word.slice(2));
    return spec !== undefined && !standsAlone(spec);
  }
  for (const [index, letter] of Array.from(word.slice(1)).entries()) {
    const spec = specs.find(({ shorthand }) => shorthand === letter);
    if (spec === undefined) return false;
    // The rest of the word is its value, if there is a rest.
    if (!standsAlone(spec)) return index === word.length - 2;
  }
  return false;
}

function globalsOf(flags: FlagValues): Omit<GlobalFlags, 'tellsWarnings'> {
  const text = (name: string) => (flags.isGiven(name) ? flags.text(name) : undefined);
  return {
    configDir: text('config'),
    context: text('context'),
    hosts: flags.words('host'),
    isDebug: flags.isOn('debug'),
    isTls: flags.isOn('tls') || flags.isGiven('tlsverify'),
    caFile: text('tlscacert'),
    certFile: text('tlscert'),
    keyFile: text('tlskey'),
    isVersionAsked: flags.isOn('version'),
    isHelpAsked: flags.isOn('help'),
  };
}
