// Signing by `docker trust sign` in front of a whole stack: a registry, a trust server and an engine on loopback.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEngine, type TestEngine } from '../../../test/cli/engine.ts';
import { type Publishing, startPublishing } from '../../../test/cli/publishing.ts';
import { dockerTrust, paraph, type Result, type WorldPlan } from '../../../test/cli/world.ts';
import { closeServers } from '../../../test/remote/local-servers.ts';

let stack: Publishing;
let engine: TestEngine;
let repository: string;
let count = 0;

beforeAll(async () => {
  stack = await startPublishing();
});
afterAll(() => stack.close());

beforeEach(async () => {
  engine = await startEngine();
  count += 1;
  repository = `${stack.repository}${count}`;
  logIn('alice');
});
afterEach(closeServers);

function logIn(username: string): void {
  const auth = Buffer.from(`${username}:password`).toString('base64');
  const auths = username === '' ? {} : { [stack.stack.registry.host]: { auth } };
  mkdirSync(join(stack.homeDir, '.docker'), { recursive: true });
  writeFileSync(join(stack.homeDir, '.docker/config.json'), JSON.stringify({ auths }));
}

function trust(words: readonly string[], plan: WorldPlan = {}): Promise<Result> {
  const env = { ...stack.env, DOCKER_HOST: engine.host, ...plan.env };
  return dockerTrust(words, { homeDir: stack.homeDir, ...plan, env });
}

/** An image in the registry of the stack; its digest. */
async function inRegistry(tag: string, text = tag): Promise<string> {
  return stack.push(tag, text, repository);
}

/** An image in the engine, which the registry need not have. */
function inEngine(tag: string, digit = 'a'): string {
  const digest = `sha256:${digit.repeat(64)}`;
  engine.images.set(`${repository}:${tag}`, { digest, size: 418 });
  return digest;
}

async function digestOf(tag: string): Promise<string | undefined> {
  const { stdout } = await paraph(['verify', `${repository}:${tag}`], {
    homeDir: stack.homeDir,
    env: stack.env,
  });
  return /@(sha256:[0-9a-f]{64})$/.exec(stdout.trim())?.[1];
}

function privateKeys(): readonly string[] {
  const folder = join(stack.homeDir, '.docker/trust/private');
  return existsSync(folder) ? readdirSync(folder) : [];
}

