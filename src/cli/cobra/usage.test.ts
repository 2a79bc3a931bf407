import { describe, expect, it } from 'vitest';
import type { CommandSpec } from './command.ts';
import { cobraUsage, helpText } from './usage.ts';

const add: CommandSpec<number> = {
  use: 'add [ GUN ] <file>',
  short: 'Adds.',
  long: 'Adds a file.  \n',
  body: 1,
  flags: [
    { name: 'roles', shorthand: 'r', kind: 'strings', usage: 'Roles of `ROLE`' },
    { name: 'role', kind: 'string', usage: 'The "one".', byDefault: 'root' },
    { name: 'secret', kind: 'bool', usage: 'Not shown', isHidden: true },
    { name: 'publish', shorthand: 'p', kind: 'bool', usage: 'At once' },
  ],
};
const root: CommandSpec<number> = {
  use: 'prog',
  short: 'A program.',
  body: 0,
  persistentFlags: [{ name: 'server', shorthand: 's', kind: 'string', usage: 'Where' }],
  commands: [add, { use: 'a-long-command-name', short: 'Long.', body: 2, hasBareUsageLine: true }],
};

describe('the usage of cobra', () => {
  it('lists commands by name, and flags of the program as its own', () => {
    expect(cobraUsage([root])).toBe(`Usage:
  prog [flags]
  prog [command]

Available Commands:
  a-long-command-name Long.
  add                 Adds.

Flags:
  -h, --help            help for prog
  -s, --server string   Where

Use "prog [command] --help" for more information about a command.
`);
  });

  it('names values, defaults and flags from above', () => {
    expect(helpText([root, add])).toBe(`Adds a file.

Usage:
  prog add [ GUN ] <file> [flags]

Flags:
  -h, --help          help for add
  -p, --publish       At once
      --role string   The "one". (default "root")
  -r, --roles ROLE    Roles of ROLE

Global Flags:
  -s, --server string   Where
`);
  });

  it('leaves --help out before a command has it', () => {
    expect(cobraUsage([root, add], { hasHelpFlag: false })).not.toContain('--help');
  });

  it('takes another template for the lower half of a help text', () => {
    expect(helpText([root, add], () => 'Try it.\n')).toBe('Adds a file.\n\nTry it.\n');
  });
});
