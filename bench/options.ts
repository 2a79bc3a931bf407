// What the command line of `npm run bench` may say.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface Options {
  /** The form for CI: under a minute, judged by ratios with a generous margin, never by absolute figures. */
  readonly isShort: boolean;
  /** Only suites whose name contains one of these. */
  readonly only: readonly string[];
  /** Where our servers leave V8 profiles of their processor time. Slows them: no figures to keep. */
  readonly profileFolder: string | undefined;
  /** Where to write the figures as JSON. */
  readonly jsonFile: string | undefined;
}

export const usage = `npm run bench -- [--short] [--only NAME]... [--json FILE] [--profile FOLDER]

Runs the Go programs and Paraph side by side and prints one table. A whole run also writes
docs/performance.md.

  --short       under a minute, for CI: fails on ratios far from the budget, never on absolute figures
  --only NAME   only suites whose name contains NAME
  --json FILE   writes the figures to FILE
  --profile FOLDER
                our servers leave CPU profiles there; they are slower meanwhile`;

/** @throws TypeError from node:util for an unknown argument */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      short: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    isShort: values.short,
    only: values.only,
    jsonFile: values.json,
    profileFolder: values.profile && resolve(values.profile),
  };
}
