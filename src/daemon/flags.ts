// The command line of both daemons, as Go's flag package reads notary's: one or two dashes, `-name value` or
// `-name=value`. There is nothing secret in it.
import { Failure } from '../errors.ts';

export interface DaemonFlags {
  readonly configFile: string | undefined;
  readonly isDebug: boolean;
  readonly isBootstrap: boolean;
  readonly isDryRun: boolean;
  readonly isVersion: boolean;
  readonly isHelp: boolean;
}

const takesValue: ReadonlySet<string> = new Set(['config', 'logf']);
const switches: ReadonlySet<string> = new Set([
  'debug',
  'bootstrap',
  'dry-run',
  'version',
  'help',
  'h',
]);
const flag = /^--?([^-=][^=]*)(?:=(.*))?$/s;
const on: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const off: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** @throws Failure USAGE naming the flag at fault */
export function parseDaemonFlags(args: readonly string[], program: string): DaemonFlags {
  const values = new Map<string, string>();
  const isOn = new Map<string, boolean>();
  for (let at = 0; at < args.length; at += 1) {
    const argument = args[at] ?? '';
    const [, name = '', attached] = flag.exec(argument) ?? [];
    if (takesValue.has(name)) {
      const value = attached ?? args[(at += 1)];
      if (value === undefined) throw misuse(`-${name} needs a value`, program);
      values.set(name, value);
    } else if (switches.has(name)) {
      isOn.set(name, switchValue(name, attached, program));
    } else {
      throw misuse(`${JSON.stringify(argument)} is not a flag of ${program}`, program);
    }
  }
  return {
    configFile: values.get('config'),
    isDebug: isOn.get('debug') ?? false,
    isBootstrap: isOn.get('bootstrap') ?? false,
    isDryRun: isOn.get('dry-run') ?? false,
    isVersion: isOn.get('version') ?? false,
    isHelp: isOn.get('help') ?? isOn.get('h') ?? false,
  };
}

function switchValue(name: string, attached: string | undefined, program: string): boolean {
  if (attached === undefined || on.has(attached)) return true;
  if (off.has(attached)) return false;
  throw misuse(`-${name} is on or off`, program);
}

function misuse(message: string, program: string): Failure {
  return new Failure('USAGE', message, { remedy: `${program} -help lists the flags.` });
}
