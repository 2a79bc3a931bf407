// Trust directories of notary 0.1 to 0.3 with the keys of a repository that is in use: once a command of ours has moved
// the keys, notary 0.7 and docker 28 find them and sign with them. Nothing is lost. The directories are made by hand from
// keys of today, in the formats of client store §2.3 and §2.5. Layouts and formats one by one: src/keys/key-migration.test.ts;
// the same bytes as Go's own migration: test/keys/beside-go.test.ts.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFakeEngine } from '../peers/fake-engine.ts';
import { peer } from '../peers/peers.ts';
import { newPerson, ourProgram, type Person } from '../peers/person.ts';
import { mustRun } from '../peers/program.ts';
import { useScratch } from '../peers/scratch.ts';
import { startTrustServices, type TrustServices } from '../peers/trust-services.ts';
import { digestOf } from './matrix/command.ts';
import { expectDone } from './outcome.ts';
import { trustPrograms } from './trust-programs.ts';

const scratch = useScratch();
const engine = useFakeEngine(scratch);
const { notary, docker, paraph } = trustPrograms(engine);
const gun = 'registry.test/team/old';
/** A name as of a key, and content that no client can read. */
const damaged = `root_keys/${'d'.repeat(64)}_root.key`;
const certificate = 'trusted_certificates/registry.test/team/old/0.crt';
const strangeText = 'not a key any more\n';

let services: TrustServices;
/** Whose keys they are, in the layout of today. */
let owner: Person;
let ann: { readonly keyId: string; readonly publicKeyFile: string };

const person = (name: string): Promise<Person> =>
  newPerson(scratch, name, {
    trustServer: services.url,
    caFile: services.caFile,
    engine: engine.host,
  });

beforeAll(async () => {
  services = await startTrustServices(scratch, {
    server: 'notary-server',
    signer: 'notary-signer',
  });
  owner = await person('owner');
  const on = { who: owner, gun };
  await notary.sign(on, { tag: 'of-old', content: 'of old' });
  const signer = await docker.makeSigner(owner, 'ann');
  await docker.letIn(on, signer);
  ann = signer;
});

const formats = ['PKCS#8', 'OpenSSL'] as const;

/** How the file of a key was written then: without headers, under the passphrase of its role. */
async function asOfOld(format: (typeof formats)[number], role: string, text: string) {
  const bare = text.replace(/^(?:role|gun): .*\n/gm, '').replace(/\n\n/, '\n');
  if (format === 'PKCS#8') return bare;
  const passphrase = `pass:${role === 'root' ? 'root' : 'repository'}-passphrase`;
  const locked = ['-aes256', '-passin', passphrase, '-passout', passphrase];
  return mustRun(peer('openssl'), ['ec', ...locked], { input: bare });
}

/** Somebody with the keys and the cache of the owner, the keys in the old layout. */
async function personOfOld(name: string, format: (typeof formats)[number]): Promise<Person> {
  const who = await person(name);
  await cp(owner.trustDir, who.trustDir, { recursive: true });
  const keys = await who.keyFiles();
  const names = await idsByText(owner);
  await rm(join(who.trustDir, 'private'), { recursive: true });
  for (const { role, gun: of, text } of keys) {
    const folder = role === 'root' ? 'root_keys' : join('tuf_keys', of ?? '');
    const path = join(folder, `${names.get(text)}_${role}.key`);
    await put(who, path, await asOfOld(format, role, text));
  }
  await put(who, damaged, strangeText);
  await put(who, certificate, strangeText);
  return who;
}

async function put({ trustDir }: Person, path: string, text: string): Promise<void> {
  const file = join(trustDir, 'private', path);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, text, { mode: 0o600 });
}

async function idsByText({ trustDir }: Person): Promise<ReadonlyMap<string, string>> {
  const folder = join(trustDir, 'private');
  const names = await readdir(folder);
  const entries = names.map(
    async (file) => [await readFile(join(folder, file), 'utf8'), basename(file, '.key')] as const,
  );
  return new Map(await Promise.all(entries));
}

