import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issuedCertificate } from '../../../test/client/issued-certificate.ts';
import { LocalServer } from '../../../test/client/local-server.ts';
import { gun, publisherAt, type TestPublisher } from '../../../test/client/publisher.ts';
import { addTag, publishAll } from '../../../test/client/staging.ts';
import { Failure } from '../../errors.ts';
import { rootCertificate } from '../../keys/root-certificate.ts';
import { publicKeyFromCertificate } from '../../tuf/public-key.ts';
import type { RoleName } from '../../tuf/role.ts';
import { parseRoot, roleKeysOf } from '../../tuf/root.ts';
import { checkRoot } from '../../tuf/root-trust.ts';
import { checkThreshold } from '../../tuf/signature.ts';
import { parseSnapshot } from '../../tuf/snapshot.ts';
import { parseTargets } from '../../tuf/targets.ts';
import { refresh } from '../consume/refresh.ts';
import { type Prepared, type PrepareRequest, prepareRepository } from './prepare.ts';

const dayMs = 24 * 60 * 60 * 1000;

let server: LocalServer;
let owner: TestPublisher;
beforeEach(async () => {
  server = new LocalServer();
  owner = await publisherAt(server);
});
afterEach(() => owner.machine.remove());

const prepare = (request: Partial<PrepareRequest> = {}): Promise<Prepared> =>
  prepareRepository({ gun, snapshotHolder: 'local', ...request }, owner);
const cached = (role: RoleName): Promise<Buffer> =>
  readFile(owner.directory.repository(gun).cache.pathOf(role));
const cachedRoot = async () => parseRoot(await cached('root'));
const metadata = async (): Promise<readonly string[]> =>
  (await readdir(join(owner.directory.repository(gun).path, 'metadata'))).toSorted();

