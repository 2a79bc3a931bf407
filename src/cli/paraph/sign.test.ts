import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Publishing, startPublishing, trust } from '../../../test/cli/publishing.ts';
import { closeServers, quickLimits } from '../../../test/remote/local-servers.ts';
import { Meddler } from '../../sandbox/meddler.ts';

let desk: Publishing;
const keyDir = () => join(desk.homeDir, '.docker/trust/private');
const keyFiles = () => readdirSync(keyDir()).filter((name) => name.endsWith('.key'));
const codes = (text: string) => text.match(/\[[A-Z_]+\]/g);

beforeAll(async () => {
  desk = await startPublishing();
});
afterAll(async () => {
  closeServers();
  await desk.close();
});

describe('the first signing', { timeout: 30_000 }, () => {
  it('before any key: a tag that is not in the registry makes none', async () => {
    const { status, stdout, stderr } = await desk.run(['sign', `${desk.repository}:none`]);
    expect({ status, stdout, codes: codes(stderr) }).toEqual({
      status: 1,
      stdout: '',
      codes: ['[IMAGE_NOT_FOUND]'],
    });
    expect(() => keyFiles()).toThrow(/ENOENT/);
  });

  it('without a passphrase and a terminal: fails at once, naming the variable, and makes no key', async () => {
    await desk.push('1.4');
    const { DOCKER_CONTENT_TRUST_SERVER } = desk.env;
    const { status, stderr } = await desk.run(['sign', `${desk.repository}:1.4`], {
      env: { DOCKER_CONTENT_TRUST_SERVER },
    });
    expect({ status, codes: codes(stderr) }).toEqual({
      status: 8,
      codes: ['[PASSPHRASE_MISSING]'],
    });
    expect(stderr).toContain('DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE');
    expect(stderr).toContain('--passphrase-file');
    expect(stderr).toContain('--passphrase-fd');
    expect(keyFiles()).toEqual([]);
  });

  it('with a passphrase that is too short: refused, no key', async () => {
    const env = { ...desk.env, DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'short' };
    const { status, stderr } = await desk.run(['sign', `${desk.repository}:1.4`], { env });
    expect({ status, codes: codes(stderr) }).toEqual({ status: 8, codes: ['[PASSPHRASE_UNFIT]'] });
    expect(keyFiles()).toEqual([]);
  });

  it('makes the keys, tells where each lives, and warns of the one root key', async () => {
    const digest = await desk.push('1.4');
    const { status, stdout, stderr } = await desk.run(['sign', `${desk.repository}:1.4`]);
    expect(status, stderr).toBe(0);
    expect(stdout).toBe(
      `signed     1.4  ${digest.slice(0, 19)}…  manifest, 397 bytes\n` +
        'published  root 1, targets 2, snapshot 1, timestamp 1\n',
    );
    const host = new URL(desk.stack.trustServer).host;
    expect(stderr.replaceAll(/ [0-9a-f]{7} /g, ' ID ').split('\n')).toEqual([
      `${desk.repository} is not signed yet. Its keys:`,
      '  root       ID  made now, encrypted in ~/.docker/trust/private',
      '  targets    ID  made now, encrypted in ~/.docker/trust/private',
      `  snapshot   ID  made and held by ${host}`,
      `  timestamp  ID  made and held by ${host}`,
      'The root key exists once. If it is lost, every consumer must act by hand: its loss is not recoverable. Back it up:',
      '  (umask 077; tar -C ~ -zcvf private_keys_backup.tar.gz .docker/trust/private)',
      '',
    ]);
  });

  it('leaves the keys encrypted and private, and a listing that names them', async () => {
    expect(keyFiles()).toHaveLength(2);
    for (const name of keyFiles()) {
      const path = join(keyDir(), name);
      expect(readFileSync(path, 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
    expect(statSync(keyDir()).mode & 0o777).toBe(0o700);
    const { stdout } = await desk.run(['key', 'list']);
    expect(stdout.replaceAll(/[0-9a-f]{12}/g, 'ID').split('\n')).toEqual([
      expect.stringMatching(/^ROLE +KEY +REPOSITORY +WHERE$/),
      expect.stringMatching(
        /^root +ID +every repository of this publisher +~\/\.docker\/trust\/private$/,
      ),
      expect.stringContaining(desk.repository),
      '',
    ]);
    const { keys } = JSON.parse((await desk.run(['key', 'list', '--output', 'json'])).stdout) as {
      keys: { role: string; id: string; repository: string | null; location: string }[];
    };
    expect(keys.map(({ role, repository }) => ({ role, repository }))).toEqual([
      { role: 'root', repository: null },
      { role: 'targets', repository: desk.repository },
    ]);
    expect(keys.map(({ id }) => `${id}.key`).toSorted()).toEqual(keyFiles().toSorted());
  });

  it('of a second repository uses the same root key and does not warn again', async () => {
    const other = desk.repository.replace('team/app', 'team/other');
    const manifest = ['--digest', `sha256:${'ab'.repeat(32)}`, '--size', '739'];
    const { status, stdout, stderr } = await desk.run(['sign', `${other}:1`, ...manifest]);
    expect(status, stderr).toBe(0);
    expect(stdout).toContain(
      'signed     1  sha256:abababababab…  not looked up in the registry, 739 bytes\n',
    );
    expect(stderr).toMatch(/ {2}root +[0-9a-f]{7} {2}found, encrypted in/);
    expect(stderr).not.toContain('exists once');
    expect(keyFiles()).toHaveLength(3);
  });
});

describe('a later signing', { timeout: 30_000 }, () => {
  it('of several tags is one publish, needs the targets passphrase alone, and says two lines', async () => {
    const digests = [await desk.push('1.5'), await desk.push('latest', '1.5')];
    expect(digests[0]).toBe(digests[1]);
    const { DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: _, ...env } = desk.env;
    const images = [`${desk.repository}:1.5`, `${desk.repository}:latest`];
    const { status, stdout, stderr } = await desk.run(['sign', ...images], { env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^signed +1\.5 +sha256:[0-9a-f]{12}… {2}manifest, 397 bytes$/),
      expect.stringMatching(/^signed +latest +sha256:/),
      'published  targets 3, snapshot 2, timestamp 2',
      '',
    ]);
    expect((await desk.run(['verify', ...images])).stdout).toBe(
      digests.map((digest) => `${desk.repository}@${digest}\n`).join(''),
    );
  });

  it('of what is signed already publishes nothing and says so', async () => {
    const { status, stdout } = await desk.run(['sign', `${desk.repository}:1.5`]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^unchanged +1\.5 .*signed so already\n$/);
  });

  it('takes the passphrase from a file', async () => {
    await desk.push('file');
    const file = join(desk.homeDir, 'passphrase');
    writeFileSync(file, `${desk.env['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE']}\n`, {
      mode: 0o600,
    });
    const { DOCKER_CONTENT_TRUST_SERVER } = desk.env;
    const words = ['sign', `${desk.repository}:file`, '--passphrase-file', file];
    const { status, stderr } = await desk.run(words, { env: { DOCKER_CONTENT_TRUST_SERVER } });
    expect(status, stderr).toBe(0);
  });

  it('gives JSON', async () => {
    const digest = await desk.push('json');
    const { stdout, stderr } = await desk.run([
      'sign',
      `${desk.repository}:json`,
      '--output',
      'json',
    ]);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      repositories: [
        {
          repository: desk.repository,
          keys: [],
          tags: [
            {
              tag: 'json',
              digest,
              size: 397,
              mediaType: 'application/vnd.oci.image.manifest.v1+json',
              platforms: 0,
              roles: ['targets'],
              outcome: 'signed',
            },
          ],
          uploaded: ['targets'],
          versions: { root: 1, targets: 5, snapshot: 4, timestamp: 4 },
        },
      ],
    });
  });

  it('signs the digest that stands beside the tag, if the registry has it', async () => {
    const digest = await desk.push('by-digest');
    const named = await desk.run(['sign', `${desk.repository}:release@${digest}`]);
    expect(named.stdout).toContain(digest.slice(0, 19));
    const missing = await desk.run(['sign', `${desk.repository}:release@sha256:${'0'.repeat(64)}`]);
    expect(missing).toMatchObject({ status: 1, stdout: '' });
  });
});

