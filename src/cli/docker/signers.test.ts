// Signers of a repository, what is shown of it and what is taken away again, before a whole stack.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type DockerScene,
  type DockerUser,
  startDockerScene,
} from '../../../test/cli/docker-trust-scene.ts';

let scene: DockerScene;
let repository: string;
let alice: DockerUser;
let bob: DockerUser;

beforeAll(async () => {
  scene = await startDockerScene();
  alice = scene.user('alice');
  bob = scene.user('bob');
  await alice.trust(['key', 'generate', 'alice']);
  await bob.trust(['key', 'generate', 'bob']);
  copyFileSync(join(bob.home, 'bob.pub'), join(alice.home, 'bob.pub'));
});
afterAll(() => scene.close());

/** A repository with both as signers, whose tags are signed by alice. */
async function withSigners(...tags: readonly string[]): Promise<void> {
  repository = scene.freshRepository();
  await add('alice', repository);
  for (const tag of tags) {
    await scene.stack.push(tag, tag, repository);
    await alice.trust(['sign', `${repository}:${tag}`]);
  }
  await add('bob', repository);
}

const add = (name: string, ...repositories: readonly string[]) =>
  alice.trust(['signer', 'add', '--key', `${name}.pub`, name, ...repositories]);

async function pretty(): Promise<string> {
  return (await alice.trust(['inspect', '--pretty', repository])).stdout;
}

describe('docker trust signer add', () => {
  beforeEach(() => {
    repository = scene.freshRepository();
  });

  it('makes the repository, with the signer', async () => {
    expect(await add('alice', repository)).toEqual({
      status: 0,
      stderr: '',
      stdout: `Adding signer "alice" to ${repository}...
Initializing signed repository for ${repository}...
Successfully initialized "${repository}"
Successfully added signer: alice to ${repository}

`,
    });
    expect(await pretty()).toMatch(
      /^\nNo signatures for .*\n\n\nList of signers and their keys for .*\n\nSIGNER {4}KEYS\nalice {5}[0-9a-f]{12}\n/,
    );
    const roles = Array.from(alice.keyFiles().values(), (text) => /^role: (.*)$/m.exec(text)?.[1]);
    expect(new Set(roles)).toEqual(new Set(['alice', 'root', 'targets']));
  });

  it('adds a signer who then signs alone', async () => {
    await add('alice', repository);
    expect((await add('bob', repository)).stdout).not.toContain('Initializ');
    await scene.stack.push('v1', 'one', repository);
    expect(await bob.trust(['sign', `${repository}:v1`])).toMatchObject({ status: 0 });
    expect(await pretty()).toMatch(/^v1 {11}[0-9a-f]{64} {3}bob$/m);
  });

  it('goes on with the next repository when one fails', async () => {
    const other = scene.freshRepository();
    await bob.trust(['signer', 'add', '--key', 'bob.pub', 'bob', other]);
    const { status, stdout, stderr } = await add('alice', other, 'Bad:name:x', `${repository}:tag`);
    expect(status).toBe(1);
    expect(stdout).toContain(`Successfully added signer: alice to ${repository}:tag\n\n`);
    expect(stderr).toMatch(
      /^could not find necessary signing keys, at least one of these keys must be available: [0-9a-f]{64}\n/,
    );
    expect(stderr).toContain(
      '\ninvalid reference format: repository name (library/Bad) must be lowercase\n',
    );
    expect(stderr.endsWith(`\n\nfailed to add signer to: ${other}, Bad:name:x\n`)).toBe(true);
  });

  it.each([
    [['Bob', 'x.pub'], 'signer name "Bob" must start with lowercase alphanumeric characters'],
    [
      ['root', 'alice.pub'],
      'signer name "root" is the name of a role, use a different signer name',
    ],
    [['releases', 'alice.pub'], 'releases is a reserved keyword, use a different signer name\n'],
    [
      ['carol', 'none.pub'],
      'unable to read public key from file: open none.pub: no such file or directory\n',
    ],
    [['carol', '.'], 'unable to read public key from file: read .: is a directory\n'],
    [
      ['carol', 'garbage'],
      'could not parse public key from file: garbage: no valid public key found\n',
    ],
  ])('refuses %j before anything is asked of a server', async ([name = '', file = ''], words) => {
    alice.file('garbage', 'not a key');
    const argv = ['signer', 'add', '--key', file, name, repository];
    const { status, stdout, stderr } = await alice.trust(argv, {
      env: { DOCKER_CONTENT_TRUST_SERVER: 'https://localhost:9' },
    });
    expect([status, stdout, stderr.startsWith(words)]).toEqual([1, '', true]);
  });
});