describe('preparing a repository', () => {
  it('makes its keys and version 1 of its files, and uploads nothing', async () => {
    const { keys } = await prepare();
    expect(keys.map(({ role, isNew, location }) => [role, isNew, location === server.url])).toEqual(
      [
        ['root', true, false],
        ['targets', true, false],
        ['snapshot', true, false],
        ['timestamp', true, true],
      ],
    );
    expect(await metadata()).toEqual(['root.json', 'snapshot.json', 'targets.json']);
    const root = await cachedRoot();
    checkRoot(root, { gun, nowMs: server.nowMs, certificateExpiry: 'refused' });
    const targets = parseTargets(await cached('targets'), 'targets');
    const snapshot = parseSnapshot(await cached('snapshot'));
    for (const [role, file] of [
      ['targets', targets],
      ['snapshot', snapshot],
    ] as const) {
      const roleKeys = roleKeysOf(root.signed, role);
      checkThreshold(role, roleKeys, root.signed.keys, file.message, file.signatures);
      expect(file.signed.version).toBe(1);
    }
    expect(root.signed.version).toBe(1);
    expect([...snapshot.signed.meta.keys()].toSorted()).toEqual(['root', 'targets']);
    expect(server.calls.filter((call) => call.startsWith('publish'))).toEqual([]);
  });

  it('writes targets as notary init does', async () => {
    await prepare();
    const text = (await cached('targets')).toString();
    expect(text).toMatch(
      /^\{"signed":\{"_type":"Targets","delegations":\{"keys":\{\},"roles":\[\]\},"expires":"[^"]*","targets":\{\},"version":1\}/,
    );
  });

  it('leaves the snapshot to the server when it is to hold the key', async () => {
    await prepare({ snapshotHolder: 'server' });
    expect(await metadata()).toEqual(['root.json', 'targets.json']);
    expect(owner.keys.ids('snapshot')).toEqual([]);
  });

  it('is remembered as made here', async () => {
    await prepare();
    await publishAll(owner, addTag('v1'));
    expect((await refresh(gun, owner)).generation).toMatchObject({ reason: 'made-here' });
  });

  it('takes the root key that is named', async () => {
    const signers = await Promise.all([1, 2, 3].map(() => owner.keys.generate('root')));
    for (const { key } of signers) {
      await prepare({ rootKeyId: key.canonicalId.slice(0, 12) });
      const [id] = roleKeysOf((await cachedRoot()).signed, 'root').keyIds;
      expect((await cachedRoot()).signed.keys.get(id!)?.canonicalId).toBe(key.canonicalId);
    }
    expect(owner.keys.ids('targets')).toHaveLength(1);
  });
});

describe('before any key is made', () => {
  const nothingMade = async () => expect(await owner.keys.list()).toEqual([]);

  it('a repository that the server has is ALREADY_INITIALISED, and its cache stays', async () => {
    const other = await publisherAt(server);
    await other.sign('v1');
    await refresh(gun, owner);
    const before = await cached('root');
    await expect(prepare()).rejects.toMatchObject({ code: 'ALREADY_INITIALISED' });
    expect(await cached('root')).toEqual(before);
    await nothingMade();
    await other.machine.remove();
  });

  it('one that this machine trusts and the server has lost is NO_TRUST_DATA', async () => {
    const other = await publisherAt(server);
    await other.sign('v1');
    await refresh(gun, owner);
    await server.remove(gun);
    await expect(prepare()).rejects.toMatchObject({ code: 'NO_TRUST_DATA' });
    await nothingMade();
    await other.machine.remove();
  });

  it.each(['fetch', 'serverKey'] as const)(
    'a server that fails at %s is that failure',
    async (call) => {
      server.failAt(call, new Failure('FORBIDDEN', 'no'));
      await expect(prepare()).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await nothingMade();
      await expect(metadata()).rejects.toThrow('ENOENT');
    },
  );
});

describe('a certificate of its own', () => {
  it('stands for the root key', async () => {
    const signer = await owner.keys.generate('root');
    const certificate = issuedCertificate(signer.key, gun, server.nowMs, 900 * dayMs);
    await prepare({ certificate });
    expect(roleKeysOf((await cachedRoot()).signed, 'root').keyIds).toEqual([certificate.id]);
    await publishAll(owner, addTag('v1'));
    expect(await server.version(gun, 'root')).toBe(1);
  });

  it.each([
    ['of a key that is not here', 'KEY_NOT_FOUND'],
    ['for another repository', 'ROOT_INVALID'],
    ['that has run out', 'CERTIFICATE_EXPIRED'],
    ['of another key than the one named', 'KEY_ROLE_MISMATCH'],
  ] as const)('%s is %s, and no key is made', async (what, code) => {
    const signer = await owner.keys.generate('root');
    const name = what === 'for another repository' ? `${gun}2` : gun;
    const life = what === 'that has run out' ? -dayMs / 2 : 900 * dayMs;
    const certificate = issuedCertificate(signer.key, name, server.nowMs, life);
    const other = (await owner.keys.generate('root')).key.canonicalId;
    if (code === 'KEY_NOT_FOUND') await owner.keys.remove(signer.key.canonicalId);
    const rootKeyId = code === 'KEY_ROLE_MISMATCH' ? other : undefined;
    await expect(prepare({ certificate, rootKeyId })).rejects.toMatchObject({ code });
    expect(owner.keys.ids('targets')).toEqual([]);
  });

  it('of a repository key is not taken for a root key', async () => {
    const signer = await owner.keys.generate('targets', gun);
    const certificate = publicKeyFromCertificate(await rootCertificate(signer, gun, server.nowMs));
    await expect(prepare({ certificate })).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });
});

describe('preparing again', () => {
  it('goes on with the keys and the root that are there', async () => {
    await prepare();
    const root = await cached('root');
    const { keys } = await prepare();
    expect(keys.slice(0, 3).map(({ isNew }) => isNew)).toEqual([false, false, false]);
    expect(await cached('root')).toEqual(root);
    expect(await owner.keys.list()).toHaveLength(3);
  });

  it('keeps to the root key that serves, although another would come first', async () => {
    await prepare();
    const [first] = owner.keys.ids('root');
    let id = first!;
    while (id >= first!) id = (await owner.keys.generate('root')).key.canonicalId;
    const root = await cached('root');
    await prepare();
    expect(await cached('root')).toEqual(root);
  });

  it('for another holder of the snapshot key makes another root, and leaves no snapshot behind', async () => {
    await prepare();
    await prepare({ snapshotHolder: 'server' });
    expect(await metadata()).toEqual(['root.json', 'targets.json']);
    await publishAll(owner, addTag('v1'));
    expect(await server.version(gun, 'snapshot')).toBe(1);
  });

  it('is refused once it was published', async () => {
    await prepare();
    await publishAll(owner);
    await expect(prepare()).rejects.toMatchObject({ code: 'ALREADY_INITIALISED' });
  });
});