describe('the first signing', () => {
  it('pushes, makes a signer named after the login, and signs', async () => {
    const digest = inEngine('v1');
    const image = `${repository}:v1`;
    expect(await trust(['sign', image])).toEqual({
      status: 0,
      stderr: `Signing and pushing trust data for local image ${image}, may overwrite remote trust data\n`,
      stdout: `The push refers to repository [${repository}]
5f70bf18a086: Pushed
v1: digest: ${digest} size: 418
Created signer: alice
Finished initializing signed repository for ${image}
Signing and pushing trust metadata
Successfully signed ${image}
`,
    });
    expect(await digestOf('v1')).toBe(digest);
    const { stdout } = await trust(['inspect', '--pretty', repository]);
    expect(stdout).toContain(`v1           ${'a'.repeat(64)}   alice\n`);
  });

  it.each([
    [
      '',
      'could not add signer to repo: targets: tuf: invalid role targets. invalid delegation role name\n',
    ],
    [
      'Erin X',
      'could not add signer to repo: Erin X: tuf: invalid role targets/Erin X. invalid delegation role name\n',
    ],
    ['releases', 'could not add signer to repo: releases: '],
    // docker takes the root key of the publisher for the key of that signer.
    ['root', 'could not add signer to repo: root: '],
    ['targets', 'could not add signer to repo: targets: '],
  ])('as %j makes nothing and pushes nothing', async (username, words) => {
    logIn(username);
    inEngine('v1');
    const before = privateKeys();
    const { status, stdout, stderr } = await trust(['sign', `${repository}:v1`]);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^${words}`));
    expect(stderr).toContain('docker login');
    expect(engine.asked.filter((line) => line.startsWith('POST'))).toEqual([]);
    expect(privateKeys()).toEqual(before);
  });

  it.each([
    ['nothing', () => []],
    ['another tag', () => [{ aux: { Tag: 'v2', Digest: `sha256:${'b'.repeat(64)}`, Size: 1 } }]],
    [
      'two images',
      (tag: string) =>
        ['b', 'c'].map((digit) => ({
          aux: { Tag: tag, Digest: `sha256:${digit.repeat(64)}`, Size: 1 },
        })),
    ],
  ])('makes no repository when the engine says of the push: %s', async (_what, lines) => {
    inEngine('v1');
    engine.pushLines = lines;
    const before = privateKeys();
    const { status, stderr } = await trust(['sign', `${repository}:v1`]);
    expect(status).toBe(1);
    expect(stderr).toContain('Nothing was signed.');
    expect(privateKeys()).toEqual(before);
    expect((await trust(['inspect', repository])).status).toBe(1);
  });

  it('makes no repository when the push fails', async () => {
    inEngine('v1');
    engine.pushLines = () => [{ errorDetail: { message: 'denied: no' }, error: 'denied: no' }];
    const { status, stderr } = await trust(['sign', `${repository}:v1`]);
    expect([status, stderr]).toEqual([1, expect.stringContaining('\ndenied: no\n')]);
    expect((await trust(['inspect', repository])).status).toBe(1);
  });
});

describe('a tag that is signed', () => {
  it('is signed again without an engine', async () => {
    inEngine('v1');
    await trust(['sign', `${repository}:v1`]);
    const again = await trust(['sign', `${repository}:v1`], {
      env: { DOCKER_HOST: 'unix:///nowhere' },
    });
    expect(again).toEqual({
      status: 0,
      stderr: '',
      stdout: `Signing and pushing trust metadata for ${repository}:v1
Existing signatures for tag v1 digest ${'a'.repeat(64)} from:
alice
Successfully signed ${repository}:v1
`,
    });
  });

  it('is pushed anew with --local', async () => {
    inEngine('v1');
    await trust(['sign', `${repository}:v1`]);
    const digest = inEngine('v1', 'b');
    expect((await trust(['sign', '--local', `${repository}:v1`])).stdout).toContain(
      `digest: ${digest}`,
    );
    expect(await digestOf('v1')).toBe(digest);
  });

  it('needs a key that opens, although nothing changes', async () => {
    inEngine('v1');
    await trust(['sign', `${repository}:v1`]);
    const env = { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'not the one' };
    const { status, stderr } = await trust(['sign', `${repository}:v1`], { env });
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining(`failed to sign ${repository}:v1: `),
    ]);
  });
});

describe('an image to push', () => {
  it('is not pushed when no key opens', async () => {
    inEngine('v1');
    await trust(['sign', `${repository}:v1`]);
    inEngine('v2', 'b');
    const pushed = engine.asked.length;
    const env = { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'not the one' };
    expect(await trust(['sign', `${repository}:v2`], { env })).toMatchObject({
      status: 1,
      stdout: '',
    });
    expect(engine.asked.slice(pushed).some((line) => line.includes('/push'))).toBe(false);
    expect(await digestOf('v2')).toBeUndefined();
  });

  it('stays unsigned when the engine stops midway', async () => {
    inEngine('v1');
    await trust(['sign', `${repository}:v1`]);
    inEngine('v2', 'b');
    engine.pushLines = () => [{ status: 'Preparing', id: 'abc' }];
    expect((await trust(['sign', `${repository}:v2`])).status).toBe(1);
    expect(await digestOf('v2')).toBeUndefined();
  });
});

describe('an image that only the registry has', () => {
  it('is signed with an engine that does not have it', async () => {
    const digest = await inRegistry('v1');
    const { status, stdout, stderr } = await trust(['sign', `${repository}:v1`]);
    expect(stderr).toMatch(
      new RegExp(
        `^Error response from daemon: No such image: .*\nSigning what the registry has for ${repository}:v1, without an engine: ${digest} \\(\\d+ bytes\\)\n$`,
      ),
    );
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining(`Successfully signed ${repository}:v1\n`),
    ]);
    expect(await digestOf('v1')).toBe(digest);
  });

  it('is signed where the engine is down and somebody sees it', async () => {
    const digest = await inRegistry('v1');
    const env = { DOCKER_HOST: 'unix:///nowhere/engine.sock' };
    const { status, stderr } = await trust(['sign', `${repository}:v1`], { env, isTerminal: true });
    expect(status).toBe(0);
    expect(stderr).toContain('Cannot connect to the Docker daemon at unix:///nowhere/engine.sock.');
    expect(await digestOf('v1')).toBe(digest);
  });

  // Whoever can write to the registry would only have to wait until the engine of a build job does not start.
  it.each([
    ['DOCKER_HOST', { DOCKER_HOST: 'unix:///nowhere/engine.sock' }, []],
    ['DOCKER_HOST', { DOCKER_HOST: 'tcp://127.0.0.1:1' }, []],
    ['-H', { DOCKER_HOST: '' }, ['-H', 'unix:///nowhere/engine.sock']],
  ])(
    'is not signed unseen in place of an engine of %s that is down: %o',
    async (_what, env, flags) => {
      const digest = await inRegistry('v1');
      const { status, stdout, stderr } = await trust(
        [...flags, 'trust', 'sign', `${repository}:v1`].slice(flags.length === 0 ? 1 : 0),
        { env },
      );
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(
        /^Cannot connect to the Docker daemon at .*Is the docker daemon running\?\n/,
      );
      expect(stderr).toContain(`docker trust sign ${repository}:v1@sha256:…`);
      expect((await trust(['inspect', repository])).status).toBe(1);
      const named = await trust(['sign', `${repository}:v1@${digest}`], { env });
      expect(named.status).toBe(0);
      expect(await digestOf('v1')).toBe(digest);
    },
  );

  it('is not signed with --local', async () => {
    await inRegistry('v1');
    const { status, stderr } = await trust(['sign', '--local', `${repository}:v1`]);
    expect([status, stderr]).toEqual([1, expect.stringContaining('No such image')]);
    expect((await trust(['inspect', repository])).status).toBe(1);
  });

  it('is signed by its digest, which no engine is asked about', async () => {
    const digest = await inRegistry('v1', 'one');
    await inRegistry('v1', 'other');
    expect(await trust(['sign', `${repository}:v1@${digest}`])).toMatchObject({ status: 0 });
    expect(engine.asked).toEqual([]);
    expect(await digestOf('v1')).toBe(digest);
    const again = await trust(['sign', `${repository}:v1@${digest}`]);
    expect(again.stdout).toContain('Existing signatures for tag v1');
  });

  it('moves a signed tag only to the digest that is named', async () => {
    const old = await inRegistry('v1', 'old');
    await trust(['sign', `${repository}:v1`]);
    const fresh = await inRegistry('v1', 'fresh');
    await trust(['sign', `${repository}:v1`]);
    expect(await digestOf('v1')).toBe(old);
    await trust(['sign', `${repository}:v1@${fresh}`]);
    expect(await digestOf('v1')).toBe(fresh);
  });

  it('is told with both causes when it is nowhere', async () => {
    const { status, stderr } = await trust(['sign', `${repository}:none`]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Error response from daemon: No such image: /);
    expect(stderr.split('\n')[1]).toContain(repository);
  });

  it('is not looked for when the engine fails, which may have it', async () => {
    await inRegistry('v1');
    const { status, stderr } = await trust(['sign', `${repository}:v1`], {
      env: { DOCKER_HOST: 'ssh://build.example.com' },
    });
    expect([status, stderr]).toEqual([1, expect.stringContaining('engines behind ssh')]);
    expect((await trust(['inspect', repository])).status).toBe(1);
  });
});

describe('what is no tag', () => {
  it.each([
    ['', 'no tag specified for'],
    [`@sha256:${'a'.repeat(64)}`, 'cannot use a digest reference for IMAGE:TAG'],
  ])('%j is refused', async (suffix, words) => {
    const { status, stdout, stderr } = await trust(['sign', `${repository}${suffix}`]);
    expect([status, stdout, stderr]).toEqual([1, '', expect.stringMatching(`^${words}`)]);
  });
});
