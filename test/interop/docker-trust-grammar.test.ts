// The command line of docker trust beside docker 28's: every help text and every complaint, byte for byte, without a
// server. What ours should differ in is in docs/reference/differences.md.
import { beforeAll, describe, expect, it } from 'vitest';
import { dockerTrust } from '../cli/world.ts';
import { peer } from '../peers/peers.ts';
import { runCommand } from '../peers/program.ts';
import { useScratch } from '../peers/scratch.ts';

const scratch = useScratch();
let home: string;

beforeAll(async () => {
  home = await scratch.folder('home');
});

interface Said {
  readonly status: number | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const said = ({ status, stdout, stderr }: Said): Said => ({ status, stdout, stderr });

/** `words` come after docker's own flags; ours is called as docker calls a plug-in. */
async function sameWords(argv: readonly string[], input = ''): Promise<void> {
  const how = { cwd: home, env: { HOME: home }, input };
  const theirs = await runCommand(peer('docker-28'), argv, how);
  const own = await dockerTrust(argv, { homeDir: home, env: { HOME: home }, input });
  expect(said(own)).toEqual(said(theirs));
}

const commands: readonly (readonly string[])[] = [
  [],
  ['sign'],
  ['revoke'],
  ['inspect'],
  ['key'],
  ['key', 'generate'],
  ['key', 'load'],
  ['signer'],
  ['signer', 'add'],
  ['signer', 'remove'],
];

describe('the help of docker trust', () => {
  it.each(commands.map((words) => words.join(' ')))('%s is the same', async (line) => {
    await sameWords(['trust', ...line.split(' ').filter((word) => word !== ''), '--help']);
  });

  it('is the same by docker help, with -h, and between arguments', async () => {
    await sameWords(['help', 'trust', 'sign']);
    await sameWords(['trust', 'sign', '-h']);
    await sameWords(['trust', 'sign', 'a', '--help', 'b']);
    await sameWords(['-D', 'trust', 'key', '--help']);
  });
});

describe('a wrong command line', () => {
  it.each([
    'trust',
    'trust key',
    'trust signer',
    'trust bogus',
    'trust key bogus',
    'trust help sign',
    'trust sign',
    'trust sign a b',
    'trust sign --local=false',
    'trust revoke',
    'trust inspect',
    'trust key generate',
    'trust key generate a b',
    'trust key load',
    'trust signer add',
    'trust signer add x',
    'trust signer remove x',
    'trust sign --bogus a',
    'trust sign -xh',
    'trust sign -',
    'trust sign ---local a',
    'trust sign --local=x a',
    'trust sign --help --bogus',
    'trust inspect --pretty=maybe x',
    'trust signer add --key',
    'trust revoke -n a',
    'trust -D inspect',
    'trust --version',
    '--bogus trust',
    '-H',
    '--tlsverify=maybe trust inspect x',
    '-l loud trust inspect x',
    'trust sign -- --local',
    'trust sign registry.test/app',
    `trust sign registry.test/app@sha256:${'a'.repeat(64)}`,
    `trust revoke registry.test/app:v1@sha256:${'a'.repeat(64)}`,
    'trust signer add --key x.pub Bob registry.test/app',
    'trust signer add --key x.pub releases registry.test/app',
    'trust signer add bob registry.test/app',
  ])('%s is told in the same words', async (line) => {
    const theirs = await runCommand(peer('docker-28'), line.split(' '), {
      cwd: home,
      env: { HOME: home },
    });
    const own = await dockerTrust(line.split(' '), { homeDir: home, env: { HOME: home } });
    expect([own.status, own.stdout]).toEqual([theirs.status, theirs.stdout]);
    // Where docker says what is wrong with a value, ours may go on with what to do.
    const isUsage = theirs.stderr.includes('Usage:');
    expect(isUsage ? own.stderr : own.stderr.split('\n  ')[0]?.trimEnd()).toBe(
      isUsage ? theirs.stderr : theirs.stderr.trimEnd(),
    );
  });

  it('a question that nobody answers is a no', async () => {
    await sameWords(['trust', 'revoke', 'registry.test/app']);
    await sameWords(['trust', 'revoke', 'registry.test/app'], 'yes\n');
  });
});
