// The command line of docker trust: who we are to docker, help texts, complaints, docker's own flags.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { dockerTrust, inWorld, type WorldPlan } from '../../../test/cli/world.ts';
import { version } from '../../version.ts';
import { watchDocker } from './plugin.ts';
import { runDockerTrust } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'paraph-docker-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As docker calls a plug-in whose file is `file`. */
function called(file: string, argv: readonly string[], plan: WorldPlan = {}) {
  return inWorld((world) => runDockerTrust(argv, world, { file, end: () => undefined }), plan);
}

describe('a plug-in of docker', () => {
  it('says who it is', async () => {
    const { status, stdout, stderr } = await dockerTrust(['docker-cli-plugin-metadata']);
    expect(JSON.parse(stdout)).toEqual({
      SchemaVersion: '0.1.0',
      Vendor: 'Paraph',
      Version: version,
      ShortDescription: 'Manage trust on Docker images',
    });
    expect([status, stderr]).toEqual([0, '']);
  });

  it('is called with all that was typed, docker’s own flags first', async () => {
    const argv = ['-D', '--context', 'default', '-Hunix:///x', 'trust', 'sign', '--help'];
    expect((await dockerTrust(argv)).stdout).toMatch(/^Usage: {2}docker trust sign IMAGE:TAG\n/);
  });

  it('goes by the name of its file, and by its usual one', async () => {
    const argv = ['ptrust', 'key', 'load', '--help'];
    const { stdout } = await called('docker-ptrust', argv);
    expect(stdout).toMatch(/^Usage: {2}docker ptrust key load \[OPTIONS\] KEYFILE\n/);
    expect(await called('docker-ptrust', ['trust', 'key', 'load', '--help'])).toMatchObject({
      stdout,
    });
    expect(await called('docker-trust', ['ptrust', 'key'])).toMatchObject({ status: 1 });
  });

  it('needs no name when it is called alone', async () => {
    const { stdout } = await dockerTrust(['inspect', '--help']);
    expect((await dockerTrust(['trust', 'inspect', '--help'])).stdout).toBe(stdout);
    expect((await dockerTrust(['help', 'inspect'])).stdout).toBe(stdout);
    expect((await dockerTrust(['help', 'trust', 'inspect'])).stdout).toBe(stdout);
  });

  // Of abstract names there is a test with docker itself: Node makes none of exactly that length.
  it('ends when docker closes its socket', async () => {
    const name = join(folder, 'docker.sock');
    const server = await listening(name);
    let hasEnded = false;
    const ended = new Promise<void>((resolve) => {
      const end = (): void => {
        hasEnded = true;
        resolve();
      };
      watchDocker(name, end);
    });
    await sleep(100);
    expect(hasEnded).toBe(false);
    for (const socket of server.sockets) socket.destroy();
    server.close();
    await ended;
  });

  it('goes on where docker’s socket is not there', async () => {
    for (const name of ['@docker_cli_nobody_listens', join(folder, 'none.sock')]) {
      let hasEnded = false;
      watchDocker(name, () => {
        hasEnded = true;
      });
      await sleep(700);
      expect(hasEnded).toBe(false);
    }
  });
});

async function listening(path: string): Promise<Server & { readonly sockets: readonly Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => void server.listen(path, resolve));
  return Object.assign(server, { sockets });
}

describe('a call of a heading', () => {
  it.each([[[]], [['key']], [['signer']]])('%j tells on stderr what there is', async (words) => {
    const { status, stdout, stderr } = await dockerTrust(words);
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toBe((await dockerTrust([...words, '--help'])).stdout);
  });

  it('lists headings before commands', async () => {
    expect((await dockerTrust(['--help'])).stdout).toBe(`Usage:  docker trust COMMAND

Manage trust on Docker images

Management Commands:
  key         Manage keys for signing Docker images
  signer      Manage entities who can sign Docker images

Commands:
  inspect     Return low-level information about keys and signatures
  revoke      Remove trust for an image
  sign        Sign an image

Run 'docker trust COMMAND --help' for more information on a command.
`);
  });
});

// All as docker 28.2.2 prints it.
describe('a command line that is wrong', () => {
  const usage =
    "Usage:  docker trust sign IMAGE:TAG\n\nRun 'docker trust sign --help' for more information\n";

  it.each([
    [['sign', '--bogus', 'a'], `unknown flag: --bogus\n\n${usage}`],
    [['sign', '-xh'], `unknown shorthand flag: 'x' in -xh\n\n${usage}`],
    [
      ['sign', '--local=x', 'a'],
      `invalid argument "x" for "--local" flag: strconv.ParseBool: parsing "x": invalid syntax\n\n${usage}`,
    ],
    [
      ['trust', '-D', 'inspect'],
      "unknown shorthand flag: 'D' in -D\n\nUsage:  docker trust\n\nRun 'docker trust --help' for more information\n",
    ],
    [
      ['--bogus', 'sign'],
      "unknown flag: --bogus\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]\n\nRun 'docker --help' for more information\n",
    ],
  ])('by its flags, %j, ends with 125', async (argv, stderr) => {
    expect(await dockerTrust(argv)).toEqual({ status: 125, stdout: '', stderr });
  });

  it.each([
    [['sign'], `docker: 'docker trust sign' requires 1 argument\n\n${usage}`],
    [['sign', 'a', 'b'], `docker: 'docker trust sign' requires 1 argument\n\n${usage}`],
    [
      ['signer', 'add', 'x'],
      "docker: 'docker trust signer add' requires at least 2 arguments\n\nUsage:  docker trust signer add OPTIONS NAME REPOSITORY [REPOSITORY...] \n\nSee 'docker trust signer add --help' for more information\n",
    ],
    [
      ['bogus'],
      "docker: unknown command: docker trust bogus\n\nUsage:  docker trust\n\nRun 'docker trust --help' for more information\n",
    ],
    [
      ['key', 'a\u001b[2J'],
      "docker: unknown command: docker trust key a\\u{1b}[2J\n\nUsage:  docker trust key\n\nRun 'docker trust key --help' for more information\n",
    ],
    [['-l', 'loud', 'inspect', 'x'], 'Unable to parse logging level: loud\n'],
  ])('by its words, %j, ends with 1', async (argv, stderr) => {
    expect(await dockerTrust(argv)).toEqual({ status: 1, stdout: '', stderr });
  });

  it('is answered with help where -h is asked for', async () => {
    const { stdout, stderr, status } = await dockerTrust(['sign', '-h']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Flag shorthand -h has been deprecated, use --help\nUsage: /);
    expect(stdout).toContain('--local   Sign a locally tagged image');
  });
});

describe('the version', () => {
  it('is that of the program', async () => {
    expect((await dockerTrust(['--version'])).stdout).toBe(`docker-trust version ${version}\n`);
  });

  it('is no flag of a command', async () => {
    expect(await dockerTrust(['trust', '--version'])).toMatchObject({ status: 125 });
  });
});
