// The first trusted push and what follows, with a real engine, a real registry and the docker CLI 28, in
// a network where the registry's name is not loopback, so that TLS to the trust server is checked.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startDockerRegistry } from '../peers/docker-registry.ts';
import { startDockerd } from '../peers/dockerd.ts';
import type { Network } from '../peers/network.ts';
import { newPerson, type Person } from '../peers/person.ts';
import { privateNetwork } from '../peers/private-network.ts';
import { mustRun } from '../peers/program.ts';
import type { Scratch } from '../peers/scratch.ts';
import { type Pairing, startTrustServices, type TrustServices } from '../peers/trust-services.ts';

const trusted = { DOCKER_CONTENT_TRUST: '1' };

export function engineJourney(scratch: Scratch, pairing: Omit<Pairing, 'network' | 'host'>): void {
  describe(`a real engine on ${pairing.server} with ${pairing.signer}`, () => {
    let network: Network;
    let services: TrustServices;
    let image: string;
    let engine: string;
    let publisher: Person;
    let consumer: Person;
    let digest: string;

    beforeAll(async () => {
      network = await privateNetwork(scratch, ['registry.test', 'trust.test']);
      services = await startTrustServices(scratch, { ...pairing, network, host: 'trust.test' });
      const registry = await startDockerRegistry(scratch, network);
      const domain = `registry.test:${registry.port}`;
      engine = (await startDockerd(scratch, network, domain)).host;
      image = `${domain}/team/app`;
      publisher = await person('publisher', services.caFile);
      consumer = await person('consumer', services.caFile);
      await importImage(`${image}:1`, 'one');
    });

    const person = (name: string, caFile: string | undefined): Promise<Person> =>
      newPerson(scratch, name, { trustServer: services.url, caFile, network, engine });

    /** An image of one file, made without a network. */
    async function importImage(reference: string, content: string): Promise<void> {
      const folder = await scratch.folder(`image-${content}`);
      await writeFile(join(folder, 'file'), content);
      await mustRun('tar', ['-C', folder, '-cf', `${folder}.tar`, '.']);
      expect(await publisher.docker(['import', `${folder}.tar`, reference])).toMatchObject({
        status: 0,
      });
    }

    it('refuses to sign without the CA of the trust server', async () => {
      const stranger = await person('without-ca', undefined);
      const { status, text } = await stranger.docker(['push', `${image}:1`], trusted);
      expect(status).toBe(1);
      expect(text).toContain('certificate signed by unknown authority');
      expect(text).not.toContain('Successfully signed');
    });

    it('makes the keys at the first trusted push', async () => {
      const { status, text } = await publisher.docker(['push', `${image}:1`], trusted);
      expect(text).toContain(`Finished initializing "${image}"`);
      expect(text).toContain(`Successfully signed ${image}:1`);
      expect(status).toBe(0);
      digest = /digest: (sha256:[0-9a-f]{64})/.exec(text)![1]!;
      expect(await keyFiles(publisher)).toEqual([
        { role: 'root', gun: undefined },
        { role: 'targets', gun: image },
      ]);
    });

    it('keeps the keys of the publisher encrypted', async () => {
      for (const file of await readdir(join(publisher.trustDir, 'private'))) {
        const text = await readFile(join(publisher.trustDir, 'private', file), 'utf8');
        expect(text).toContain('BEGIN ENCRYPTED PRIVATE KEY');
      }
    });

    it('gives the signed digest to another machine', async () => {
      const { status, text } = await consumer.docker(['pull', `${image}:1`], trusted);
      expect(text).toContain(`Pull (1 of 1): ${image}:1@${digest}`);
      expect(text).toContain(`Tagging ${image}@${digest} as ${image}:1`);
      expect(status).toBe(0);
    });

    it('signs a second tag with the keys that are there', async () => {
      await importImage(`${image}:2`, 'two');
      const { status, text } = await publisher.docker(['push', `${image}:2`], trusted);
      expect(text).not.toContain('Finished initializing');
      expect(text).toContain(`Successfully signed ${image}:2`);
      expect(status).toBe(0);
      expect(await keyFiles(publisher)).toHaveLength(2);
    });

    it('makes no second root key for a second repository', async () => {
      await importImage(`${image}-b:1`, 'b');
      const { status, text } = await publisher.docker(['push', `${image}-b:1`], trusted);
      expect(text).toContain(`Finished initializing "${image}-b"`);
      expect(status).toBe(0);
      expect((await keyFiles(publisher)).map((key) => key.role)).toEqual([
        'root',
        'targets',
        'targets',
      ]);
    });

    it('refuses a tag that nobody signed', async () => {
      await importImage(`${image}:unsigned`, 'unsigned');
      expect(await publisher.docker(['push', `${image}:unsigned`])).toMatchObject({ status: 0 });
      const { status, text } = await consumer.docker(['pull', `${image}:unsigned`], trusted);
      expect(text).toContain('No valid trust data for unsigned');
      expect(status).toBe(1);
    });

    it('keeps giving the signed image when the tag is moved without a signature', async () => {
      await importImage(`${image}:1`, 'moved');
      expect(await publisher.docker(['push', `${image}:1`])).toMatchObject({ status: 0 });
      const { text } = await consumer.docker(['pull', `${image}:1`], trusted);
      expect(text).toContain(`Pull (1 of 1): ${image}:1@${digest}`);
    });

    it.each(['foreign', 'missing'])('refuses to pull with a %s CA', async (kind) => {
      const ca = kind === 'foreign' ? services.foreignCaFile : undefined;
      const stranger = await person(`${kind}-ca`, ca);
      const { status, text } = await stranger.docker(['pull', `${image}:1`], trusted);
      expect(text).toContain('certificate signed by unknown authority');
      expect(status).toBe(1);
      const inspect = await stranger.docker(['trust', 'inspect', `${image}:1`]);
      expect(inspect.status).toBe(1);
    });

    it('lets nobody sign who has no key of the repository', async () => {
      await importImage(`${image}:2`, 'other');
      const { status, text } = await consumer.docker(['push', `${image}:2`], trusted);
      expect(text).toContain(`failed to sign ${image}:2`);
      expect(status).toBe(1);
    });
  });
}

/** Role and repository of each private key file, in that order. */
async function keyFiles(person: Person) {
  const folder = join(person.trustDir, 'private');
  await mkdir(folder, { recursive: true });
  const texts = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')),
  );
  const header = (text: string, name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1];
  return texts
    .map((text) => ({ role: header(text, 'role'), gun: header(text, 'gun') }))
    .toSorted((a, b) => `${a.role}${a.gun}`.localeCompare(`${b.role}${b.gun}`));
}
