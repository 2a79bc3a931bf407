// Journeys A, C and F where images are pushed, pulled and built: docker 28 with a real engine and a real registry that is
// not loopback, on our services. Keys and delegations are made by notary, Go's and then ours. The first push, pulls by
// digest and what is refused are in test/interop/engine-journey.ts.
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startDockerRegistry } from '../../peers/docker-registry.ts';
import { startDockerd } from '../../peers/dockerd.ts';
import { newPerson, type Person, type PersonOptions } from '../../peers/person.ts';
import { privateNetwork } from '../../peers/private-network.ts';
import { mustRun, type Outcome } from '../../peers/program.ts';
import { useScratch } from '../../peers/scratch.ts';
import { startTrustServices } from '../../peers/trust-services.ts';
import { expectDone } from '../outcome.ts';
import { documentedKey, done, pulled, teams, trusted } from './team.ts';

const scratch = useScratch();
let domain: string;
let options: PersonOptions;
let image: string;
let publisher: Person;
let consumer: Person;
/** What the publisher signed as `image:1`, in hex. */
let signed: string;

beforeAll(async () => {
  const network = await privateNetwork(scratch, ['registry.test', 'trust.test']);
  const pairing = { server: 'paraph-server', signer: 'paraph-signer' } as const;
  const services = await startTrustServices(scratch, { ...pairing, network, host: 'trust.test' });
  const certificate = await services.authority.issue('registry', ['registry.test']);
  const registry = await startDockerRegistry(scratch, network, certificate);
  domain = `registry.test:${registry.port}`;
  const engine = (await startDockerd(scratch, network, domain)).host;
  options = { trustServer: services.url, caFile: services.caFile, network, engine };
  image = `${domain}/team/app`;
  publisher = await newPerson(scratch, 'publisher', options);
  consumer = await newPerson(scratch, 'consumer', options);
  signed = await pushed(await imported(`${image}:1`, 'one'));
});

/** An image of one file, made without a network. @returns its name */
async function imported(reference: string, content: string): Promise<string> {
  const folder = await scratch.folder(`image-${content}`);
  await writeFile(join(folder, 'file'), content);
  await mustRun('tar', ['-C', folder, '-cf', `${folder}.tar`, '.']);
  const change = ['--change', 'CMD ["/file"]'];
  expectDone(await publisher.docker(['import', ...change, `${folder}.tar`, reference]));
  return reference;
}

/** Pushes with trust. @returns the digest in hex */
async function pushed(reference: string, who = publisher): Promise<string> {
  const outcome = await who.docker(['push', reference], trusted);
  expectDone(outcome);
  expect(outcome.text).toContain(`Successfully signed ${reference}`);
  return digestIn(outcome);
}

const digestIn = ({ text }: Outcome): string =>
  /digest: sha256:([0-9a-f]{64})/.exec(text)?.[1] ?? text;

/** A folder with a Dockerfile, and the classic builder on it, which alone knows of trust. */
async function build(name: string, dockerfile: string, ...flags: readonly string[]) {
  const folder = await scratch.folder(`build-${name}`);
  await writeFile(join(folder, 'Dockerfile'), dockerfile);
  return consumer.docker(['build', ...flags, '-t', `built-${name}`, folder], {
    ...trusted,
    DOCKER_BUILDKIT: '0',
  });
}

