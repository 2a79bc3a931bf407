import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { goKeyFile, goKeyFiles, goKeys, opensslKey, passphrase } from '../../test/keys/vectors.ts';
import { decodePem, encodePem } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';
import { isValidSignature } from '../tuf/signature.ts';
import { KeyFileStore } from './file-store.ts';
import type { PassphraseRequest } from './key-store.ts';

const vectorIds = Object.values(goKeyFiles).sort();
const opensslEcId = '4b64b9389ba760679512e58b51b4ebfae1d4637d8923644a573f761eeffd8d16';

let directory: string;
let requests: PassphraseRequest[];
/** Answers in turn; the last one is repeated. */
let answers: string[];
let given: Buffer[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'paraph-keys-'));
  requests = [];
  answers = [passphrase];
  given = [];
});
afterEach(() => {
  // Whoever is asked for a passphrase must find it wiped afterwards.
  for (const buffer of given) expect(buffer.every((byte) => byte === 0)).toBe(true);
  rmSync(directory, { recursive: true });
});

function store(): KeyFileStore {
  return new KeyFileStore(directory, {
    passphrase: async (request) => {
      requests.push(request);
      const answer = Buffer.from(answers.length > 1 ? answers.shift()! : answers[0]!);
      given.push(answer);
      return answer;
    },
  });
}

/** Writes a file below `private`; without text, the Go key file of that id. */
function put(path: string, text = goKeyFile(path.slice(-68, -4))): void {
  const location = join(directory, 'private', path);
  mkdirSync(dirname(location), { recursive: true });
  writeFileSync(location, text);
}

const putVectors = () => vectorIds.forEach((id) => put(`${id}.key`));
const files = () => readdirSync(join(directory, 'private'));
const textOf = (id: string) => readFileSync(join(directory, 'private', `${id}.key`), 'utf8');