describe('docker trust signer remove', () => {
  const question = () =>
    `The signer "alice" signed the last released version of ${repository}. Removing this signer will make ${repository} unpullable. Are you sure you want to continue? [y/N] `;

  beforeAll(() => withSigners('v1'));

  it.each([
    ['nobody', (name: string) => `no signer ${name} for repository ${repository}\n`],
    ['releases', () => 'releases is a reserved keyword and cannot be removed\n'],
  ])('of %s fails, and says for which repositories', async (name, words) => {
    const { status, stderr } = await alice.trust(['signer', 'remove', name, repository]);
    expect(status).toBe(1);
    expect(stderr).toBe(`${words(name)}\nerror removing signer from: ${repository}\n`);
  });

  it('of a repository that is not there fails', async () => {
    const { stderr } = await alice.trust(['signer', 'remove', 'bob', `${repository}x`]);
    expect(stderr).toMatch(/^error retrieving signers for .*: .* does not have trust data for /);
  });

  it('removes a signer who is not the last, and asks nothing', async () => {
    expect(await alice.trust(['signer', 'remove', 'bob', repository])).toEqual({
      status: 0,
      stderr: '',
      stdout: `Removing signer "bob" from ${repository}...\nSuccessfully removed bob from ${repository}\n\n`,
    });
    expect(await pretty()).not.toContain('bob');
    await scene.stack.push('v2', 'two', repository);
    const refused = await bob.trust(['sign', `${repository}:v2`]);
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringContaining('no valid signing keys for delegation roles'),
    ]);
  });

  it('asks about the last one, and a no leaves everything', async () => {
    const argv = ['signer', 'remove', 'alice', repository];
    const { status, stdout } = await alice.trust(argv, { input: 'n\n' });
    expect([status, stdout]).toEqual([
      0,
      `Removing signer "alice" from ${repository}...\n${question()}\nAborting action.\n`,
    ]);
    expect(await pretty()).toMatch(/^alice +[0-9a-f]{12}$/m);
  });

  it('removes the last one after a yes', async () => {
    const argv = ['signer', 'remove', 'alice', repository];
    const { status, stdout } = await alice.trust(argv, { input: 'y\n' });
    expect(status).toBe(0);
    expect(stdout).toContain(`${question()}Successfully removed alice from ${repository}\n\n`);
    expect(await pretty()).not.toContain('alice');
  });

  it('removes the last one by force without a question', async () => {
    await add('alice', repository);
    await alice.trust(['sign', `${repository}:v2`]);
    const { status, stdout } = await alice.trust(['signer', 'remove', '-f', 'alice', repository]);
    expect([status, stdout]).toEqual([
      0,
      `Removing signer "alice" from ${repository}...\nSuccessfully removed alice from ${repository}\n\n`,
    ]);
    expect(await pretty()).not.toContain('alice');
  });
});