describe('a wrong order', () => {
  it('with one digest beside the tag and another in --digest is refused before anything is asked', async () => {
    const one = `sha256:${'a'.repeat(64)}`;
    const other = `sha256:${'b'.repeat(64)}`;
    const flags = ['--digest', other, '--size', '3', '--server', 'https://localhost:1'];
    const { status, stdout, stderr } = await desk.run([
      'sign',
      `localhost:1/a/b:1@${one}`,
      ...flags,
    ]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('[USAGE]');
    expect(stderr).toContain(one);
    expect(stderr).toContain(other);
  });

  it('with the same digest at both places is no contradiction', async () => {
    const digest = `sha256:${'c'.repeat(64)}`;
    const words = ['sign', `${desk.repository}:twice@${digest}`, '--digest', digest, '--size', '3'];
    const { status, stderr } = await desk.run(words);
    expect(status, stderr).toBe(0);
  });

  it.each([
    ['no tag', ['localhost:1/team/app'], 'REFERENCE_INVALID'],
    [
      'a digest without its size',
      ['localhost:1/team/app:1', '--digest', `sha256:${'a'.repeat(64)}`],
      'USAGE',
    ],
    ['a size without a digest', ['localhost:1/team/app:1', '--size', '7'], 'USAGE'],
    [
      'a digest that is none',
      ['localhost:1/team/app:1', '--digest', 'sha256:1', '--size', '7'],
      'USAGE',
    ],
    [
      'a size that is none',
      ['localhost:1/team/app:1', '--digest', `sha256:${'a'.repeat(64)}`, '--size', '0'],
      'USAGE',
    ],
    [
      'one digest for two images',
      [
        'localhost:1/team/app:1',
        'localhost:1/team/app:2',
        '--digest',
        `sha256:${'a'.repeat(64)}`,
        '--size',
        '7',
      ],
      'USAGE',
    ],
    ['a descriptor that is no number', ['localhost:1/team/app:1', '--passphrase-fd', 'x'], 'USAGE'],
  ])('%s: exit 2 before anything is asked', async (_, words, code) => {
    const { status, stdout, stderr } = await desk.run(['sign', ...words]);
    expect({ status, stdout, codes: codes(stderr) }).toEqual({
      status: 2,
      stdout: '',
      codes: [`[${code}]`],
    });
  });
});

describe('what can go wrong with keys', { timeout: 30_000 }, () => {
  const sign = (plan: Parameters<Publishing['run']>[1] = {}) =>
    desk.run(
      ['sign', `${desk.repository}:keys`, '--digest', `sha256:${'c'.repeat(64)}`, '--size', '9'],
      plan,
    );

  it('a wrong passphrase: PASSPHRASE_WRONG, exit 8, naming the key, and nothing published', async () => {
    const env = { ...desk.env, DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'not the passphrase' };
    const { status, stdout, stderr } = await sign({ env });
    expect({ status, stdout, codes: codes(stderr) }).toEqual({
      status: 8,
      stdout: '',
      codes: ['[PASSPHRASE_WRONG]'],
    });
    expect(stderr).toMatch(/targets key [0-9a-f]{7}/);
    expect(stderr).not.toContain('not the passphrase');
    expect((await desk.run(['verify', `${desk.repository}:keys`])).status).toBe(4);
  });

  it('an empty passphrase file: exit 8, naming it', async () => {
    const { DOCKER_CONTENT_TRUST_SERVER } = desk.env;
    const file = join(desk.homeDir, 'empty-passphrase');
    writeFileSync(file, '', { mode: 0o600 });
    const words = ['sign', `${desk.repository}:1.4`, '--passphrase-file', file];
    await desk.push('1.4', 'another 1.4');
    const { status, stderr } = await desk.run(words, { env: { DOCKER_CONTENT_TRUST_SERVER } });
    expect({ status, codes: codes(stderr) }).toEqual({
      status: 8,
      codes: ['[PASSPHRASE_MISSING]'],
    });
    expect(stderr).toContain(file);
  });

  it('a damaged key file: KEY_UNREADABLE; a missing one: KEY_NOT_FOUND; both exit 8', async () => {
    const { keys } = JSON.parse((await desk.run(['key', 'list', '--output', 'json'])).stdout) as {
      keys: { role: string; repository: string | null; location: string }[];
    };
    const location = keys.find(({ repository }) => repository === desk.repository)!.location;
    const saved = readFileSync(location);
    try {
      writeFileSync(location, saved.subarray(0, 200));
      const damaged = await sign();
      expect({ status: damaged.status, stdout: damaged.stdout }, damaged.stderr).toEqual({
        status: 8,
        stdout: '',
      });
      const listed = await desk.run(['key', 'list']);
      expect(listed.stderr).toMatch(/is left out: .* \[KEY_UNREADABLE\]/);
      rmSync(location);
      const missing = await sign();
      expect({ status: missing.status, codes: codes(missing.stderr) }).toEqual({
        status: 8,
        codes: ['[KEY_NOT_FOUND]'],
      });
    } finally {
      writeFileSync(location, saved);
    }
    expect((await sign()).status).toBe(0);
  });
});

describe('what can go wrong with the server', { timeout: 30_000 }, () => {
  it.each([
    [401, 'UNAUTHORIZED', 7],
    [403, 'FORBIDDEN', 7],
    [429, 'RATE_LIMITED', 6],
    [500, 'SERVER_ERROR', 6],
  ])('%i to an upload: %s, exit %i, nothing reported as signed', async (status, code, exit) => {
    const between = await Meddler.start({ tls: desk.stack.tls, server: desk.stack.trustServer });
    try {
      trust(desk.homeDir, between.url, desk.stack.tls.cert);
      between.refuse = (method) => (method === 'POST' ? status : undefined);
      const words = ['sign', `${desk.repository}:up-${status}`, '--server', between.url];
      const manifest = ['--digest', `sha256:${'d'.repeat(64)}`, '--size', '9'];
      const result = await desk.run([...words, ...manifest], { timeLimits: quickLimits });
      expect({ status: result.status, stdout: result.stdout, codes: codes(result.stderr) }).toEqual(
        {
          status: exit,
          stdout: '',
          codes: [`[${code}]`],
        },
      );
      between.refuse = undefined;
      expect((await desk.run([...words, ...manifest])).status).toBe(0);
    } finally {
      await between.close();
    }
  });
});
