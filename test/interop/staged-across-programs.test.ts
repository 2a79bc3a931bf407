// Changes that notary stages and we publish have the effect that notary's own publication has, byte for byte where keys
// and times allow; what one of both programs has prepared or staged, the other publishes.
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareRepository } from '../../src/client/publish/prepare.ts';
import { publishStaged, stage } from '../../src/client/publish/staged.ts';
import { publicKeyFromSpki } from '../../src/tuf/public-key.ts';
import type { RoleName } from '../../src/tuf/role.ts';
import { addDelegation, addTag } from '../client/staging.ts';
import { peer } from '../peers/peers.ts';
import { newPerson, type Person } from '../peers/person.ts';
import { mustRun } from '../peers/program.ts';
import { useScratch } from '../peers/scratch.ts';
import { startTrustServices, type TrustServices } from '../peers/trust-services.ts';
import { type OurClient, ourClient } from './our-client.ts';
import { expectDone } from './outcome.ts';

const scratch = useScratch();
const maxBytes = 1024 * 1024;

let services: TrustServices;
let owner: Person;
let ours: OurClient;
/** Certificate of an EC key, and a bare RSA key; with their canonical ids once they are imported. */
let alice: { readonly cert: string; readonly key: string };
let bob: { readonly pub: string; readonly key: string };

beforeAll(async () => {
  services = await startTrustServices(scratch, {
    server: 'notary-server',
    signer: 'notary-signer',
  });
  const trust = { trustServer: services.url, caFile: services.caFile };
  owner = await newPerson(scratch, 'owner', trust);
  ours = ourClient(scratch, services, owner);
  const file = (name: string) => join(owner.home, name);
  alice = { cert: file('alice.crt'), key: file('alice.pem') };
  bob = { pub: file('bob.pub'), key: file('bob.pem') };
  const openssl = (...args: readonly string[]) => mustRun(peer('openssl'), args);
  await openssl('ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', alice.key);
  await openssl(
    'req',
    '-new',
    '-x509',
    '-key',
    alice.key,
    '-subj',
    '/CN=alice',
    '-days',
    '9',
    '-out',
    alice.cert,
  );
  await openssl('genrsa', '-out', bob.key, '2048');
  await openssl('rsa', '-in', bob.key, '-pubout', '-out', bob.pub);
  expectDone(await owner.notary(['key', 'import', alice.key, '-r', 'alice']));
  expectDone(await owner.notary(['key', 'import', bob.key, '-r', 'bob']));
  await owner.file('v1', 'content of v1');
});

const notary = async (...args: readonly string[]): Promise<string> => {
  const outcome = await owner.notary(args);
  expectDone(outcome);
  return outcome.stdout;
};

const served = async (gun: string, role: RoleName): Promise<string> =>
  (await ours.server.fetch(gun, { role }, maxBytes))?.toString() ?? '';

/** What a file says apart from its version, its expiry and who signed it. */
async function said(gun: string, role: RoleName): Promise<string> {
  const text = await served(gun, role);
  return text
    .slice(0, text.lastIndexOf(',"version":'))
    .replace(/"expires":"[^"]*"/, '"expires":""');
}

async function versions(gun: string): Promise<Readonly<Record<string, number | undefined>>> {
  const roles = ['root', 'targets', 'targets/a', 'targets/a/x', 'snapshot', 'timestamp'] as const;
  const found: Record<string, number | undefined> = {};
  for (const role of roles) {
    const version = /"version":(\d+)/.exec(
      (await served(gun, role)).split('"signatures"')[0]!,
    )?.[1];
    found[role] = version === undefined ? undefined : Number(version);
  }
  return found;
}

async function listed(gun: string): Promise<readonly string[]> {
  const file = JSON.parse(await served(gun, 'snapshot')) as { signed: { meta: object } };
  return Object.keys(file.signed.meta);
}