describe('docker trust revoke', () => {
  beforeAll(() => withSigners('v1', 'v2'));

  it.each([
    [':none', 'No valid trust data for none\n'],
    ['x:v1', 'does not have trust data for'],
  ])('of %s tells why not', async (suffix, words) => {
    const { status, stderr } = await alice.trust(['revoke', `${repository}${suffix}`]);
    expect([status, stderr]).toEqual([1, expect.stringContaining(words)]);
    expect(stderr.startsWith(`could not remove signature for ${repository}${suffix}: `)).toBe(true);
  });

  it('of all does nothing without a yes', async () => {
    expect(await alice.trust(['revoke', repository])).toMatchObject({ status: 0 });
    expect(await pretty()).toMatch(/^v1 /m);
  });

  it('takes one tag away', async () => {
    expect(await alice.trust(['revoke', `${repository}:v1`])).toEqual({
      status: 0,
      stderr: '',
      stdout: `Successfully deleted signature for ${repository}:v1\n`,
    });
    expect(await pretty()).toMatch(/^v2 /m);
    expect(await pretty()).not.toMatch(/^v1 /m);
  });

  it('takes all away after a yes, and then there are none', async () => {
    const asked = await alice.trust(['revoke', repository], { input: 'y\n' });
    expect(asked.stdout).toBe(
      `Confirm you would like to delete all signature data for ${repository}? [y/N] Successfully deleted signature for ${repository}\n`,
    );
    expect(await alice.trust(['revoke', '-y', repository])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/: no signed tags to remove\n$/),
    });
  });
});

describe('docker trust inspect', () => {
  let unknown: string;

  beforeAll(async () => {
    await withSigners();
    unknown = scene.freshRepository();
  });

  it('says what was the matter below docker’s flat words', async () => {
    const { status, stdout, stderr } = await alice.trust(['inspect', unknown]);
    expect([status, stdout]).toEqual([1, '[]\n']);
    expect(stderr).toMatch(
      /^no signatures or cannot access .*\nError: remote trust data does not exist for .*: localhost:\d+ does not have trust data for .*\n$/,
    );
  });

  it('prints what worked, and tells everything that did not', async () => {
    const { status, stdout, stderr } = await alice.trust(['inspect', unknown, repository, 'Bad:x']);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual([
      {
        Name: repository,
        SignedTags: [],
        Signers: [
          { Name: 'bob', Keys: [{ ID: expect.stringMatching(/^[0-9a-f]{64}$/) }] },
          { Name: 'alice', Keys: [{ ID: expect.stringMatching(/^[0-9a-f]{64}$/) }] },
        ],
        AdministrativeKeys: [
          { Name: 'Root', Keys: [{ ID: expect.stringMatching(/^[0-9a-f]{64}$/) }] },
          { Name: 'Repository', Keys: [{ ID: expect.stringMatching(/^[0-9a-f]{64}$/) }] },
        ],
      },
    ]);
    expect(stderr).toMatch(/^no signatures or cannot access .*\n[^]*\ninvalid reference format: /);
  });

  it('shows signers by name from the last, keys by the ids of their files', async () => {
    const { stdout } = await alice.trust(['inspect', repository]);
    const [{ Signers: signers }] = JSON.parse(stdout) as [
      { Signers: { Name: string; Keys: { ID: string }[] }[] },
    ];
    expect(signers.map(({ Name }) => Name)).toEqual(['bob', 'alice']);
    expect(bob.keyFiles().has(signers[0]?.Keys[0]?.ID ?? '')).toBe(true);
  });

  it('ends with the first that fails where people read', async () => {
    const { status, stdout } = await alice.trust(['inspect', '--pretty', unknown, repository]);
    expect([status, stdout]).toEqual([1, '']);
  });

  it('refuses a server that is not https, and does not flatten that', async () => {
    const env = { DOCKER_CONTENT_TRUST_SERVER: 'http://localhost' };
    const { stdout, stderr } = await alice.trust(['inspect', repository], { env });
    expect(stdout).toBe('[]\n');
    expect(stderr).toMatch(/^valid https URL required for trust server, got http:\/\/localhost\n/);
  });

  it('says that no server is named, where one that is guessed does not answer', async () => {
    const env = { DOCKER_CONTENT_TRUST_SERVER: '' };
    const { stderr } = await alice.trust(['inspect', 'localhost:9/team/app'], { env });
    expect(stderr).toMatch(
      /^no signatures or cannot access localhost:9\/team\/app\nError: error contacting notary server: dial tcp .*:9: connect: connection refused\n {2}DOCKER_CONTENT_TRUST_SERVER is not set/,
    );
  });

  it('with -D tells all that is known', async () => {
    const { stderr } = await alice.trust(['-D', 'trust', 'inspect', unknown]);
    expect(stderr).toContain('[NO_TRUST_DATA]');
  });
});
