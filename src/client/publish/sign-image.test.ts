import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Consumer } from '../../../test/client/consumer.ts';
import { LocalServer } from '../../../test/client/local-server.ts';
import {
  digestOf,
  gun,
  imageTag,
  publisherAt,
  type TestPublisher,
} from '../../../test/client/publisher.ts';
import { Failure } from '../../errors.ts';
import { parseRoot, roleKeysOf } from '../../tuf/root.ts';
import { refresh } from '../consume/refresh.ts';
import { resolveTag } from '../consume/resolve.ts';
import { initialise } from './initialise.ts';
import { signTags } from './sign-image.ts';

let server: LocalServer;
let publisher: TestPublisher;
const machines: Consumer[] = [];

async function newPublisher(): Promise<TestPublisher> {
  const made = await publisherAt(server);
  machines.push(made.machine);
  return made;
}
async function verify(tag: string): Promise<string> {
  const consumer = await Consumer.make(server);
  machines.push(consumer);
  return resolveTag(await refresh(gun, consumer), tag).digest;
}

beforeEach(async () => {
  server = new LocalServer();
  publisher = await newPublisher();
});
afterEach(async () => {
  for (const machine of machines.splice(0)) await machine.remove();
});

describe('the first signing of a repository', () => {
  it('makes root and targets keys here, has snapshot and timestamp keys there, and publishes', async () => {
    const result = await publisher.sign('1.4');
    expect(result.tags).toEqual([{ ...imageTag('1.4'), roles: ['targets'], outcome: 'signed' }]);
    expect([...result.versions]).toEqual([
      ['root', 1],
      ['targets', 2],
      ['snapshot', 1],
      ['timestamp', 1],
    ]);
    expect(result.uploaded).toEqual(['root', 'targets']);
    expect(
      result.newKeys.map(({ role, location, isNew }) => [role, location.split(' ')[0], isNew]),
    ).toEqual([
      ['root', 'ring', true],
      ['targets', 'ring', true],
      ['snapshot', 'https://trust.test', true],
      ['timestamp', 'https://trust.test', true],
    ]);
    expect(publisher.keys.ids('root')).toEqual([result.newKeys[0]?.id]);
    expect(publisher.keys.ids('targets')).toEqual([result.newKeys[1]?.id]);
    expect(publisher.keys.ids('snapshot')).toEqual([]);
    expect(await verify('1.4')).toBe(digestOf('1.4'));
  });

  it('is remembered as made here, and leaves nothing pending', async () => {
    await publisher.sign('1.4');
    const trusted = await refresh(gun, publisher);
    expect(trusted.generation.reason).toBe('made-here');
    const own = await readdir(join(publisher.directory.repository(gun).path, '.paraph'));
    expect(own).toEqual(['generations.json']);
  });

  it('signs several tags in one publication, and more in the next', async () => {
    await publisher.sign('1.0', '1.1', 'latest=1.1');
    expect(server.calls.filter((call) => call.startsWith('publish'))).toHaveLength(1);
    expect(await verify('latest')).toBe(digestOf('1.1'));
    const more = await publisher.sign('1.2', 'latest=1.2');
    expect(more.uploaded).toEqual(['targets']);
    expect(more.newKeys).toEqual([]);
    expect(await verify('latest')).toBe(digestOf('1.2'));
    expect(await verify('1.0')).toBe(digestOf('1.0'));
  });

  it('writes sha256 alone, as docker does', async () => {
    const { repository } = await publisher.sign('1.4');
    const target = repository?.set.targets('targets')?.signed.targets.get('1.4');
    expect([...(target?.hashes.keys() ?? [])]).toEqual(['sha256']);
  });

  it('uses the one root key of the publisher for every repository, under a certificate of its own', async () => {
    const first = await publisher.sign('1');
    const other = 'registry.test/team/other';
    const second = await signTags({ gun: other, tags: [imageTag('1')] }, publisher);
    expect(publisher.keys.ids('root')).toHaveLength(1);
    expect(publisher.keys.ids('targets')).toHaveLength(2);
    expect(second.newKeys[0]).toMatchObject({ role: 'root', isNew: false });
    const roots = [first, second].map((result) => result.repository!.set.root.signed);
    const [a, b] = roots.map((root) => roleKeysOf(root, 'root').keyIds[0]);
    expect(a).not.toBe(b);
  });

  it('takes the first of several root keys in order of id, or the one that is named', async () => {
    for (let turn = 0; turn < 4; turn += 1) await publisher.keys.generate('root');
    const ids = publisher.keys.ids('root');
    const chosen = (await publisher.sign('1')).newKeys[0]?.id;
    expect(chosen).toBe(ids[0]);
    const named = await signTags(
      { gun: 'registry.test/b', tags: [imageTag('1')], rootKeyId: ids[2]!.slice(0, 12) },
      publisher,
    );
    expect(named.newKeys[0]?.id).toBe(ids[2]);
    expect(publisher.machine.events).toContainEqual(
      expect.objectContaining({ kind: 'key-chosen', role: 'root', keyId: ids[0], choices: 4 }),
    );
    for (const wanted of ['abc', ids[1]!.slice(0, 6), '0'.repeat(64), '']) {
      const request = { gun: 'registry.test/c', tags: [imageTag('1')], rootKeyId: wanted };
      await expect(signTags(request, publisher), wanted).rejects.toMatchObject({
        code: 'KEY_NOT_FOUND',
      });
    }
    expect(publisher.keys.ids('targets')).toHaveLength(2);
  });

  it('makes no root key when one is here that does not open', async () => {
    const { key } = await publisher.keys.generate('root');
    publisher.keys.locked.add(key.canonicalId);
    await expect(publisher.sign('1')).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
    expect(publisher.keys.ids('root')).toHaveLength(1);
    expect(publisher.keys.ids('targets')).toEqual([]);
  });

  it.each(['UNREACHABLE', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_A_TRUST_SERVER'] as const)(
    'makes no key when the server is %s',
    async (code) => {
      for (const call of ['fetch', 'serverKey'] as const) {
        server.failAt(call, new Failure(code, 'no'));
        await expect(publisher.sign('1')).rejects.toMatchObject({ code });
      }
      expect(await publisher.keys.list()).toEqual([]);
      expect(await readdir(publisher.directory.path)).toEqual(['tuf']);
    },
  );

  it.each(['1 2', '', '../x', '__proto__/x', 'a'.repeat(129), '-x', 'a\u0000'])(
    'refuses the tag %j before anything else',
    async (tag) => {
      const request = { gun, tags: [{ ...imageTag('1'), tag }] };
      await expect(signTags(request, publisher)).rejects.toMatchObject({
        code: 'REFERENCE_INVALID',
      });
      expect(server.calls).toEqual([]);
    },
  );

  it.each([
    ['digest', { digest: 'sha512:00' }],
    ['digest', { digest: `sha256:${'A'.repeat(64)}` }],
    ['length', { length: -1 }],
    ['length', { length: 1.5 }],
  ])('refuses an impossible %s', async (_, change) => {
    const request = { gun, tags: [{ ...imageTag('1'), ...change }] };
    await expect(signTags(request, publisher)).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
  });

  it('signs tags with the names of object members', async () => {
    await publisher.sign('__proto__', 'constructor');
    expect(await verify('__proto__')).toBe(digestOf('__proto__'));
  });
});

describe('making a repository', () => {
  it('that exists is ALREADY_INITIALISED, and makes no key', async () => {
    await publisher.sign('1');
    const other = await newPublisher();
    await expect(initialise({ gun, edits: [] }, other)).rejects.toMatchObject({
      code: 'ALREADY_INITIALISED',
    });
    expect(await other.keys.list()).toEqual([]);
  });

  it('that notary init left in the cache and nobody published goes on with its root and keys', async () => {
    server.failAt('publish', new Failure('UNREACHABLE', 'no'));
    await publisher.sign('1').catch(() => undefined);
    server.before = () => undefined;
    // What notary leaves is the same root, but in the cache.
    const { path, cache } = publisher.directory.repository(gun);
    await mkdir(join(path, 'metadata'));
    await rename(join(path, '.paraph', 'pending-root.json'), cache.pathOf('root'));
    await rm(join(path, '.paraph'), { recursive: true });
    const root = await readFile(cache.pathOf('root'));
    const result = await publisher.sign('1');
    expect(result.repository?.set.root.bytes).toEqual(root);
    expect(result.newKeys.map(({ role, isNew }) => [role, isNew])).toEqual([
      ['root', false],
      ['targets', false],
      ['snapshot', false],
      ['timestamp', false],
    ]);
    expect(await publisher.keys.list()).toHaveLength(2);
    expect(await verify('1')).toBe(digestOf('1'));
  });
});

describe('a first signing that fails', () => {
  it('before the upload is continued with the keys it made', async () => {
    server.failAt('publish', new Failure('UNREACHABLE', 'no'));
    await expect(publisher.sign('1')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      facts: { upload: expect.stringContaining('may or may not') },
    });
    const pending = parseRoot((await publisher.directory.repository(gun).pendingRoot())!);
    server.before = () => undefined;
    const result = await publisher.sign('1');
    expect(await publisher.keys.list()).toHaveLength(2);
    expect(result.newKeys.map(({ isNew }) => isNew)).toEqual([false, false, true, true]);
    expect(result.repository?.set.root.bytes).toEqual(pending.bytes);
  });

  it('with its answer lost is found to have succeeded', async () => {
    server.after = (call) => {
      if (call === 'publish') throw new Failure('TIMEOUT', 'lost');
    };
    expect(await publisher.sign('1')).toMatchObject({ uploaded: ['root', 'targets'] });
    expect(await verify('1')).toBe(digestOf('1'));
  });

  it('with the network lost for good is known again as made here', async () => {
    server.after = (call) => {
      if (call !== 'publish') return;
      server.before = () => {
        throw new Failure('UNREACHABLE', 'gone');
      };
      throw new Failure('TIMEOUT', 'lost');
    };
    await expect(publisher.sign('1')).rejects.toMatchObject({ code: 'TIMEOUT' });
    server.before = () => undefined;
    server.after = () => undefined;
    const again = await publisher.sign('1');
    expect(again.tags).toMatchObject([{ outcome: 'unchanged' }]);
    expect((await refresh(gun, publisher)).generation.reason).toBe('made-here');
    expect(await publisher.keys.list()).toHaveLength(2);
  });

  it('because somebody else was quicker stops, as the server may have swapped the root', async () => {
    const other = await newPublisher();
    let first = true;
    server.before = async (call) => {
      if (call !== 'publish' || !first) return;
      first = false;
      await other.sign('1');
    };
    await expect(publisher.sign('2')).rejects.toMatchObject({ code: 'ROOT_CHANGED' });
    // Once the other root is accepted by hand, the loser lacks the keys for it.
    await rm(publisher.directory.repository(gun).pendingRootPath);
    await expect(publisher.sign('2')).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
    expect((await refresh(gun, publisher)).generation.reason).toBe('first-use');
    expect(await verify('1')).toBe(digestOf('1'));
  });

  it('because the server lost a repository that this machine knows begins nothing anew', async () => {
    await publisher.sign('1');
    await server.remove(gun);
    await expect(publisher.sign('2')).rejects.toMatchObject({
      code: 'NO_TRUST_DATA',
      remedy: expect.stringContaining(publisher.directory.repository(gun).path),
    });
    expect(publisher.keys.ids('targets')).toHaveLength(1);
    // After the reset by hand a new generation begins.
    await rm(publisher.directory.repository(gun).path, { recursive: true });
    await publisher.sign('2');
    expect(await verify('2')).toBe(digestOf('2'));
  });
});