describe('pushes and pulls', () => {
  it('A3 signs latest when no tag is given; with -a, nothing', async () => {
    await imported(`${domain}/team/untagged:latest`, 'untagged');
    const one = await publisher.docker(['push', `${domain}/team/untagged`], trusted);
    expect(one.text).toContain(`Successfully signed ${domain}/team/untagged:latest`);
    await imported(`${domain}/team/all:1`, 'all');
    const all = await publisher.docker(['push', '-a', `${domain}/team/all`], trusted);
    expectDone(all);
    expect(all.text).not.toContain('Successfully signed');
  });

  it('A4 gives the old image to those with trust, the new one to those without', async () => {
    await imported(`${image}:1`, 'moved');
    const moved = digestIn(
      await publisher.docker(['push', '--disable-content-trust', `${image}:1`], trusted),
    );
    expect(moved).not.toBe(signed);
    expect(await pulled(consumer, `${image}:1`)).toBe(signed);
    const without = await consumer.docker(['pull', `${image}:1`]);
    expect(without.text).toContain(`Digest: sha256:${moved}`);
  });

  it('A7 is overridden for a command, either way', async () => {
    await imported(`${image}:unsigned`, 'unsigned');
    expectDone(await publisher.docker(['push', `${image}:unsigned`]));
    const none = 'No valid trust data for unsigned';
    for (const command of ['pull', 'create', 'run']) {
      const refused = await consumer.docker([command, `${image}:unsigned`], trusted);
      expect(refused.status, command).not.toBe(0);
      expect(refused.text, command).toContain(none);
      const asked = ['--disable-content-trust=false', `${image}:unsigned`];
      expect((await consumer.docker([command, ...asked])).text, command).toContain(none);
    }
    const off = ['--disable-content-trust', `${image}:unsigned`];
    for (const command of ['pull', 'create']) {
      expectDone(await consumer.docker([command, ...off], trusted));
    }
    // There is nothing in the image that could run: the engine says so, after trust was passed over.
    expect((await consumer.docker(['run', ...off], trusted)).text).not.toContain(none);
  });

  it('A8 builds on signed bases by their digests, and on no other', async () => {
    const onSigned = await build('signed', `FROM ${image}:1\nENV a=b\n`);
    expectDone(onSigned);
    expect(onSigned.text).toContain(`FROM ${image}@sha256:${signed}`);
    // docker 28 takes the name of a stage for an image, which nobody signed.
    const stages = await build('stages', `FROM ${image}:1 AS base\nFROM base\nENV a=b\n`);
    expect(stages.text).toContain('remote trust data does not exist for docker.io/library/base');
    const refused = await build('unsigned', `FROM ${image}:unsigned\nENV a=b\n`);
    expect(refused.status).toBe(1);
    expect(refused.text).toContain('No valid trust data for unsigned');
    expectDone(await build('off', `FROM ${image}:unsigned\nENV a=b\n`, '--disable-content-trust'));
  });
});

describe.each(teams)('keys and delegations, with $name', ({ key, notary }) => {
  it('C6 a collaborator whom notary let in pushes, and consumers pull', async () => {
    const shared = `${domain}/team/shared-${key}`;
    await imported(`${shared}:1`, `one-${key}`);
    const first = await pushed(`${shared}:1`);
    const collaborator = await newPerson(scratch, `collaborator-${key}`, options);
    await documentedKey(collaborator, 'delegation');
    const certificate = join(publisher.home, 'delegation.crt');
    await copyFile(join(collaborator.home, 'delegation.crt'), certificate);
    const add = `delegation add ${shared} targets/releases ${certificate} --all-paths -p`;
    await done(publisher, notary, add);
    const privateKey = join(collaborator.home, 'delegation.key');
    await done(collaborator, notary, `key import ${privateKey} --role user`);
    await imported(`${shared}:1`, `two-${key}`);
    const second = await pushed(`${shared}:1`, collaborator);
    expect(await pulled(consumer, `${shared}:1`)).toBe(second);
    await done(publisher, notary, `delegation remove ${shared} targets/releases -y -p`);
    expect(await pulled(consumer, `${shared}:1`)).toBe(first);
  });

  it('F1, F5, F6 pushes with restored and with rotated keys, and consumers follow', async () => {
    const archive = join(scratch.path, `private_keys_backup-${key}.tar.gz`);
    await done(
      publisher,
      ['/bin/tar'],
      `-C ${publisher.home} -zcf ${archive} .docker/trust/private`,
    );
    const other = await newPerson(scratch, `restored-${key}`, options);
    await done(other, ['/bin/tar'], `-C ${other.home} -zxf ${archive}`);
    for (const role of ['targets', 'root']) {
      await done(other, notary, `key rotate ${image} ${role}`, { input: 'yes\n' });
    }
    const tag = await imported(`${image}:after-${key}`, `after-${key}`);
    const digest = await pushed(tag, other);
    expect(await pulled(consumer, tag)).toBe(digest);
    // The publisher goes on with what the other machine made.
    await done(other, ['/bin/tar'], `-C ${other.home} -zcf ${archive} .docker/trust/private`);
    await done(publisher, ['/bin/tar'], `-C ${publisher.home} -zxf ${archive}`);
  });

  it('F8 what was deleted and begun anew is refused until the old trust data is dropped', async () => {
    const lost = `${domain}/team/lost-${key}`;
    await imported(`${lost}:1`, `lost-${key}`);
    await pushed(`${lost}:1`);
    expect(await pulled(consumer, `${lost}:1`)).toMatch(/^[0-9a-f]{64}$/);
    await done(publisher, notary, `delete ${lost} --remote`);
    const stranger = await newPerson(scratch, `stranger-${key}`, options);
    const digest = await pushed(`${lost}:1`, stranger);
    expect(await pulled(consumer, `${lost}:1`)).toContain(
      'could not rotate trust to a new trusted root: failed to validate data with current trusted certificates',
    );
    const newcomer = await newPerson(scratch, `newcomer-${key}`, options);
    expect(await pulled(newcomer, `${lost}:1`)).toBe(digest);
    await done(consumer, notary, `delete ${lost}`);
    expect(await pulled(consumer, `${lost}:1`)).toBe(digest);
  });
});
