import { describe, expect, it } from 'vitest';
import type { CommandSpec } from './command.ts';
import { type CobraCall, parseCobra } from './parse.ts';

const list: CommandSpec<string> = {
  use: 'list [ GUN ]',
  short: 'Lists.',
  body: 'list',
  flags: [
    { name: 'roles', shorthand: 'r', kind: 'strings', usage: 'Roles' },
    { name: 'number', shorthand: 'n', kind: 'ints', usage: 'Numbers' },
    { name: 'legacy', shorthand: 'l', kind: 'int', usage: 'Old ones' },
    { name: 'all', kind: 'bool', usage: 'All' },
    { name: 'role', kind: 'string', usage: 'Role', byDefault: 'root' },
    { name: 'key', kind: 'words', usage: 'Files' },
  ],
};
const root: CommandSpec<string> = {
  use: 'prog',
  short: 'A program.',
  body: 'root',
  persistentFlags: [
    { name: 'server', shorthand: 's', kind: 'string', usage: 'Where' },
    { name: 'debug', shorthand: 'D', kind: 'bool', usage: 'Much' },
    { name: 'verbose', shorthand: 'v', kind: 'bool', usage: 'More' },
  ],
  flags: [{ name: 'version', kind: 'bool', usage: 'Version' }],
  commands: [
    list,
    { use: 'lookup', short: 'Looks up.', body: 'lookup' },
    {
      use: 'key',
      short: 'Keys.',
      commands: [
        { use: 'list', short: 'Lists keys.', body: 'key list' },
        { use: 'bare', short: 'No arguments.', body: 'bare', args: 'none' },
      ],
    },
    { use: 'help [command]', short: 'Help', body: 'help' },
  ],
};

const parse = (...argv: readonly string[]): CobraCall<string> => parseCobra(argv, root);

function run(...argv: readonly string[]): CobraCall<string> & { kind: 'run' } {
  const call = parse(...argv);
  if (call.kind !== 'run') throw new Error(JSON.stringify(call));
  return call;
}

function wrong(...argv: readonly string[]): string {
  const call = parse(...argv);
  if (call.kind !== 'wrong') throw new Error(JSON.stringify(call));
  return call.message;
}

describe('a command', () => {
  it.each([
    [['list', 'a'], 'list', ['a']],
    [['-s', 'list', 'lookup', 'a'], 'lookup', ['a']],
    [['-D', 'key', '-v', 'list', 'x'], 'key list', ['x']],
    [['list', 'list'], 'list', ['list']],
    [['--server=list', 'list'], 'list', []],
    [['list', '--', '--all', '-x'], 'list', ['--all', '-x']],
    [['list', '-', 'b'], 'list', ['-', 'b']],
    [[], 'root', []],
    [['--', 'list'], 'root', ['list']],
    [[''], 'root', ['']],
  ] as const)('is found in %j', (argv, body, args) => {
    expect(run(...argv)).toMatchObject({ body, args });
  });

  it('that is only a heading answers with its help, whatever follows', () => {
    expect(parse('key')).toMatchObject({ kind: 'help', path: [root, { use: 'key' }] });
    expect(parse('key', 'nothing')).toMatchObject({ kind: 'help' });
  });

  it('that is not there is told, with what may have been meant', () => {
    expect(wrong('foo')).toBe('unknown command "foo" for "prog"');
    expect(wrong('l')).toBe(
      'unknown command "l" for "prog"\n\nDid you mean this?\n\tlist\n\tlookup\n',
    );
    expect(wrong('lits')).toContain('\n\tlist\n');
    expect(wrong('HELP')).toBe('unknown command "HELP" for "prog"');
    expect(wrong('a\u001b[2J')).toBe('unknown command "a\\x1b[2J" for "prog"');
  });

  it('that takes no arguments refuses one', () => {
    expect(wrong('key', 'bare', 'x')).toBe('unknown command "x" for "prog key bare"');
  });
});

describe('flags', () => {
  it('stand anywhere, and lists grow', () => {
    const { flags, args } = run('list', '-rtargets/a', 'gun', '--roles', 'b,"c,d"', '-r=e', '-vD');
    expect(flags.list('roles')).toEqual(['targets/a', 'b', 'c,d', 'e']);
    expect(args).toEqual(['gun']);
    expect([flags.isOn('debug'), flags.isOn('verbose'), flags.isOn('all')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('tell a list that is empty from one that was not given', () => {
    expect(run('list').flags.isGiven('roles')).toBe(false);
    const { flags } = run('list', '--roles=');
    expect([flags.isGiven('roles'), flags.list('roles')]).toEqual([true, []]);
  });

  it('of words are not split', () => {
    const { flags } = run('list', '--key', 'a,b', '--key=');
    expect([flags.isGiven('key'), flags.words('key')]).toEqual([true, ['a,b', '']]);
  });

  it('have the last value given, or their default', () => {
    expect(run('list').flags.text('role')).toBe('root');
    expect(run('list', '--role', 'a', '--role=').flags.text('role')).toBe('');
    expect(run('list', '--all', '--all=false').flags.isOn('all')).toBe(false);
  });

  it('read whole numbers, in any base where pflag does', () => {
    const { flags } = run('list', '-n1,2', '-n', '-3', '-l', '0x1_0');
    expect(flags.integers('number')).toEqual([1n, 2n, -3n]);
    expect(flags.integer('legacy')).toBe(16n);
  });

  it.each([
    [['list', '--foo=secret'], 'unknown flag: --foo'],
    [['list', '-Dxv'], "unknown shorthand flag: 'x' in -xv"],
    [['list', '-é'], "unknown shorthand flag: 'Ã' in -é"],
    [['list', '--roles'], 'flag needs an argument: --roles'],
    [['list', '-Dr'], "flag needs an argument: 'r' in -r"],
    [['list', '---a'], 'bad flag syntax: ---a'],
    [['list', '--=a'], 'bad flag syntax: --=a'],
    [
      ['list', '-nx'],
      'invalid argument "x" for "-n, --number" flag: strconv.Atoi: parsing "x": invalid syntax',
    ],
    [
      ['list', '-l', '9223372036854775808'],
      'invalid argument "9223372036854775808" for "-l, --legacy" flag: strconv.ParseInt: parsing "9223372036854775808": value out of range',
    ],
    [
      ['list', '--all=maybe'],
      'invalid argument "maybe" for "--all" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [
      ['list', '--roles', 'a"b'],
      'invalid argument "a\\"b" for "-r, --roles" flag: parse error on line 1, column 2: bare " in non-quoted-field',
    ],
    [
      ['list', '--roles', '"a\nb" c'],
      'invalid argument "\\"a\\nb\\" c" for "-r, --roles" flag: record on line 1; parse error on line 2, column 2: extraneous or missing " in quoted-field',
    ],
  ] as const)('of %j are refused in the words of pflag', (argv, message) => {
    expect(wrong(...argv)).toBe(message);
  });

  it('ask for help from anywhere, after all others were found good', () => {
    expect(parse('list', 'a', '--help', '-v')).toMatchObject({ kind: 'help' });
    expect(parse('list', '--help=false')).toMatchObject({ kind: 'run' });
    expect(wrong('list', '-h', '--foo')).toBe('unknown flag: --foo');
  });

  it('of another command are a defect of the body that asks for them', () => {
    const { flags } = run('list');
    expect(() => flags.text('publish')).toThrow('there is no string flag --publish');
    expect(() => flags.text('roles')).toThrow('there is no string flag --roles');
  });
});
