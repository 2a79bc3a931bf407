// Our rotations seen by Go's notary and by docker, and Go's by us: readers with caches of long ago, publishers who go on
// with the keys that the other program made. Signers that we add and remove, and repositories that we forget.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { refresh } from '../../src/client/consume/refresh.ts';
import { forgetRepository } from '../../src/client/publish/forget.ts';
import { rotateKeys } from '../../src/client/publish/rotate.ts';
import { addSigner, removeSigner, signerSituation } from '../../src/client/publish/signers.ts';
import { decodePem } from '../../src/encoding/pem.ts';
import { type PublicKey, publicKeyFromSpki } from '../../src/tuf/public-key.ts';
import { newPerson, type Person } from '../peers/person.ts';
import type { Scratch } from '../peers/scratch.ts';
import { type Pairing, startTrustServices, type TrustServices } from '../peers/trust-services.ts';
import { type OurClient, ourClient } from './our-client.ts';
import { expectDone } from './outcome.ts';

const gun = 'registry.test/team/rotated';

export function rotationSeenByGo(scratch: Scratch, pairing: Pairing): void {
  describe(`on ${pairing.server} with ${pairing.signer}`, () => {
    let services: TrustServices;
    let owner: Person;
    let ours: OurClient;
    let reader: Person;
    let late: Person;
    let ourReader: OurClient;
    let tags: string[];

    const person = (name: string): Promise<Person> =>
      newPerson(scratch, name, { trustServer: services.url, caFile: services.caFile });
    const rotate = (role: string, holder: 'local' | 'server') =>
      rotateKeys({ gun, role, holder }, ours);

    /** notary and docker list every tag that was published. */
    async function expectFollows(who: Person): Promise<void> {
      const list = await who.notary(['list', gun]);
      expectDone(list);
      const inspect = await who.docker(['trust', 'inspect', gun]);
      expectDone(inspect);
      for (const tag of tags) {
        expect(list.stdout).toMatch(new RegExp(`^${tag} `, 'm'));
        expect(inspect.stdout).toContain(`"SignedTag": "${tag}"`);
      }
    }

    /** The owner goes on with Go's notary and the keys as they are now. */
    async function publishByGo(tag: string): Promise<void> {
      expectDone(await owner.notary(['add', gun, tag, await owner.file(tag, tag), '-p']));
      tags.push(tag);
    }

    const keyRoles = async () => (await owner.keyFiles()).map((key) => key.role);

    beforeAll(async () => {
      tags = [];
      services = await startTrustServices(scratch, pairing);
      owner = await person('owner');
      reader = await person('reader');
      late = await person('late');
      ours = ourClient(scratch, services, owner);
      ourReader = ourClient(scratch, services, await person('our-reader'));
      expectDone(await owner.notary(['init', gun, '-p']));
      expectDone(await owner.notary(['key', 'rotate', gun, 'snapshot', '-r']));
      await publishByGo('v1');
      for (const who of [reader, late]) await expectFollows(who);
      await refresh(gun, ourReader);
    });

    it.each([
      ['targets', 'local'],
      ['snapshot', 'local'],
      ['root', 'local'],
      ['targets', 'local'],
      ['timestamp', 'server'],
      ['root', 'local'],
      ['snapshot', 'server'],
      ['snapshot', 'server'],
      ['root', 'local'],
    ] as const)(
      'follows our rotation of %s, held %s, and publishes with the keys of it',
      async (role, holder) => {
        expect(await rotate(role, holder)).toMatchObject({ outcome: 'rotated' });
        await expectFollows(reader);
        await publishByGo(`after-${tags.length}`);
        await expectFollows(reader);
        expect((await refresh(gun, ourReader)).set.targets('targets')?.signed.targets.size).toBe(
          tags.length,
        );
      },
    );

    it('follows over three roots at once, from a cache of the beginning', async () => {
      await expectFollows(late);
    });

    it('finds one key file for each role, and all root keys', async () => {
      expect(await keyRoles()).toEqual(['root', 'root', 'root', 'root', 'targets']);
    });

    it('rotates on top of our rotations, and we on top of those, and follow', async () => {
      for (const [role, ...flags] of [
        ['root'],
        ['targets'],
        ['snapshot', '-r'],
        ['root'],
        ['timestamp', '-r'],
      ]) {
        expectDone(await owner.notary(['key', 'rotate', gun, role!, ...flags], 'yes\n'));
      }
      ourReader.events.length = 0;
      const { set } = await refresh(gun, ourReader);
      expect(ourReader.events.map(({ kind }) => kind)).toEqual(['root-updated']);
      const before = set.root.signed.version;
      await rotate('root', 'local');
      await rotate('targets', 'local');
      expect((await refresh(gun, ourReader)).set.root.signed.version).toBe(before + 2);
      await publishByGo('after-all');
      for (const who of [reader, late]) await expectFollows(who);
    });

    it('lists signers that we add, and takes what they sign; removed, they are gone', async () => {
      const jeff = await person('jeff');
      const ann = await person('ann');
      for (const [name, who] of [
        ['jeff', jeff],
        ['ann', ann],
      ] as const) {
        expectDone(await who.docker(['trust', 'key', 'generate', name]));
        const key = await publicKeyIn(join(who.home, `${name}.pub`));
        expect(await addSigner({ gun, name, keys: [key] }, ours)).toMatchObject({
          outcome: 'added',
        });
      }
      const signers = async () => {
        const { stdout } = await reader.docker(['trust', 'inspect', gun]);
        const [view] = JSON.parse(stdout) as { Signers: { Name: string }[] }[];
        return view!.Signers.map(({ Name }) => Name).toSorted();
      };
      expect(await signers()).toEqual(['ann', 'jeff']);
      for (const who of [jeff, ann]) expectDone(await who.docker(['trust', 'sign', `${gun}:v1`]));
      const pretty = await reader.docker(['trust', 'inspect', '--pretty', gun]);
      expect(pretty.stdout).toMatch(/^v1 .*ann, jeff$/m);

      // ann found v1 in releases as she wanted it, so the file there is signed by jeff alone.
      expect(await signerSituation(gun, 'jeff', ours)).toMatchObject({ isLast: true });
      const removed = await removeSigner({ gun, name: 'jeff' }, ours);
      expect(removed).toMatchObject({ releases: 'unsigned' });
      expect(await signers()).toEqual(['ann']);
      expectDone(await ann.notary(['witness', gun, 'targets/releases', '-p']));
      const witnessed = await reader.docker(['trust', 'inspect', '--pretty', gun]);
      expect(witnessed.stdout).toMatch(/^v1 .* ann$/m);
      expect(await signerSituation(gun, 'ann', ours)).toMatchObject({ isLast: true });
      expect(await removeSigner({ gun, name: 'ann' }, ours)).toMatchObject({
        releases: 'without-keys',
      });
      expect(await signers()).toEqual([]);
      await expectFollows(reader);
    });

    it('refuses what we made anew after a deletion, as we refuse it; a newcomer takes it', async () => {
      const done = await forgetRepository({ gun, remote: true }, ours);
      expect(done.keptKeys.map(({ role }) => role)).toContain('targets');
      expect((await (await person('nobody')).notary(['list', gun])).stdout).toContain(
        'does not have trust data',
      );
      expectDone(await owner.notary(['init', gun, '-p']));
      const refused = await reader.notary(['list', gun]);
      expect(refused.status).toBe(1);
      expect(refused.stdout).toContain('could not rotate trust to a new trusted root');
      await expect(refresh(gun, ourReader)).rejects.toMatchObject({ code: 'ROOT_CHANGED' });
      await forgetRepository({ gun, remote: false }, ourReader);
      ourReader.events.length = 0;
      await refresh(gun, ourReader);
      expect(ourReader.events[0]).toMatchObject({
        kind: 'trust-began',
        reason: 'first-use',
        formerRootKeyIds: [expect.any(String)],
      });
      expectDone(await (await person('newcomer')).notary(['list', gun]));
    });
  });
}

/** The key of a file that `docker trust key generate` wrote. */
async function publicKeyIn(path: string): Promise<PublicKey> {
  const [block] = decodePem(await readFile(path, 'utf8'));
  return publicKeyFromSpki(block!.bytes);
}
