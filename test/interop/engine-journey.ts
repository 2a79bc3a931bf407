// The first trusted push and what follows, with a real engine, a real registry and the docker CLI 28, in
// a network where the registry's name is not loopback, so that TLS to the trust server is checked.
import { writeFile } from 'node:fs/promises';
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
import { expectDone } from './outcome.ts';

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
      const certificate = await services.authority.issue('registry', ['registry.test']);
      const registry = await startDockerRegistry(scratch, network, certificate);
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
      expectDone(await publisher.docker(['import', `${folder}.tar`, reference]));
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
      const encrypted = expect.stringContaining('BEGIN ENCRYPTED PRIVATE KEY');
      expect(await publisher.keyFiles()).toEqual([
        { role: 'root', gun: undefined, text: encrypted },
        { role: 'targets', gun: image, text: encrypted },
      ]);
    });

    it('gives the signed digest to another machine', async () => {
      const { status, text } = await consumer.docker(['pull', `${image}:1`], trusted);
      expect(text).toContain(`Pull (1 of 1): ${image}:1@${digest}`);
      expect(text).toContain(`Tagging ${image}@${digest} as ${image}:1`);
      expect(status).toBe(0);
    });

    it('gives the same digest to paraph, which docker pulls', async () => {
      const verified = await consumer.paraph(['verify', `${image}:1`]);
      expect(verified).toMatchObject({ status: 0, stdout: `${image}@${digest}\n` });
      expectDone(await consumer.docker(['pull', verified.stdout.trim()], trusted));
    });

    it('signs a second tag with the keys that are there', async () => {
      await importImage(`${image}:2`, 'two');
      const { status, text } = await publisher.docker(['push', `${image}:2`], trusted);
      expect(text).not.toContain('Finished initializing');
      expect(text).toContain(`Successfully signed ${image}:2`);
      expect(status).toBe(0);
      expect(await publisher.keyFiles()).toHaveLength(2);
    });

    it('pulls what paraph signed with the same keys', async () => {
      await importImage(`${image}:3`, 'three');
      expectDone(await publisher.docker(['push', `${image}:3`]));
      const sign = ['sign', `${image}:3`, '--tls-ca', services.caFile];
      expectDone(await publisher.paraph(sign));
      const { status, text } = await consumer.docker(['pull', `${image}:3`], trusted);
      expect(text).toContain(`Pull (1 of 1): ${image}:3@sha256:`);
      expect(status).toBe(0);
    });

    it('makes no second root key for a second repository', async () => {
      await importImage(`${image}-b:1`, 'b');
      const { status, text } = await publisher.docker(['push', `${image}-b:1`], trusted);
      expect(text).toContain(`Finished initializing "${image}-b"`);
      expect(status).toBe(0);
      expect((await publisher.keyFiles()).map((key) => key.role)).toEqual([
        'root',
        'targets',
        'targets',
      ]);
    });

    it('refuses a tag that nobody signed', async () => {
      await importImage(`${image}:unsigned`, 'unsigned');
      expectDone(await publisher.docker(['push', `${image}:unsigned`]));
      const { status, text } = await consumer.docker(['pull', `${image}:unsigned`], trusted);
      expect(text).toContain('No valid trust data for unsigned');
      expect(status).toBe(1);
    });

    it('keeps giving the signed image when the tag is moved without a signature', async () => {
      await importImage(`${image}:1`, 'moved');
      expectDone(await publisher.docker(['push', `${image}:1`]));
      const { text } = await consumer.docker(['pull', `${image}:1`], trusted);
      expect(text).toContain(`Pull (1 of 1): ${image}:1@${digest}`);
    });

    it.each(['foreign', 'missing'])('refuses to pull with a %s CA', async (kind) => {
      const ca = kind === 'foreign' ? services.foreignCaFile : undefined;
      const stranger = await person(`${kind}-ca`, ca);
      const { status, text } = await stranger.docker(['pull', `${image}:1`], trusted);
      expect(text).toContain('certificate signed by unknown authority');
      expect(status).toBe(1);
      const verify = await stranger.paraph(['verify', `${image}:1`]);
      expect(verify).toMatchObject({ status: 6, stdout: '' });
      expect(verify.stderr).toContain('[TLS_UNTRUSTED]');
    });

    it('lets nobody sign who has no key of the repository', async () => {
      await importImage(`${image}:2`, 'other');
      const { status, text } = await consumer.docker(['push', `${image}:2`], trusted);
      expect(text).toContain(`failed to sign ${image}:2`);
      expect(status).toBe(1);
    });
  });
}
