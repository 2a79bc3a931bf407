// The notary command line beside the real one: every help text and every error of the arguments, byte for byte, without
// a server. What our words should differ in is named here and nowhere else.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { notary as ours } from '../cli/world.ts';
import { peer } from '../peers/peers.ts';
import { type Outcome, runCommand } from '../peers/program.ts';
import { useScratch } from '../peers/scratch.ts';

const scratch = useScratch();
let home: string;

beforeAll(async () => {
  home = await scratch.folder('home');
});

function real(argv: readonly string[], input = ''): Promise<Outcome> {
  return runCommand(peer('notary'), argv, { cwd: home, env: { HOME: home }, input });
}

/** What the real one and ours say and end with. */
async function bothSay(argv: readonly string[], input = '') {
  const [theirs, own] = [
    await real(argv, input),
    await ours(argv, { homeDir: home, env: { HOME: home }, input }),
  ];
  const said = ({ status, stdout }: { status: number | null | undefined; stdout: string }) => ({
    status,
    stdout,
  });
  return { theirs: said(theirs), own: said(own) };
}

async function sameWords(argv: readonly string[], input = ''): Promise<void> {
  const { theirs, own } = await bothSay(argv, input);
  expect(own).toEqual(theirs);
}

const commands = [
  '',
  'add',
  'addhash',
  'completion',
  'completion bash',
  'completion fish',
  'completion powershell',
  'completion zsh',
  'delegation',
  'delegation add',
  'delegation list',
  'delegation purge',
  'delegation remove',
  'delete',
  'help',
  'init',
  'key',
  'key export',
  'key generate',
  'key import',
  'key list',
  'key passwd',
  'key remove',
  'key rotate',
  'list',
  'lookup',
  'publish',
  'remove',
  'reset',
  'status',
  'verify',
  'version',
  'witness',
] as const;

const words = (line: string): readonly string[] => line.split(' ').filter((word) => word !== '');

describe('help', () => {
  it.each(commands)('of `notary %s` is the same', async (command) => {
    await sameWords([...words(command), '--help']);
    await sameWords(['help', ...words(command)]);
    await sameWords(['-h', ...words(command), '-v']);
  });

  it.each(['', '-v', 'key', 'delegation', 'key nothing', 'completion nothing', 'help key nothing'])(
    'is what `notary %s` shows',
    async (line) => {
      await sameWords(words(line));
    },
  );

  it.each([['nothing'], ['nothing', 'more'], ['a`b', 'c\u001b[0m'], ['--nothing']])(
    'of %j, which is no command, is the same',
    async (...topic) => {
      await sameWords(['help', ...topic]);
    },
  );
});

describe('words that name no command or flag', () => {
  it.each([
    ['foo'],
    ['lits'],
    ['l'],
    ['r'],
    ['ST'],
    ['HE'],
    ['a\u001b[2Jb'],
    ['--', 'list'],
    [''],
    ['--foo'],
    ['-x'],
    ['-é'],
    ['list', '--foo'],
    ['list', '--foo=bar'],
    ['list', '-Dvz', 'a'],
    ['list', '-r'],
    ['list', '--roles'],
    ['--tlscacert'],
    ['list', '---x'],
    ['list', '--=x'],
    ['list', '-=x'],
    ['--version', 'list'],
    ['--version=x'],
    ['--verbose=maybe', 'list'],
    ['list', '--help=x'],
    ['list', '-h', '--foo'],
    ['list', '--roles', 'a"b', 'x'],
    ['list', '--roles', '"ab', 'x'],
    ['list', '--roles', '"a"b', 'x'],
    ['list', '--roles', '"a\nb" c', 'x'],
    ['list', '--roles', '\n', 'x'],
    ['list', '--roles', 'a\u0001é\u202e"', 'x'],
    ['reset', 'a', '-n', 'x'],
    ['reset', 'a', '-n', ''],
    ['reset', 'a', '-n', '1,99999999999999999999'],
    ['key', 'rotate', 'a', 'b', '-l', '0x'],
    ['completion', 'bash', 'extra'],
    ['help', 'list', '-x'],
  ])('%j are refused alike', async (...argv) => {
    await sameWords(argv);
  });
});

describe('too few or wrong arguments', () => {
  it.each([
    'add',
    'add gun target',
    'addhash gun target 1',
    'addhash gun',
    'addhash gun target 1 --sha256 abc',
    'addhash gun target abc --sha256 abc',
    'addhash gun target 0x --sha512 abc',
    'delegation add gun',
    'delegation add gun targets/a',
    'delegation list',
    'delegation list a b',
    'delegation purge',
    'delegation purge gun',
    'delegation remove gun',
    'delegation remove gun targets/UPPER',
    'delegation remove gun root',
    'delete',
    'init',
    'key export extra',
    'key export --gun a --key b',
    'key generate a b',
    'key generate rsa',
    'key import',
    'key import nothing.pem',
    'key list extra',
    'key passwd',
    'key passwd abc',
    'key remove',
    'key remove abc',
    'key rotate',
    'key rotate gun',
    'list',
    'lookup gun',
    'publish',
    'remove gun',
    'reset gun',
    'reset',
    'status',
    'verify gun',
    'witness gun',
  ])('`notary %s` fails alike', async (line) => {
    await sameWords(words(line));
  });
});

describe('completion', () => {
  it.each([
    [''],
    ['lis'],
    ['zzz'],
    ['key', ''],
    ['key', 'p'],
    ['list', '-'],
    ['list', '--r'],
    ['list', ''],
    ['list', '-r', ''],
    ['-c', 'x', 'delegation', 'add', '--p'],
    ['-'],
    ['completion', ''],
  ])('of %j is the same', async (...line) => {
    await sameWords(['__complete', ...line]);
    await sameWords(['__completeNoDesc', ...line]);
  });

  it('needs something to complete', async () => {
    await sameWords(['__complete']);
  });
});

describe('version', () => {
  it('has the form of the real one, with our version in it', async () => {
    const { version } = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
    );
    const { theirs, own } = await bothSay(['--version']);
    expect(theirs.stdout).toMatch(/^notary Version: .*, Git commit: .*, Go version: .*\n$/);
    expect(own.stdout).toMatch(/^notary Version: .*, Git commit: .*, Go version: .*\n$/);
    expect(own.stdout).toContain(`Version: ${version},`);
    const table = /^notary\n Version: {4}.*\n Git commit: .*\n Go version: .*\n$/;
    const command = await bothSay(['version', 'whatever']);
    expect([command.theirs.stdout, command.own.stdout]).toEqual([
      expect.stringMatching(table),
      expect.stringMatching(table),
    ]);
  });
});