describe('listing', () => {
  it('tells the keys of a Go trust directory, sorted, without a passphrase', async () => {
    putVectors();
    const listed = await store().list();
    expect(listed.map(({ id }) => id)).toEqual(vectorIds);
    expect(listed.map(({ role }) => role)).toEqual(['alice', 'bob', 'root', 'targets', 'root']);
    expect(listed.find(({ role }) => role === 'targets')).toEqual({
      id: goKeyFiles.targets,
      role: 'targets',
      gun: 'example.com/vectors/demo',
      location: join(directory, 'private', `${goKeyFiles.targets}.key`),
    });
    expect(listed.filter(({ gun }) => gun !== undefined)).toHaveLength(1);
    expect(requests).toEqual([]);
  });

  it('is empty where there is no directory', async () => {
    expect(await store().list()).toEqual([]);
    expect(await new KeyFileStore(join(directory, 'none'), { passphrase: fail }).list()).toEqual(
      [],
    );
  });

  it('passes over links, folders, and files that are no keys', async () => {
    putVectors();
    const elsewhere = join(directory, 'elsewhere');
    mkdirSync(elsewhere);
    const id = goKeys[0]!.KeyID;
    writeFileSync(join(elsewhere, `${id}.key`), goKeys[0]!.EncPem);
    symlinkSync(join(elsewhere, `${id}.key`), join(directory, 'private', `${id}.key`));
    symlinkSync(elsewhere, join(directory, 'private', 'linked'));
    mkdirSync(join(directory, 'private', `${'d'.repeat(64)}.key`));
    put(`${'e'.repeat(64)}.pem`, goKeys[0]!.EncPem);
    put(`.${'e'.repeat(64)}.key.0123456789abcdef.tmp`, goKeys[0]!.EncPem);
    expect((await store().list()).map((entry) => entry.id)).toEqual(vectorIds);
    expect(await store().unusable()).toEqual([]);
    await expect(store().open(id)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });

  it('names the files that should be keys and cannot be used', async () => {
    put(`${'a'.repeat(64)}.key`, 'no PEM at all');
    put('backup.key', goKeys[0]!.EncPem);
    put(`${'c'.repeat(64)}.key`, 'x'.repeat(70_000));
    expect(await store().list()).toEqual([]);
    const unusable = await store().unusable();
    expect(unusable.map(({ reason }) => reason.code)).toEqual([
      'KEY_UNREADABLE',
      'KEY_UNREADABLE',
      'KEY_LIMITS',
    ]);
    expect(unusable[1]?.location).toBe(join(directory, 'private', 'backup.key'));
  });

  it('says so when the directory cannot be read', async () => {
    directory = join(directory, 'x'.repeat(300));
    await expect(store().list()).rejects.toMatchObject({
      code: 'DISK',
      message: expect.stringContaining('ENAMETOOLONG'),
    });
    directory = dirname(directory);
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
    put(rootPath, bare(root));
    put(targetsPath, bare(targets));
    put(`tuf_keys/${alice}_targets/releases.key`, bare(alice));
    put(`tuf_keys/${alice}_alice.key`, bare(alice));
    const before = files();
    const keys = store();
    expect((await keys.list()).map(({ id, role, gun }) => [id, role, gun])).toEqual([
      [alice, 'alice', undefined],
      [root, 'root', undefined],
      [targets, 'targets', 'example.com/a/b'],
    ]);
    for (const id of [root, targets, alice]) expect((await keys.open(id)).key.id).toBe(id);
    expect(requests[1]).toMatchObject({ role: 'targets', gun: 'example.com/a/b', keyId: targets });
    expect(files()).toEqual(before);
  });

  it('yield to a file of the newest layout', async () => {
    put(`tuf_keys/example.com/old/${targets}_targets.key`, bare(targets));
    put(`${targets}.key`);
    const [entry] = await store().list();
    expect(entry?.location).toBe(join(directory, 'private', `${targets}.key`));
    expect(entry?.gun).toBe('example.com/vectors/demo');
  });

  it('let the headers decide where both speak', async () => {
    put(`tuf_keys/example.com/old/${targets}_snapshot.key`, goKeyFile(targets));
    expect(await store().list()).toMatchObject([
      { role: 'targets', gun: 'example.com/vectors/demo' },
    ]);
  });
});

describe('opening', () => {
  it('gives a signer, and asks for each passphrase once', async () => {
    putVectors();
    const keys = store();
    const message = Buffer.from('message');
    const signers = await Promise.all([keys.open(goKeyFiles.root), keys.open(goKeyFiles.root)]);
    signers.push(await keys.open(goKeyFiles.root));
    for (const signer of signers) {
      const signature = await signer.sign(message);
      expect(signature.keyId).toBe(goKeyFiles.root);
      expect(isValidSignature(signer.key, message, signature)).toBe(true);
    }
    expect(requests).toEqual([
      { keyId: goKeyFiles.root, role: 'root', gun: undefined, isNew: false, attempt: 0 },
    ]);
  });

  it('asks again after it was closed', async () => {
    putVectors();
    const keys = store();
    await keys.open(goKeyFiles.root);
    keys.close();
    await keys.open(goKeyFiles.root);
    expect(requests).toHaveLength(2);
  });

  it('tries three passphrases, no more', async () => {
    putVectors();
    answers = ['wrong 1', 'wrong 2', passphrase];
    expect((await store().open(goKeyFiles.targets)).key.id).toBe(goKeyFiles.targets);
    expect(requests.map(({ attempt }) => attempt)).toEqual([0, 1, 2]);
    answers = ['wrong'];
    requests = [];
    await expect(store().open(goKeyFiles.targets)).rejects.toMatchObject({
      code: 'PASSPHRASE_WRONG',
      message: `the passphrase does not open the targets key ${goKeyFiles.targets.slice(0, 7)} of example.com/vectors/demo`,
    });
    expect(requests).toHaveLength(3);
  });

  it('can be tried anew after it failed', async () => {
    putVectors();
    const keys = store();
    answers = ['wrong'];
    await expect(keys.open(goKeyFiles.root)).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
    answers = [passphrase];
    expect((await keys.open(goKeyFiles.root)).key.id).toBe(goKeyFiles.root);
  });

  it('needs no passphrase for a key that is not encrypted', async () => {
    const [vector] = goKeys;
    put(`${vector!.KeyID}.key`, vector!.Unencrypted);
    expect((await store().open(vector!.KeyID)).key.id).toBe(vector!.KeyID);
    expect(requests).toEqual([]);
  });

  it('never tries an empty passphrase on its own', async () => {
    putVectors();
    const keys = new KeyFileStore(directory, {
      passphrase: async () => {
        throw new Failure('PASSPHRASE_MISSING', 'none');
      },
    });
    await expect(keys.open(goKeyFiles.root)).rejects.toMatchObject({ code: 'PASSPHRASE_MISSING' });
  });

  it('says which key is missing, where it looked and what is there', async () => {
    putVectors();
    await expect(store().open('0'.repeat(64))).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      message: 'there is no private key 0000000 here',
      facts: {
        wanted: '0'.repeat(64),
        searched: join(directory, 'private'),
        found: expect.stringContaining(`${goKeyFiles.targets.slice(0, 7)} targets`),
      },
    });
    expect(requests).toEqual([]);
  });

  it('refuses a key under the name of another', async () => {
    put(`${goKeyFiles.root}.key`, goKeyFile(goKeyFiles.newRoot));
    await expect(store().open(goKeyFiles.root)).rejects.toMatchObject({
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
    writeFileSync(join(directory, 'secret.key'), goKeys[0]!.Unencrypted);
    await expect(store().open(id)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });

  it.each([
    ['cut off for good', goKeyFile(goKeyFiles.root).slice(0, 200), 'KEY_UNREADABLE'],
    ['too large', 'x'.repeat(70_000), 'KEY_LIMITS'],
    ['empty', '', 'KEY_UNREADABLE'],
  ])('says so when the file is %s', async (_name, text, code) => {
    put(`${goKeyFiles.root}.key`, text);
    await expect(store().open(goKeyFiles.root)).rejects.toMatchObject({ code });
    expect(requests).toEqual([]);
  });

  it('survives that notary removes a file before writing it again', async () => {
    const id = goKeyFiles.root;
    mkdirSync(join(directory, 'private'), { recursive: true });
    const opening = store().open(id);
    setTimeout(() => put(`${id}.key`), 20);
    expect((await opening).key.id).toBe(id);

    put(`${id}.key`, goKeyFile(id).slice(0, 100));
    const reopening = store().open(id);
    setTimeout(() => put(`${id}.key`), 20);
    expect((await reopening).key.id).toBe(id);
  });
});

describe('making a key', () => {
  it('stores it encrypted, as Go names and marks it', async () => {
    const signer = await store().generate('targets', 'example.com/a');
    const { id } = signer.key;
    expect(signer.key.keyType).toBe('ecdsa');
    expect(files()).toEqual([`${id}.key`]);
    const [block] = decodePem(textOf(id));
    expect(block?.label).toBe('ENCRYPTED PRIVATE KEY');
    expect([...block!.headers]).toEqual([
      ['gun', 'example.com/a'],
      ['role', 'targets'],
    ]);
    expect(requests).toEqual([
      { keyId: id, role: 'targets', gun: 'example.com/a', isNew: true, attempt: 0 },
    ]);
    const reopened = await store().open(id);
    const message = Buffer.from('message');
    expect(isValidSignature(reopened.key, message, await signer.sign(message))).toBe(true);
  });

  it('gives root keys no repository', async () => {
    const signer = await store().generate('root', 'example.com/a');
    expect(await store().list()).toMatchObject([
      { id: signer.key.id, role: 'root', gun: undefined },
    ]);
    expect(requests[0]?.gun).toBeUndefined();
  });

  it('opens it again without asking', async () => {
    const keys = store();
    const { key } = await keys.generate('root');
    expect((await keys.open(key.id)).key.id).toBe(key.id);
    expect(requests).toHaveLength(1);
  });

  it('writes nothing before the passphrase is known', async () => {
    const keys = new KeyFileStore(directory, {
      passphrase: async () => {
        expect(files()).toEqual([]);
        throw new Failure('PASSPHRASE_MISSING', 'none');
      },
    });
    await expect(keys.generate('root')).rejects.toMatchObject({ code: 'PASSPHRASE_MISSING' });
    expect(files()).toEqual([]);
  });

  it('refuses an empty passphrase, whatever the source thinks of it', async () => {
    answers = [''];
    await expect(store().generate('root')).rejects.toMatchObject({ code: 'PASSPHRASE_UNFIT' });
    expect(files()).toEqual([]);
  });

  it.each(['targets', 'snapshot'])('of a repository needs the repository: %s', async (role) => {
    await expect(store().generate(role)).rejects.toMatchObject({ code: 'ROLE_INVALID' });
    expect(requests).toEqual([]);
  });

  it('cannot be made to write a second header through a name', async () => {
    const gun = 'example.com/a\nrole: root';
    await expect(store().generate('targets', gun)).rejects.toMatchObject({
      code: 'ENCODING_INVALID',
    });
    expect(files()).toEqual([]);
  });

  it('says so where nothing can be written, before it asks for a passphrase', async () => {
    writeFileSync(join(directory, 'private'), 'in the way');
    await expect(store().generate('root')).rejects.toMatchObject({ code: 'DISK' });
    expect(requests).toEqual([]);
  });
});

describe('importing', () => {
  it('takes over what notary exported, under its ids, roles and repositories', async () => {
    const text = readFileSync(
      new URL('../../test/vectors/repo/export.pem', import.meta.url),
      'utf8',
    );
    const imported = await store().importKeys(text);
    expect(imported.map(({ id, outcome }) => [id, outcome])).toEqual(
      vectorIds.map((id) => [id, 'stored']),
    );
    expect(await store().list()).toMatchObject([
      { role: 'alice' },
      { role: 'bob' },
      { role: 'root' },
      { role: 'targets', gun: 'example.com/vectors/demo' },
      { role: 'root' },
    ]);
    expect(textOf(goKeyFiles.root)).not.toContain('path:');
    // The old file has 2048 rounds; the stored one opens with the same passphrase and has more.
    expect(
      decodePem(textOf(goKeyFiles.root))[0]!.bytes.includes(Buffer.from('030927c0', 'hex')),
    ).toBe(true);
    expect((await store().open(goKeyFiles.bob)).key.keyType).toBe('rsa');
  });

  it('encrypts a bare key under a new passphrase, as a delegation key unless told', async () => {
    const [imported] = await store().importKeys(opensslKey('sec1 after EC PARAMETERS'));
    expect(imported).toMatchObject({
      id: opensslEcId,
      role: 'delegation',
      gun: undefined,
      outcome: 'stored',
    });
    expect(requests).toMatchObject([{ keyId: opensslEcId, role: 'delegation', isNew: true }]);
    expect(decodePem(textOf(opensslEcId))[0]?.label).toBe('ENCRYPTED PRIVATE KEY');
  });

  it('asks for the passphrase of an encrypted key even when its id is not known yet', async () => {
    answers = ['wrong', passphrase];
    const keys = store();
    const [imported] = await keys.importKeys(opensslKey('pbes2 hmacWithSHA256 aes-256'), {
      role: 'ci',
    });
    expect(imported).toMatchObject({ id: opensslEcId, role: 'ci' });
    expect(requests).toMatchObject([
      { keyId: '', role: 'ci', isNew: false, attempt: 0 },
      { keyId: '', role: 'ci', isNew: false, attempt: 1 },
    ]);
    answers = [passphrase];
    expect((await store().open(opensslEcId)).key.id).toBe(opensslEcId);
  });

  it('keeps the file of a key that is here already', async () => {
    await store().importKeys(opensslKey('pkcs8 ec'), { role: 'first' });
    const before = textOf(opensslEcId);
    answers = ['another passphrase'];
    const [again] = await store().importKeys(opensslKey('pkcs8 ec'), { role: 'second' });
    expect(again).toMatchObject({ id: opensslEcId, role: 'first', outcome: 'present' });
    expect(textOf(opensslEcId)).toBe(before);
  });

  it('does not call a key safe when a damaged file is in its place', async () => {
    put(`${opensslEcId}.key`, 'damaged');
    await expect(store().importKeys(opensslKey('pkcs8 ec'))).rejects.toMatchObject({
      code: 'KEY_UNREADABLE',
    });
    expect(textOf(opensslEcId)).toBe('damaged');
  });

  it('reads the paths that old clients exported', async () => {
    const [block] = decodePem(goKeyFile(goKeyFiles.targets));
    const path = `tuf_keys/example.com/old/${goKeyFiles.targets}_targets`;
    const text = encodePem({ ...block!, headers: new Map([['path', path]]) });
    expect(await store().importKeys(text)).toMatchObject([
      { role: 'targets', gun: 'example.com/old' },
    ]);
  });

  it('refuses a key whose path names another', async () => {
    const [block] = decodePem(goKeyFile(goKeyFiles.targets));
    const headers = new Map([...block!.headers, ['path', goKeyFiles.root] as const]);
    await expect(store().importKeys(encodePem({ ...block!, headers }))).rejects.toMatchObject({
      code: 'KEY_UNREADABLE',
    });
    expect(files()).toEqual([]);
  });

  it('stores none when one of several cannot be read', async () => {
    const text = opensslKey('pkcs8 ec') + opensslKey('pkcs1 of 1024 bits');
    await expect(store().importKeys(text)).rejects.toMatchObject({ code: 'ALGORITHM_UNSUPPORTED' });
    expect(files()).toEqual([]);
  });

  it('asks nothing and stores nothing for a repository key without its repository', async () => {
    const options = { role: 'targets' };
    await expect(store().importKeys(opensslKey('pkcs8 ec'), options)).rejects.toMatchObject({
      code: 'ROLE_INVALID',
    });
    expect(requests).toEqual([]);
    expect(files()).toEqual([]);
    const named = { role: 'targets', gun: 'example.com/a' };
    expect(await store().importKeys(opensslKey('pkcs8 ec'), named)).toMatchObject([named]);
  });

  it('refuses text without a key', async () => {
    await expect(store().importKeys('hello')).rejects.toMatchObject({ code: 'KEY_UNREADABLE' });
  });
});

it('works beside another client that renames and removes at the same time', async () => {
  putVectors();
  const location = (id: string) => join(directory, 'private', `${id}.key`);
  const stop = new AbortController();
  const disturbance = (async () => {
    while (!stop.signal.aborted) {
      renameSync(location(goKeyFiles.alice), location('f'.repeat(64)));
      await new Promise((resolve) => setTimeout(resolve, 1));
      renameSync(location('f'.repeat(64)), location(goKeyFiles.alice));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  const keys = store();
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
