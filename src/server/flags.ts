// The command line of notary-server, as Go's flag package reads it: one or two dashes, `-name value` or
// `-name=value`. There is nothing secret in it.
import { Failure } from '../errors.ts';

export interface Flags {
  readonly configFile: string | undefined;
  readonly isDebug: boolean;
  readonly isBootstrap: boolean;
  readonly isVersion: boolean;
  readonly isHelp: boolean;
}

export const usage = `Usage: paraph-server [-config FILE] [-debug] [-bootstrap] [-version]

  -config FILE   notary-server's configuration file (json, yaml or toml); without it, the embedded
                 default: SQLite in a data directory, listening on 127.0.0.1:4443
  -debug         log at level debug
  -bootstrap     make the tables, then end
  -logf FORMAT   accepted for notary's sake; the log is JSON
  -version       print the version, then end
`;

const takesValue: ReadonlySet<string> = new Set(['config', 'logf']);
const switches: ReadonlySet<string> = new Set(['debug', 'bootstrap', 'version', 'help', 'h']);

/** @throws Failure USAGE naming the flag at fault */
export function parseFlags(args: readonly string[]): Flags {
  const given = new Map<string, string>();
  for (let at = 0; at < args.length; at += 1) {
    const argument = args[at] ?? '';
    const [, name = '', value] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
    if (takesValue.has(name)) {
      const text = value ?? args[(at += 1)];
      if (text === undefined) throw new Failure('USAGE', `-${name} needs a value`);
      given.set(name, text);
    } else if (switches.has(name)) {
      given.set(name, value ?? 'true');
    } else {
      throw new Failure('USAGE', `${JSON.stringify(argument)} is not a flag of paraph-server`);
    }
  }
  const isOn = (name: string): boolean => ['true', '1', 't'].includes(given.get(name) ?? '');
  return {
    configFile: given.get('config'),
    isDebug: isOn('debug'),
    isBootstrap: isOn('bootstrap'),
    isVersion: isOn('version'),
    isHelp: isOn('help') || isOn('h'),
  };
}
