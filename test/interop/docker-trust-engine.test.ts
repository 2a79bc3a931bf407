// docker-trust with a real engine and a real registry, and docker 28 as the consumer, in a network where the registry is
// not loopback.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startDockerRegistry } from '../peers/docker-registry.ts';
import { startDockerd } from '../peers/dockerd.ts';
import { newPerson, ourProgram, type Person } from '../peers/person.ts';
import { privateNetwork } from '../peers/private-network.ts';
import { mustRun, type Outcome } from '../peers/program.ts';
import { useScratch } from '../peers/scratch.ts';
import { startTrustServices } from '../peers/trust-services.ts';
import { expectDone } from './outcome.ts';

const scratch = useScratch();
const trusted = { DOCKER_CONTENT_TRUST: '1' };
let image: string;
let publisher: Person;
let consumer: Person;

beforeAll(async () => {
  const network = await privateNetwork(scratch, ['registry.test', 'trust.test']);
  const pairing = { server: 'paraph-server', signer: 'paraph-signer' } as const;
  const services = await startTrustServices(scratch, { ...pairing, network, host: 'trust.test' });
  const certificate = await services.authority.issue('registry', ['registry.test']);
  const registry = await startDockerRegistry(scratch, network, certificate);
  const domain = `registry.test:${registry.port}`;
  const engine = (await startDockerd(scratch, network, domain)).host;
  const trust = { trustServer: services.url, caFile: services.caFile, network, engine };
  const login = { registry: domain, user: 'alice', password: 'pw' };
  publisher = await newPerson(scratch, 'publisher', { ...trust, login });
  consumer = await newPerson(scratch, 'consumer', trust);
  image = `${domain}/team/app`;
  await importImage('1', 'one');
});

const dockerTrust = (args: readonly string[]): Promise<Outcome> =>
  publisher.run(ourProgram('docker-trust'), args);

/** An image of one file, made without a network. */
async function importImage(tag: string, content: string): Promise<void> {
  const folder = await scratch.folder(`image-${content}`);
  await writeFile(join(folder, 'file'), content);
  await mustRun('tar', ['-C', folder, '-cf', `${folder}.tar`, '.']);
  expectDone(await publisher.docker(['import', `${folder}.tar`, `${image}:${tag}`]));
}

async function pulledDigest(tag: string): Promise<string | undefined> {
  const { text } = await consumer.docker(['pull', `${image}:${tag}`], trusted);
  return new RegExp(`Pull \\(1 of 1\\): ${image}:${tag}@(sha256:[0-9a-f]{64})`).exec(text)?.[1];
}

describe('docker-trust sign with a real engine', () => {
  it('pushes and signs the first image, and docker pulls it', async () => {
    const { status, stdout } = await dockerTrust(['sign', `${image}:1`]);
    expect(status).toBe(0);
    expect(stdout).toContain('Created signer: alice\n');
    expect(stdout).toContain(`Successfully signed ${image}:1\n`);
    const digest = /^1: digest: (sha256:[0-9a-f]{64}) size: \d+$/m.exec(stdout)?.[1];
    expect(digest).toBeDefined();
    expect(await pulledDigest('1')).toBe(digest);
  });

  it('goes on with the keys that are there', async () => {
    await importImage('2', 'two');
    const { status, stdout } = await dockerTrust(['sign', `${image}:2`]);
    expect([status, stdout.includes('Created signer')]).toEqual([0, false]);
    expect(await pulledDigest('2')).toBeDefined();
  });

  it('signs again without a push what is signed', async () => {
    const { stdout } = await dockerTrust(['sign', `${image}:1`]);
    expect(stdout).toContain('Existing signatures for tag 1 digest ');
    expect(stdout).not.toContain('The push refers to repository');
  });

  it('does not push when the passphrase is wrong', async () => {
    await importImage('3', 'three');
    const env = { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'another' };
    const outcome = await publisher.run(ourProgram('docker-trust'), ['sign', `${image}:3`], {
      env,
    });
    expect([outcome.status, outcome.stdout]).toEqual([1, '']);
    const { status } = await consumer.docker(['pull', `${image}:3`]);
    expect(status).not.toBe(0);
  });

  it('tells what the engine says of a push that failed', async () => {
    expectDone(await publisher.docker(['tag', `${image}:1`, 'trust.test:1/team/app:1']));
    const auths = { 'trust.test:1': { auth: Buffer.from('alice:pw').toString('base64') } };
    await publisher.file('.docker/config.json', JSON.stringify({ auths }));
    const { status, text } = await dockerTrust(['sign', 'trust.test:1/team/app:1']);
    expect(status).toBe(1);
    expect(text).toContain('connection refused');
  });
});
