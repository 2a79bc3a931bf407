// docker-trust as a plug-in of a real docker CLI. docker 28 has a trust command of its own, so the plug-in goes by the
// name of ptrust here; from docker 29 on it is `docker trust`.
import { spawn } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startDockerRegistry } from '../peers/docker-registry.ts';
import { useFakeEngine } from '../peers/fake-engine.ts';
import { pushImage } from '../peers/oci-image.ts';
import { peer } from '../peers/peers.ts';
import { newPerson, ourProgram, type Person } from '../peers/person.ts';
import { useScratch } from '../peers/scratch.ts';
import { startTrustServices } from '../peers/trust-services.ts';

const scratch = useScratch();
/** It has no image. */
const engine = useFakeEngine(scratch);
let app: string;
let alice: Person;

beforeAll(async () => {
  const services = await startTrustServices(scratch, {
    server: 'paraph-server',
    signer: 'paraph-signer',
  });
  const registry = new URL((await startDockerRegistry(scratch)).url).host;
  app = `${registry}/team/app`;
  await pushImage(scratch, { registry, repository: 'team/app', tag: '1', content: 'one' });
  alice = await newPerson(scratch, 'alice', {
    trustServer: services.url,
    caFile: services.caFile,
    login: { registry, user: 'alice', password: 'pw' },
    engine: engine.host,
  });
  const plugins = join(alice.home, '.docker/cli-plugins');
  await mkdir(plugins);
  await symlink(resolve('bin/docker-trust'), join(plugins, 'docker-ptrust'));
});

describe('docker', () => {
  it('lists the plug-in', async () => {
    const { stdout } = await alice.docker(['--help']);
    expect(stdout).toMatch(/^ {2}ptrust\* +Manage trust on Docker images$/m);
  });

  it('shows the help of the plug-in as its own', async () => {
    const { stdout } = await alice.docker(['ptrust', 'sign', '--help']);
    expect(stdout).toMatch(/^Usage: {2}docker ptrust sign IMAGE:TAG\n/);
    expect((await alice.docker(['help', 'ptrust', 'sign'])).stdout).toBe(stdout);
  });

  it('signs with it what is only in the registry', async () => {
    const { status, stdout, stderr } = await alice.docker(['ptrust', 'sign', `${app}:1`]);
    expect(stderr).toMatch(/No such image: .*\nSigning what the registry has for /i);
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining(`Successfully signed ${app}:1\n`),
    ]);
  });

  it('gets output, errors and statuses from it', async () => {
    const shown = await alice.docker(['ptrust', 'inspect', app]);
    expect(JSON.parse(shown.stdout)).toMatchObject([{ SignedTags: [{ Signers: ['alice'] }] }]);
    expect(shown.status).toBe(0);
    expect(await alice.docker(['ptrust', 'inspect', 'registry.test/none'])).toMatchObject({
      status: 1,
      stdout: '[]\n',
    });
    expect((await alice.docker(['ptrust', 'sign', '--bogus'])).status).toBe(125);
  });

  it('hands on its own flags', async () => {
    const other = `unix://${join(alice.home, 'other.sock')}`;
    const { stderr } = await alice.docker(['-H', other, 'ptrust', 'sign', '--local', `${app}:2`]);
    expect(stderr).toContain(`Cannot connect to the Docker daemon at ${other}.`);
    const elsewhere = join(alice.home, 'elsewhere');
    await mkdir(join(elsewhere, 'cli-plugins'), { recursive: true });
    await symlink(resolve('bin/docker-trust'), join(elsewhere, 'cli-plugins/docker-ptrust'));
    // Without the CA that lies in the other directory.
    const { stderr: untrusted } = await alice.docker([
      '--config',
      elsewhere,
      'ptrust',
      'inspect',
      app,
    ]);
    expect(untrusted).toContain('x509: certificate signed by unknown authority');
  });

  it('ends it when docker is told to end', async () => {
    // The plug-in waits for an answer that does not come.
    const child = spawn(peer('docker-28'), ['ptrust', 'revoke', app], {
      env: { PATH: process.env.PATH, HOME: alice.home },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const question = new Promise<void>((done) => child.stdout?.once('data', () => done()));
    const ended = new Promise<void>((done) => child.once('close', () => done()));
    await question;
    child.kill('SIGTERM');
    await ended;
    expect((await alice.docker(['ptrust', 'inspect', app])).stdout).toContain('"SignedTag": "1"');
  });
});

describe('docker-trust alone', () => {
  it('ends with its answer, although the pipe that gave it stays open', async () => {
    const [node = '', program = ''] = ourProgram('docker-trust');
    const child = spawn(node, [program, 'revoke', 'localhost:9/none'], {
      env: { PATH: process.env.PATH, HOME: alice.home },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const ended = new Promise<number | null>((done) => child.once('close', done));
    child.stdin?.write('y\n');
    expect(await ended).toBe(1);
    child.stdin?.destroy();
  });
});

describe('docker 28', () => {
  it('takes its own trust command, whatever plug-in there is', async () => {
    const installed = await alice.paraph(['plugin', 'install'], { PATH: process.env.PATH ?? '' });
    expect(installed).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('has a trust command of its own'),
    });
    const { stdout } = await alice.docker(['--help']);
    expect(stdout).toMatch(/^ {2}trust +Manage trust on Docker images$/m);
  });
});
