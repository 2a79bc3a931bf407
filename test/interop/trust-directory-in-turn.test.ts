// One home, one trust directory, three programs in it by turns: Go's notary, docker 28, and ours by its own grammar and
// by that of notary. Every order of the three does the same with a repository of its own: what one made, left, staged,
// rotated or deleted, the next goes on with. Others show the same for people with a home each (test/interop/matrix).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFakeEngine } from '../peers/fake-engine.ts';
import { newPerson, type Person } from '../peers/person.ts';
import { useScratch } from '../peers/scratch.ts';
import { startTrustServices } from '../peers/trust-services.ts';
import { digestOf } from './matrix/command.ts';
import { type Desk, type TrustProgram, trustPrograms } from './trust-programs.ts';

const scratch = useScratch();
const engine = useFakeEngine(scratch);
const { notary, docker, paraph, paraphNotary } = trustPrograms(engine);

let services: Awaited<ReturnType<typeof startTrustServices>>;

beforeAll(async () => {
  services = await startTrustServices(scratch, {
    server: 'notary-server',
    signer: 'notary-signer',
  });
});

type Order = readonly [TrustProgram, TrustProgram, TrustProgram];

/** Every order of the three, ours by one grammar and the other; either comes first, second and third. */
const orders: readonly Order[] = [
  [notary, docker, paraph],
  [notary, paraphNotary, docker],
  [docker, notary, paraphNotary],
  [docker, paraph, notary],
  [paraph, notary, docker],
  [paraphNotary, docker, notary],
];

describe.each(orders.map((order) => ({ order, name: order.map((each) => each.name) })))(
  '$name.0, $name.1, $name.2',
  ({ order }) => {
    const [first, second, third] = order;
    const next = (program: TrustProgram): TrustProgram =>
      order[(order.indexOf(program) + 1) % order.length]!;
    /** Those that have the command, in their order. */
    const able = (...verbs: readonly ('stage' | 'rotate' | 'forget')[]): readonly TrustProgram[] =>
      order.filter((program) => verbs.every((verb) => program[verb] !== undefined));
    let who: Person;
    let on: Desk;
    /** What readers must see. */
    let signed: Map<string, string>;

    beforeAll(async () => {
      const names = order.map(({ name }) => name);
      who = await newPerson(scratch, names.join('-'), {
        trustServer: services.url,
        caFile: services.caFile,
        engine: engine.host,
      });
      on = { who, gun: `registry.test/in-turn/${names.join('-')}` };
      signed = new Map();
    });

    const release = (tag: string) => {
      const content = `content of ${tag}`;
      signed.set(tag, digestOf(content));
      return { tag, content };
    };

    async function expectAllSee(): Promise<void> {
      for (const program of order) {
        expect(await program.tags(on), program.name).toEqual(signed);
      }
    }

    const keys = async (): Promise<readonly string[]> =>
      (await who.keyFiles()).map(({ role, gun, text }) => `${role} ${gun ?? ''}\n${text}`);

    it('the first makes the keys, and all sign with them', async () => {
      await first.sign(on, release('1'));
      const made = await keys();
      expect((await who.keyFiles()).map(({ role }) => role)).toEqual(first.makes);
      for (const program of [second, third]) {
        await program.sign(on, release(`by-${program.name}`));
      }
      await expectAllSee();
      expect(await keys()).toEqual(made);
    });

    it('the cache that each leaves is what the server serves, and the others start from it', async () => {
      const roles = ['root', 'targets', 'snapshot', 'timestamp'];
      const texts = new Map(
        await Promise.all(roles.map(async (role) => [role, await served(role)] as const)),
      );
      for (const program of order) {
        await program.tags(on);
        for (const [role, text] of texts) {
          const cached = join(who.trustDir, 'tuf', on.gun, 'metadata', `${role}.json`);
          expect(await readFile(cached, 'utf8'), `${program.name}: ${role}`).toBe(text);
        }
      }
    });

    async function served(role: string): Promise<string> {
      const url = `${services.url}/v2/${on.gun}/_trust/tuf/${role}.json`;
      return (await who.run(['curl'], ['-fsS', '--cacert', services.caFile, url])).stdout;
    }

    it('a key that the second made for a signer, let in by the third, signs for the first', async () => {
      const signer = await second.makeSigner(who, 'ann');
      await third.letIn(on, signer);
      const locked = await who.keyFiles();
      await first.signAs(on, signer, release('by-ann'));
      await expectAllSee();
      expect(await who.keyFiles()).toEqual(locked);
    });

    it('what one has staged, another publishes', async () => {
      const stager = [second, first].find(({ stage }) => stage !== undefined)!;
      await stager.stage!(on, release('staged'));
      await next(stager).publish(on, release('with-the-staged'));
      await expectAllSee();
    });

    it('keys that one rotated are those that the others sign with', async () => {
      const roles = ['targets', 'root'];
      for (const [index, program] of able('rotate').entries()) {
        await program.rotate!(on, roles[index]!);
        await next(program).sign(on, release(`after-${program.name}`));
      }
      await expectAllSee();
    });

    it('what one deleted, the next makes anew, and all go on', async () => {
      const [deleter] = able('forget').slice(-1);
      await deleter!.forget!(on);
      signed.clear();
      await next(deleter!).sign(on, release('anew'));
      await next(next(deleter!)).sign(on, release('anew-2'));
      await expectAllSee();
    });
  },
);