describe('what notary stages', () => {
  const byNotary = 'registry.test/staged/notary';
  const byUs = 'registry.test/staged/us';
  let aliceId: string;
  let bobId: string;

  beforeAll(async () => {
    await notary('init', byNotary, '-p');
    await prepareRepository({ gun: byUs, snapshotHolder: 'local' }, ours);
    await publishStaged(byUs, ours);
    const keys = await ours.keys.list();
    aliceId = keys.find(({ role }) => role === 'alice')!.id;
    bobId = keys.find(({ role }) => role === 'bob')!.id;
    // In Go's own order: anything else notary signs in a way that does not verify (notary dialect §4.3).
    await owner.file('custom.json', '{"a":{"x":"y"},"b":[1,true,null]}');
  });

  /** notary's snapshot goes on listing a role whose parent was removed; ours does not. */
  const orphanAfter = 'the last delegation removed';

  /** Each list of arguments is a command of notary; GUN stands for the repository. */
  const steps: readonly (readonly [string, () => readonly (readonly string[])[]])[] = [
    [
      'tags, with a custom member and by hash',
      () => [
        ['add', 'GUN', 'v1', 'v1'],
        ['add', 'GUN', 'odd <name>&é', 'v1', '--custom', 'custom.json'],
        ['addhash', 'GUN', 'bysha', '42', '--sha256', 'a'.repeat(64)],
      ],
    ],
    [
      'a delegation of two keys and all paths',
      () => [['delegation', 'add', 'GUN', 'targets/releases', alice.cert, bob.pub, '--all-paths']],
    ],
    [
      'a delegation with paths, and one below it',
      () => [
        ['delegation', 'add', 'GUN', 'targets/a', alice.cert, '--paths', 'a/,b/'],
        ['delegation', 'add', 'GUN', 'targets/a/x', bob.pub, '--paths', 'a/x'],
      ],
    ],
    [
      'tags of delegations',
      () => [
        ['add', 'GUN', 'a/1', 'v1', '-r', 'targets/a'],
        ['add', 'GUN', 'a/x1', 'v1', '-r', 'targets/a/x,targets/releases'],
      ],
    ],
    ['a tag removed', () => [['remove', 'GUN', 'bysha']]],
    [
      'a key removed from a delegation',
      () => [['delegation', 'remove', 'GUN', 'targets/releases', aliceId]],
    ],
    [
      'paths removed, and others added',
      () => [
        ['delegation', 'remove', 'GUN', 'targets/a', '--paths', 'b/'],
        ['delegation', 'add', 'GUN', 'targets/a', '--paths', 'c/'],
      ],
    ],
    [
      'all paths removed',
      () => [['delegation', 'remove', 'GUN', 'targets/releases', '--all-paths']],
    ],
    ['a role signed again', () => [['witness', 'GUN', 'targets', 'targets/a']]],
    ['a key purged', () => [['delegation', 'purge', 'GUN', '--key', bobId]]],
    [
      'a key given to the role that was left without',
      () => [
        ['delegation', 'add', 'GUN', 'targets/a/x', alice.cert],
        ['witness', 'GUN', 'targets/a/x'],
      ],
    ],
    ['a delegation removed', () => [['delegation', 'remove', 'GUN', 'targets/releases', '-y']]],
    [orphanAfter, () => [['delegation', 'remove', 'GUN', 'targets/a', '-y']]],
  ];

  it.each(steps)('%s: the same by both publications', async (what, commands) => {
    const orphan = what === orphanAfter ? 'targets/a/x' : undefined;
    for (const gun of [byNotary, byUs]) {
      for (const args of commands()) {
        await notary(...args.map((text) => (text === 'GUN' ? gun : text)));
      }
    }
    await notary('publish', byNotary);
    await publishStaged(byUs, ours);
    for (const role of ['targets', 'targets/a', 'targets/a/x', 'targets/releases'] as const) {
      expect(await said(byUs, role), role).toBe(await said(byNotary, role));
    }
    expect(await versions(byUs)).toEqual(await versions(byNotary));
    expect(await listed(byUs)).toEqual((await listed(byNotary)).filter((role) => role !== orphan));
    expect(await notary('list', byUs)).toBe(await notary('list', byNotary));
    expect(await notary('delegation', 'list', byUs)).toBe(
      await notary('delegation', 'list', byNotary),
    );
    expect(await readdir(join(owner.trustDir, 'tuf', byUs, 'changelist'))).toEqual([]);
  });
});

