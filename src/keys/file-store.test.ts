import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyDirectory, vectorIds } from '../../test/keys/key-directory.ts';
import { goKeyFile, goKeyFiles, goKeys, passphrase } from '../../test/keys/vectors.ts';
import { decodePem, encodePem } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';
import { isValidSignature } from '../tuf/signature.ts';
import { KeyFileStore } from './file-store.ts';

const here = keyDirectory();

describe('listing', () => {
  it('tells the keys of a Go trust directory, sorted, without a passphrase', async () => {
    here.putVectors();
    const listed = await here.store().list();
    expect(listed.map(({ id }) => id)).toEqual(vectorIds);
    expect(listed.map(({ role }) => role)).toEqual(['alice', 'bob', 'root', 'targets', 'root']);
    expect(listed.find(({ role }) => role === 'targets')).toEqual({
      id: goKeyFiles.targets,
      role: 'targets',
      gun: 'example.com/vectors/demo',
      location: join(here.path, 'private', `${goKeyFiles.targets}.key`),
    });
    expect(listed.filter(({ gun }) => gun !== undefined)).toHaveLength(1);
    expect(here.requests).toEqual([]);
  });

  it('is empty where there is no directory', async () => {
    expect(await here.store().list()).toEqual([]);
    expect(await new KeyFileStore(join(here.path, 'none'), { passphrase: fail }).list()).toEqual(
      [],
    );
  });

  it('passes over links, folders, and files that are no keys', async () => {
    here.putVectors();
    const elsewhere = join(here.path, 'elsewhere');
    mkdirSync(elsewhere);
    const id = goKeys[0]!.KeyID;
    writeFileSync(join(elsewhere, `${id}.key`), goKeys[0]!.EncPem);
    symlinkSync(join(elsewhere, `${id}.key`), join(here.path, 'private', `${id}.key`));
    symlinkSync(elsewhere, join(here.path, 'private', 'linked'));
    mkdirSync(join(here.path, 'private', `${'d'.repeat(64)}.key`));
    here.put(`${'e'.repeat(64)}.pem`, goKeys[0]!.EncPem);
    here.put(`.${'e'.repeat(64)}.key.0123456789abcdef.tmp`, goKeys[0]!.EncPem);
    expect((await here.store().list()).map((entry) => entry.id)).toEqual(vectorIds);
    expect(await here.store().unusable()).toEqual([]);
    await expect(here.store().open(id)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });

  it('names the files that should be keys and cannot be used', async () => {
    here.put(`${'a'.repeat(64)}.key`, 'no PEM at all');
    here.put('backup.key', goKeys[0]!.EncPem);
    here.put(`${'c'.repeat(64)}.key`, 'x'.repeat(70_000));
    expect(await here.store().list()).toEqual([]);
    const unusable = await here.store().unusable();
    expect(unusable.map(({ reason }) => reason.code)).toEqual([
      'KEY_UNREADABLE',
      'KEY_UNREADABLE',
      'KEY_LIMITS',
    ]);
    expect(unusable[1]?.location).toBe(join(here.path, 'private', 'backup.key'));
  });

  it('says so when the directory cannot be read', async () => {
    here.path = join(here.path, 'x'.repeat(300));
    await expect(here.store().list()).rejects.toMatchObject({
      code: 'DISK',
      message: expect.stringContaining('ENAMETOOLONG'),
    });
    here.path = dirname(here.path);
  });
});

describe('layouts of old releases', () => {
  const { root, targets, alice } = goKeyFiles;
  const bare = (id: string) => {
    const [block] = decodePem(goKeyFile(id));
    return encodePem({ ...block!, headers: new Map() });
  };

  it.each([
    [
      'the folders of notary 0.3',
      `root_keys/${root}_root.key`,
      `tuf_keys/example.com/a/b/${targets}_targets.key`,
    ],
    [
      'the folders of docker 1.8',
      `root_keys/${root}.key`,
      `tuf_keys/example.com/a/b/${targets}_targets.key`,
    ],
    [
      'the folders of the first releases',
      `${root}_root.key`,
      `example.com/a/b/${targets}_targets.key`,
    ],
  ])('are read in place: %s', async (_name, rootPath, targetsPath) => {
    here.put(rootPath, bare(root));
    here.put(targetsPath, bare(targets));
    here.put(`tuf_keys/${alice}_targets/releases.key`, bare(alice));
    here.put(`tuf_keys/${alice}_alice.key`, bare(alice));
    const before = here.files();
    const keys = here.store();
    expect((await keys.list()).map(({ id, role, gun }) => [id, role, gun])).toEqual([
      [alice, 'alice', undefined],
      [root, 'root', undefined],
      [targets, 'targets', 'example.com/a/b'],
    ]);
    for (const id of [root, targets, alice]) expect((await keys.open(id)).key.id).toBe(id);
    expect(here.requests[1]).toMatchObject({
      role: 'targets',
      gun: 'example.com/a/b',
      keyId: targets,
    });
    expect(here.files()).toEqual(before);
  });

  it('yield to a file of the newest layout', async () => {
    here.put(`tuf_keys/example.com/old/${targets}_targets.key`, bare(targets));
    here.put(`${targets}.key`, goKeyFile(targets));
    const [entry] = await here.store().list();
    expect(entry?.location).toBe(join(here.path, 'private', `${targets}.key`));
    expect(entry?.gun).toBe('example.com/vectors/demo');
  });

  it('let the headers decide where both speak', async () => {
    here.put(`tuf_keys/example.com/old/${targets}_snapshot.key`, goKeyFile(targets));
    expect(await here.store().list()).toMatchObject([
      { role: 'targets', gun: 'example.com/vectors/demo' },
    ]);
  });
});

describe('opening', () => {
  it('gives a signer, and asks for each passphrase once', async () => {
    here.putVectors();
    const keys = here.store();
    const message = Buffer.from('message');
    const signers = await Promise.all([keys.open(goKeyFiles.root), keys.open(goKeyFiles.root)]);
    signers.push(await keys.open(goKeyFiles.root));
    for (const signer of signers) {
      const signature = await signer.sign(message);
      expect(signature.keyId).toBe(goKeyFiles.root);
      expect(isValidSignature(signer.key, message, signature)).toBe(true);
    }
    expect(here.requests).toEqual([
      { keyId: goKeyFiles.root, role: 'root', gun: undefined, isNew: false, attempt: 0 },
    ]);
  });

  it('asks again after it was closed', async () => {
    here.putVectors();
    const keys = here.store();
    await keys.open(goKeyFiles.root);
    keys.close();
    await keys.open(goKeyFiles.root);
    expect(here.requests).toHaveLength(2);
  });

  it('tries what it is given, and no more than six even from a source that never gives up', async () => {
    here.putVectors();
    here.answers = ['wrong 1', 'wrong 2', passphrase];
    expect((await here.store().open(goKeyFiles.targets)).key.id).toBe(goKeyFiles.targets);
    expect(here.requests.map(({ attempt }) => attempt)).toEqual([0, 1, 2]);
    here.answers = ['wrong'];
    here.requests = [];
    await expect(here.store().open(goKeyFiles.targets)).rejects.toMatchObject({
      code: 'PASSPHRASE_WRONG',
      message: `the passphrase does not open the targets key ${goKeyFiles.targets.slice(0, 7)} of example.com/vectors/demo`,
    });
    expect(here.requests).toHaveLength(6);
  });

  it('can be tried anew after it failed', async () => {
    here.putVectors();
    const keys = here.store();
    here.answers = ['wrong'];
    await expect(keys.open(goKeyFiles.root)).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
    here.answers = [passphrase];
    expect((await keys.open(goKeyFiles.root)).key.id).toBe(goKeyFiles.root);
  });

  it('needs no passphrase for a key that is not encrypted', async () => {
    const [vector] = goKeys;
    here.put(`${vector!.KeyID}.key`, vector!.Unencrypted);
    expect((await here.store().open(vector!.KeyID)).key.id).toBe(vector!.KeyID);
    expect(here.requests).toEqual([]);
  });

  it('never tries an empty passphrase on its own', async () => {
    here.putVectors();
    const keys = new KeyFileStore(here.path, {
      passphrase: async () => {
        throw new Failure('PASSPHRASE_MISSING', 'none');
      },
    });
    await expect(keys.open(goKeyFiles.root)).rejects.toMatchObject({ code: 'PASSPHRASE_MISSING' });
  });

  it('says which key is missing, where it looked and what is there', async () => {
    here.putVectors();
    await expect(here.store().open('0'.repeat(64))).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      message: 'there is no private key 0000000 here',
      facts: {
        wanted: '0'.repeat(64),
        searched: join(here.path, 'private'),
        found: expect.stringContaining(`${goKeyFiles.targets.slice(0, 7)} targets`),
      },
    });
    expect(here.requests).toEqual([]);
  });

  it('refuses a key under the name of another', async () => {
    here.put(`${goKeyFiles.root}.key`, goKeyFile(goKeyFiles.newRoot));
    await expect(here.store().open(goKeyFiles.root)).rejects.toMatchObject({
      code: 'KEY_UNREADABLE',
      facts: { named: goKeyFiles.root, holds: goKeyFiles.newRoot },
    });
  });

  it.each([
    '../secret',
    '..',
    '',
    'a/b',
    `${'a'.repeat(63)}G`,
    `${'a'.repeat(64)}.key`,
    '__proto__',
  ])('lets no other text than an id reach the file system: %j', async (id) => {
    writeFileSync(join(here.path, 'secret.key'), goKeys[0]!.Unencrypted);
    await expect(here.store().open(id)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });

  it.each([
    ['cut off for good', goKeyFile(goKeyFiles.root).slice(0, 200), 'KEY_UNREADABLE'],
    ['too large', 'x'.repeat(70_000), 'KEY_LIMITS'],
    ['empty', '', 'KEY_UNREADABLE'],
  ])('says so when the file is %s', async (_name, text, code) => {
    here.put(`${goKeyFiles.root}.key`, text);
    await expect(here.store().open(goKeyFiles.root)).rejects.toMatchObject({ code });
    expect(here.requests).toEqual([]);
  });

  it('survives that notary removes a file before writing it again', async () => {
    const id = goKeyFiles.root;
    mkdirSync(join(here.path, 'private'), { recursive: true });
    // The other client is through while we wait for our second look.
    const store = () => here.store(async () => here.put(`${id}.key`, goKeyFile(id)));
    expect((await store().open(id)).key.id).toBe(id);

    here.put(`${id}.key`, goKeyFile(id).slice(0, 100));
    expect((await store().open(id)).key.id).toBe(id);
  });
});

it('works beside another client that renames and removes at the same time', async () => {
  here.putVectors();
  const location = (id: string) => join(here.path, 'private', `${id}.key`);
  const stop = new AbortController();
  const disturbance = (async () => {
    while (!stop.signal.aborted) {
      renameSync(location(goKeyFiles.alice), location('f'.repeat(64)));
      await new Promise((resolve) => setTimeout(resolve, 1));
      renameSync(location('f'.repeat(64)), location(goKeyFiles.alice));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  const keys = here.store();
  for (let index = 0; index < 50; index += 1) {
    const ids = (await keys.list()).map(({ id }) => id);
    expect(ids).toContain(goKeyFiles.root);
    expect((await keys.open(goKeyFiles.root)).key.id).toBe(goKeyFiles.root);
  }
  stop.abort();
  await disturbance;
});

function fail(): never {
  throw new Error('nobody should ask for a passphrase here');
}
