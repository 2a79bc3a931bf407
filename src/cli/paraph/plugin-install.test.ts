import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paraph } from '../../../test/cli/world.ts';

const program = resolve('bin/docker-trust');
let homeDir: string;
let plugin: string;

beforeEach(() => {
  homeDir = mkdtempSync(join(tmpdir(), 'paraph-plugin-'));
  plugin = join(homeDir, '.docker/cli-plugins/docker-trust');
});
afterEach(() => rmSync(homeDir, { recursive: true, force: true }));

/** A docker of that version, first and alone on the PATH. */
function dockerOf(version: string): { readonly PATH: string } {
  const folder = join(homeDir, 'path');
  mkdirSync(folder);
  writeFileSync(join(folder, 'docker'), `#!/bin/sh\necho 'Docker version ${version}, build abc'\n`);
  chmodSync(join(folder, 'docker'), 0o755);
  return { PATH: folder };
}

describe('paraph plugin install', () => {
  it('links docker-trust into a directory that only its owner may enter', async () => {
    const { status, stdout } = await paraph(['plugin', 'install'], { homeDir });
    expect([status, stdout]).toEqual([
      0,
      `linked  ~/.docker/cli-plugins/docker-trust to ${program}\n`,
    ]);
    expect(readlinkSync(plugin)).toBe(program);
    expect(statSync(join(plugin, '..')).mode & 0o777).toBe(0o700);
  });

  it('goes where DOCKER_CONFIG says, or --dir', async () => {
    const env = { DOCKER_CONFIG: join(homeDir, 'other') };
    await paraph(['plugin', 'install'], { homeDir, env });
    expect(readlinkSync(join(homeDir, 'other/cli-plugins/docker-trust'))).toBe(program);
    await paraph(['plugin', 'install', '--dir', 'third'], { homeDir, env });
    expect(readlinkSync(join(homeDir, 'third/docker-trust'))).toBe(program);
  });

  it('can be run again', async () => {
    await paraph(['plugin', 'install'], { homeDir });
    const { status, stdout } = await paraph(['plugin', 'install'], { homeDir });
    expect([status, stdout]).toEqual([0, expect.stringContaining('already')]);
  });

  it.each([
    ['a program', (path: string) => writeFileSync(path, 'theirs')],
    ['a link to another', (path: string) => symlinkSync('/bin/true', path)],
    ['a link that leads nowhere', (path: string) => symlinkSync('/nowhere/docker-trust', path)],
    ['a directory', (path: string) => mkdirSync(path)],
  ])('does not replace %s', async (_what, make) => {
    mkdirSync(join(plugin, '..'), { recursive: true });
    make(plugin);
    const before = lstatSync(plugin);
    const { status, stderr } = await paraph(['plugin', 'install'], { homeDir });
    expect(status).toBe(10);
    expect(stderr).toContain('[DISK]');
    expect(lstatSync(plugin)).toMatchObject({ ino: before.ino, mode: before.mode });
    expect((await paraph(['plugin', 'remove'], { homeDir })).status).toBe(10);
    expect(lstatSync(plugin).ino).toBe(before.ino);
  });

  it.each([
    ['28.2.2', 'docker 28.2.2 has a trust command of its own'],
    ['29.0.0-rc.1', 'docker trust inspect IMAGE'],
    ['nonsense', 'no docker on the PATH that tells its version'],
  ])('says what docker %s does with it', async (version, words) => {
    const { status, stderr } = await paraph(['plugin', 'install'], {
      homeDir,
      env: dockerOf(version),
    });
    expect([status, stderr]).toEqual([0, expect.stringContaining(words)]);
  });

  it('tells programs the same', async () => {
    const env = dockerOf('29.1.3');
    const { stdout } = await paraph(['plugin', 'install', '--output', 'json', '--quiet'], {
      homeDir,
      env,
    });
    expect(JSON.parse(stdout)).toEqual({
      plugin,
      program,
      outcome: 'linked',
      docker: { version: '29.1.3', uses: true },
    });
  });
});

describe('paraph plugin remove', () => {
  it('takes the link away, and nothing else', async () => {
    await paraph(['plugin', 'install'], { homeDir });
    const { status, stdout } = await paraph(['plugin', 'remove'], { homeDir });
    expect([status, stdout]).toEqual([0, 'removed  ~/.docker/cli-plugins/docker-trust\n']);
    expect(existsSync(plugin)).toBe(false);
    expect(readFileSync(program, 'utf8')).toContain('dist/paraph.js');
  });

  it('is done when there is none', async () => {
    const { status, stdout } = await paraph(['plugin', 'remove'], { homeDir });
    expect([status, stdout]).toEqual([0, '~/.docker/cli-plugins/docker-trust is not there\n']);
  });
});