/** Every file below `private`, sorted. */
async function files({ trustDir }: Person): Promise<readonly string[]> {
  const folder = join(trustDir, 'private');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

const movers: readonly (readonly [string, (typeof formats)[number], readonly string[]])[] = [
  ['paraph', 'PKCS#8', [...ourProgram('paraph'), 'key', 'generate', 'bob']],
  ['paraph', 'OpenSSL', [...ourProgram('paraph'), 'key', 'generate', 'bob']],
  ['paraph notary', 'OpenSSL', [...ourProgram('paraph'), 'notary', 'key', 'generate', '-r', 'bob']],
  ['docker-trust', 'PKCS#8', [...ourProgram('docker-trust'), 'key', 'generate', 'bob']],
];

describe('keys of old', () => {
  it.each(movers)(
    'are moved when %s makes a key, and used by all: %s',
    async (name, format, command) => {
      const who = await personOfOld(`${format === 'OpenSSL' ? 'o' : 'p'}-${name}`, format);
      const on = { who, gun };
      const before = await files(who);
      expectDone(await who.run(command, []));
      const moved = [...(await idsByText(owner)).values()].map((id) => `${id}.key`);
      const bob = (await files(who)).filter((file) => !file.includes('/') && !moved.includes(file));
      expect(bob).toHaveLength(1);
      expect(await files(who)).toEqual([...moved, ...bob, certificate, damaged].toSorted());
      expect(before).toContain(damaged);
      for (const path of [damaged, certificate]) {
        expect(await readFile(join(who.trustDir, 'private', path), 'utf8')).toBe(strangeText);
      }

      // Go's programs would move old files too, so what they find from here on is what was moved.
      await rm(join(who.trustDir, 'private', dirname(damaged)), { recursive: true });
      const list = await who.notary(['key', 'list']);
      for (const { role, gun: of } of await owner.keyFiles()) {
        expect(list.stdout).toMatch(
          new RegExp(`^${role} +${of ? '\\S+old' : ''} +[0-9a-f]{64} `, 'm'),
        );
      }
      for (const program of [notary, docker]) {
        const tag = `${name.replace(' ', '-')}-${format === 'OpenSSL' ? 'o' : 'p'}-${program.name}`;
        const content = `content of ${tag}`;
        await program.sign(on, { tag, content });
        expect((await paraph.tags({ who: owner, gun })).get(tag)).toBe(digestOf(content));
      }
    },
  );

  it.each(formats)(
    'make a second repository under their root, and let a new signer in: %s',
    async (format) => {
      const who = await personOfOld(`second-${format === 'OpenSSL' ? 'o' : 'p'}`, format);
      const on = { who, gun: `registry.test/team/${format === 'OpenSSL' ? 'o' : 'p'}` };
      await paraph.sign(on, { tag: '1', content: 'one' });
      await docker.letIn(on, { ...ann, person: who, name: 'ann' });
      expect((await who.keyFiles()).filter(({ role }) => role === 'root')).toHaveLength(1);
      await notary.rotate!(on, 'root');
      expect(await docker.tags(on)).toEqual(new Map([['1', digestOf('one')]]));
    },
  );

  it('are used where they lie while nothing is written', async () => {
    const who = await personOfOld('reader-of-old', 'PKCS#8');
    const before = await files(who);
    await paraph.sign({ who, gun }, { tag: 'in-place', content: 'in place' });
    expect(await files(who)).toEqual(before);
    // notary moves them then, and deletes what it cannot read and the certificates: what is left for us is whole.
    await notary.sign({ who, gun }, { tag: 'moved', content: 'moved' });
    expect((await files(who)).every((file) => !file.includes('/'))).toBe(true);
    await paraph.sign({ who, gun }, { tag: 'after', content: 'after' });
    expect((await docker.tags({ who, gun })).get('after')).toBe(digestOf('after'));
  });

  it('of which one is here already in the layout of today are kept both, when they differ', async () => {
    const who = await personOfOld('twice', 'OpenSSL');
    const today = await readFile(join(owner.trustDir, 'private', `${ann.keyId}.key`), 'utf8');
    await put(who, `${ann.keyId}.key`, today);
    expectDone(await who.paraph(['key', 'generate', 'bob']));
    const left = (await files(who)).filter((file) => file.includes('/'));
    expect(left).toEqual([damaged, certificate, `tuf_keys/${ann.keyId}_ann.key`].toSorted());
    expect(await readFile(join(who.trustDir, 'private', `${ann.keyId}.key`), 'utf8')).toBe(today);
  });
});