describe('a repository', () => {
  it.each(['local', 'server'] as const)(
    'that we prepared, snapshot key %s, is published by notary',
    async (snapshotHolder) => {
      const gun = `registry.test/prepared/${snapshotHolder}`;
      await prepareRepository({ gun, snapshotHolder }, ours);
      await notary('add', gun, 'v1', 'v1');
      await notary('publish', gun);
      expect(await notary('lookup', gun, 'v1')).toMatch(/^v1 sha256:/);
      const local = (await ours.keys.list()).filter((key) => key.gun === gun);
      const expected = snapshotHolder === 'local' ? ['snapshot', 'targets'] : ['targets'];
      expect(local.map(({ role }) => role).toSorted()).toEqual(expected);
      expect((await versions(gun))['targets']).toBe(2);
    },
  );

  it('that notary prepared, with delegations and tags of them staged, is published by us', async () => {
    const gun = 'registry.test/prepared/notary';
    await notary('init', gun);
    await notary('delegation', 'add', gun, 'targets/a', alice.cert, '--all-paths');
    await notary('add', gun, 'v1', 'v1', '-r', 'targets/a');
    const done = await publishStaged(gun, ours);
    expect(done.uploaded).toEqual(['root', 'targets', 'targets/a', 'snapshot']);
    expect(await versions(gun)).toMatchObject({ root: 1, targets: 2, 'targets/a': 1, snapshot: 2 });
    expect(await notary('lookup', gun, 'v1')).toMatch(/^v1 sha256:/);
  });

  it('goes on by turns: what we stage notary publishes, and the other way round', async () => {
    const gun = 'registry.test/by-turns';
    await prepareRepository({ gun, snapshotHolder: 'local' }, ours);
    await publishStaged(gun, ours);
    await mustRun(peer('openssl'), [
      'rsa',
      '-pubin',
      '-in',
      bob.pub,
      '-outform',
      'DER',
      '-out',
      join(owner.home, 'bob.der'),
    ]);
    const key = publicKeyFromSpki(await readFile(join(owner.home, 'bob.der')));
    const ports = { directory: ours.directory, nowNs: () => BigInt(Date.now()) * 1_000_000n };
    await stage(
      gun,
      [addTag('v1'), ...addDelegation('targets/b', [key]), addTag('b1', 'targets/b')],
      ports,
    );
    expect(await notary('status', gun)).toMatch(/create +targets\/b +target +b1/);
    await notary('publish', gun);
    await notary('remove', gun, 'v1');
    await publishStaged(gun, ours);
    expect(await notary('list', gun)).toMatch(/^b1 .*targets\/b$/m);
    expect(await notary('list', gun)).not.toMatch(/^v1 /m);
  });

  it('to which nothing is staged gets a new snapshot by either program', async () => {
    const gun = 'registry.test/prepared/local';
    const before = await versions(gun);
    await notary('publish', gun);
    await publishStaged(gun, ours);
    expect(await versions(gun)).toEqual({
      ...before,
      snapshot: before['snapshot']! + 2,
      timestamp: before['timestamp']! + 2,
    });
    const other = 'registry.test/prepared/server';
    const versionsThere = await versions(other);
    await notary('publish', other);
    await publishStaged(other, ours);
    expect(await versions(other)).toMatchObject({ snapshot: versionsThere['snapshot']! + 2 });
  });
});

describe('where notary does harm', () => {
  it('a delegation made again for another key cannot be signed by notary, and can by us', async () => {
    const gun = 'registry.test/made-again';
    await notary('init', gun);
    await notary('delegation', 'add', gun, 'targets/z', alice.cert, '--all-paths');
    await notary('add', gun, 'z1', 'v1', '-r', 'targets/z', '-p');
    await notary('delegation', 'remove', gun, 'targets/z', '-y', '-p');
    await notary('delegation', 'add', gun, 'targets/z', bob.pub, '--all-paths', '-p');
    const refused = await owner.notary(['add', gun, 'z2', 'v1', '-r', 'targets/z', '-p']);
    expect(refused.status).toBe(1);
    await publishStaged(gun, ours);
    expect(await notary('list', gun)).toMatch(/^z2 .*targets\/z$/m);
    expect(await notary('list', gun)).not.toContain('z1');
  });

  it('a key that no role here can be purged of is left by notary, with exit 0, and refused by us', async () => {
    const gun = 'registry.test/purged';
    await notary('init', gun);
    await notary('delegation', 'add', gun, 'targets/z', alice.cert, '--all-paths', '-p');
    const keys = await ours.keys.list();
    const target = keys.find((key) => key.gun === gun && key.role === 'targets')!;
    const aliceId = keys.find(({ role }) => role === 'alice')!.id;
    await rename(target.location, `${target.location}.away`);
    const { status, text } = await owner.notary([
      'delegation',
      'purge',
      gun,
      '--key',
      aliceId,
      '-p',
    ]);
    expect(status).toBe(0);
    expect(text).toContain('keys will not be purged from targets');
    await notary('delegation', 'purge', gun, '--key', aliceId);
    await expect(publishStaged(gun, ourClient(scratch, services, owner))).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      facts: { change: 'update delegation targets/*' },
    });
  });
});
