// What a publisher and a consumer do with `paraph`, with notary and docker on the same trust directory and
// the same repository in between, and images in a real registry. Run on the Go services it shows that our
// client is understood by Go and understands it; on ours, that nothing changes.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startDockerRegistry } from '../peers/docker-registry.ts';
import { type PushedImage, pushImage } from '../peers/oci-image.ts';
import { peer } from '../peers/peers.ts';
import { newPerson, type Person } from '../peers/person.ts';
import { mustRun } from '../peers/program.ts';
import type { Scratch } from '../peers/scratch.ts';
import { type Pairing, startTrustServices, type TrustServices } from '../peers/trust-services.ts';
import { expectDone } from './outcome.ts';

const sha256 = (bytes: string | Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export function paraphJourney(scratch: Scratch, pairing: Pairing): void {
  describe(`paraph on ${pairing.server} with ${pairing.signer}`, () => {
    let services: TrustServices;
    let registry: string;
    let app: string;
    let publisher: Person;
    let consumer: Person;
    let first: PushedImage;

    const person = (name: string): Promise<Person> =>
      newPerson(scratch, name, { trustServer: services.url, caFile: services.caFile });
    const push = (tag: string, content: string, architectures?: readonly string[]) =>
      pushImage(scratch, {
        registry,
        repository: 'team/app',
        tag,
        content,
        ...(architectures && { architectures }),
      });

    beforeAll(async () => {
      services = await startTrustServices(scratch, pairing);
      registry = new URL((await startDockerRegistry(scratch)).url).host;
      app = `${registry}/team/app`;
      publisher = await person('publisher');
      consumer = await person('consumer');
      first = await push('1', 'one');
    });

    it('says that nothing is signed before anything is', async () => {
      const outcome = await consumer.paraph(['verify', `${app}:1`]);
      expect(outcome).toMatchObject({ status: 4, stdout: '' });
      expect(outcome.stderr).toContain('[NO_TRUST_DATA]');
    });

    it('signs a first tag: keys are made, and encrypted', async () => {
      expectDone(await publisher.paraph(['sign', `${app}:1`]));
      const keys = await publisher.keyFiles();
      expect(keys.map((key) => key.role)).toEqual(['root', 'targets']);
      for (const { text } of keys) expect(text).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    });

    it('gives the signed digest to another machine', async () => {
      const outcome = await consumer.paraph(['verify', `${app}:1`]);
      expect(outcome).toMatchObject({ status: 0, stdout: `${app}@${first.digest}\n` });
    });

    it('is read by notary: list, lookup, verify, key list', async () => {
      const reader = await person('go-reader');
      const hex = first.digest.slice('sha256:'.length);
      const list = await reader.notary(['list', app]);
      expect(list.stdout).toMatch(new RegExp(`^1 +${hex} +${first.bytes.length} +targets$`, 'm'));
      const lookup = await reader.notary(['lookup', app, '1']);
      expect(lookup.stdout).toBe(`1 ${first.digest} ${first.bytes.length}\n`);
      const verified = await reader.notary(['verify', app, '1'], first.bytes.toString());
      expect(verified).toMatchObject({ status: 0, stdout: first.bytes.toString() });
      const keys = await publisher.notary(['key', 'list']);
      expect(keys.stdout).toMatch(/^root +[0-9a-f]{64} /m);
      expect(keys.stdout).toMatch(/^targets +\S+ +[0-9a-f]{64} /m);
    });

    it('is read by docker trust inspect', async () => {
      const { status, stdout } = await (await person('docker-reader')).docker([
        'trust',
        'inspect',
        '--pretty',
        app,
      ]);
      const hex = first.digest.slice('sha256:'.length);
      expect(stdout).toMatch(new RegExp(`^1 +${hex} +\\(Repo Admin\\)$`, 'm'));
      expect(status).toBe(0);
    });

    it('signs several tags at once, one of them an image for three platforms', async () => {
      const second = await push('2', 'two', ['amd64', 'arm64', 's390x']);
      const third = await push('3', 'three');
      const signed = await publisher.paraph(['sign', `${app}:2`, `${app}:3`]);
      expectDone(signed);
      expect(signed.stdout).toContain('3 platforms');
      const verified = await consumer.paraph(['verify', `${app}:2`, `${app}:3`]);
      expect(verified.stdout).toBe(`${app}@${second.digest}\n${app}@${third.digest}\n`);
    });

    it('goes on where notary published with the same keys, and notary where paraph did', async () => {
      const file = await publisher.file('by-notary', 'added by notary');
      expectDone(await publisher.notary(['add', app, 'by-notary', file, '-p']));
      const seen = await consumer.paraph(['verify', `${app}:by-notary`]);
      expect(seen.stdout).toBe(`${app}@${sha256('added by notary')}\n`);
      const fourth = await push('4', 'four');
      expectDone(await publisher.paraph(['sign', `${app}:4`]));
      const lookup = await publisher.notary(['lookup', app, '4']);
      expect(lookup.stdout).toBe(`4 ${fourth.digest} ${fourth.bytes.length}\n`);
    });

    it('follows when notary rotates each key', async () => {
      for (const rotation of [
        ['timestamp', '-r'],
        ['snapshot', '-r'],
        ['targets'],
        ['root'],
        ['snapshot'],
      ]) {
        expectDone(await publisher.notary(['key', 'rotate', app, ...rotation], 'yes\n'));
        const seen = await consumer.paraph(['verify', `${app}:1`]);
        expect(seen).toMatchObject({ status: 0, stdout: `${app}@${first.digest}\n` });
      }
    });

    it('signs with the snapshot key at home', async () => {
      const fifth = await push('5', 'five');
      expectDone(await publisher.paraph(['sign', `${app}:5`]));
      expect((await consumer.paraph(['verify', `${app}:5`])).stdout).toBe(
        `${app}@${fifth.digest}\n`,
      );
      const lookup = await consumer.notary(['lookup', app, '5']);
      expect(lookup.stdout).toBe(`5 ${fifth.digest} ${fifth.bytes.length}\n`);
      expectDone(await publisher.notary(['key', 'rotate', app, 'snapshot', '-r']));
    });

    it('signs as a collaborator whom docker added, and takes what docker takes', async () => {
      const collaborator = await person('collaborator');
      expectDone(await collaborator.docker(['trust', 'key', 'generate', 'jeff']));
      const key = join(collaborator.home, 'jeff.pub');
      expectDone(await publisher.docker(['trust', 'signer', 'add', '--key', key, 'jeff', app]));
      const sixth = await push('6', 'six');
      expectDone(await collaborator.paraph(['sign', `${app}:6`]));
      expect((await consumer.paraph(['verify', `${app}:6`])).stdout).toBe(
        `${app}@${sixth.digest}\n`,
      );
      const hex = sixth.digest.slice('sha256:'.length);
      const inspect = await consumer.docker(['trust', 'inspect', '--pretty', `${app}:6`]);
      expect(inspect.stdout).toMatch(new RegExp(`^6 +${hex} +jeff$`, 'm'));
    });

    it('shows tags, signers and keys as data', async () => {
      const { status, stdout } = await consumer.paraph(['inspect', app, '--output', 'json']);
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ repository: app });
      expect(stdout).toContain(first.digest);
    });

    it('continues a repository that notary made', async () => {
      const made = `${registry}/team/made-by-notary`;
      expectDone(await publisher.notary(['init', made, '-p']));
      const digest = sha256('not in the registry');
      expectDone(await publisher.paraph(['sign', `${made}:1`, '--digest', digest, '--size', '19']));
      expect((await consumer.paraph(['verify', `${made}:1`])).stdout).toBe(`${made}@${digest}\n`);
      expect((await consumer.notary(['lookup', made, '1'])).stdout).toBe(`1 ${digest} 19\n`);
    });

    it('refuses an unsigned tag, a wrong passphrase, and a stranger without keys', async () => {
      await push('unsigned', 'unsigned');
      const unsigned = await consumer.paraph(['verify', `${app}:unsigned`]);
      expect(unsigned).toMatchObject({ status: 4, stdout: '' });
      expect(unsigned.stderr).toContain('[TAG_NOT_SIGNED]');
      const wrong = await publisher.paraph(['sign', `${app}:unsigned`], {
        DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'not the passphrase',
      });
      expect(wrong).toMatchObject({ status: 8, stdout: '' });
      const stranger = await (await person('stranger')).paraph(['sign', `${app}:unsigned`]);
      expect(stranger).toMatchObject({ status: 8, stdout: '' });
      expect((await consumer.paraph(['verify', `${app}:unsigned`])).status).toBe(4);
    });

    it.each(['missing', 'foreign'])('refuses a server whose CA is %s', async (kind) => {
      const caFile = kind === 'foreign' ? services.foreignCaFile : undefined;
      const careful = await newPerson(scratch, `ca-${kind}`, { trustServer: services.url, caFile });
      const outcome = await careful.paraph(['verify', `${app}:1`]);
      expect(outcome).toMatchObject({ status: 6, stdout: '' });
      expect(outcome.stderr).toContain('[TLS_UNTRUSTED]');
    });

    it('refuses a repository that was deleted and made anew with other keys', async () => {
      expectDone(await publisher.notary(['delete', app, '--remote']));
      const other = await person('other-publisher');
      expectDone(await other.paraph(['sign', `${app}:1`]));
      const outcome = await consumer.paraph(['verify', `${app}:1`]);
      expect(outcome).toMatchObject({ status: 3, stdout: '' });
      expect(outcome.stderr).toContain('[ROOT_CHANGED]');
      const newcomer = await person('newcomer');
      expect((await newcomer.paraph(['verify', `${app}:1`])).stdout).toBe(
        `${app}@${first.digest}\n`,
      );
    });

    it('writes metadata that the server hands out byte for byte', async () => {
      const url = `${services.url}/v2/${app}/_trust/tuf/root.json`;
      const served = await mustRun(peer('curl'), ['-fsS', '--cacert', services.caFile, url]);
      const reader = await person('byte-reader');
      expectDone(await reader.paraph(['verify', `${app}:1`]));
      const cached = await readFile(
        join(reader.trustDir, 'tuf', app, 'metadata/root.json'),
        'utf8',
      );
      expect(cached).toBe(served);
    });
  });
}
