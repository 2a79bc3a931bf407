// Everything that may stand among the keys and is no key, or not the one that its name says. Whatever it is: the
// other keys are listed and open, what cannot be used is named with a code, and nothing is lost.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildFaultyProcess, type FaultyProcess } from '../../test/keys/faults.ts';
import { keyDirectory, vectorIds } from '../../test/keys/key-directory.ts';
import { goKeyFile, goKeyFiles, goKeys, opensslKey } from '../../test/keys/vectors.ts';
import { decodePem, encodePem } from '../encoding/pem.ts';

const here = keyDirectory();
const { root, targets } = goKeyFiles;
/** The id of a key that is not among the others. */
const id = goKeys[0]!.KeyID;
const place = () => join(here.path, 'private', `${id}.key`);

beforeEach(() => here.putVectors());

const expectOthersListed = async () => {
  const ids = (await here.store().list()).map((entry) => entry.id);
  expect(ids.filter((listed) => listed !== id)).toEqual(vectorIds);
  expect((await here.store().open(root)).key.id).toBe(root);
};

describe('what is no regular file', () => {
  it.each<[string, () => void, string]>([
    ['a folder', () => mkdirSync(place()), 'is a folder'],
    ['a named pipe', () => execFileSync('mkfifo', [place()]), 'is no regular file'],
    [
      'a link to a key',
      () => {
        writeFileSync(join(here.path, 'real.key'), goKeys[0]!.EncPem);
        symlinkSync(join(here.path, 'real.key'), place());
      },
      'is a symbolic link',
    ],
    ['a link to itself', () => symlinkSync(place(), place()), 'is a symbolic link'],
    ['a link to nothing', () => symlinkSync('none', place()), 'is a symbolic link'],
  ])('%s is passed over, and named when the key is wanted', async (_name, make, words) => {
    make();
    await expectOthersListed();
    const keys = here.store();
    for (const use of [
      () => keys.open(id),
      () => keys.remove(id),
      () => keys.changePassphrase(id),
    ]) {
      await expect(use()).rejects.toMatchObject({
        code: 'KEY_NOT_FOUND',
        facts: { 'in its place': `${place()} ${words}` },
      });
    }
    await expect(keys.importKeys(goKeys[0]!.Unencrypted)).rejects.toMatchObject({ code: 'DISK' });
    expect(here.files()).toContain(`${id}.key`);
  });
});

const [encrypted] = decodePem(goKeys[0]!.EncPem);
const withHeaders = (...headers: readonly (readonly [string, string])[]) =>
  encodePem({ ...encrypted!, headers: new Map(headers) });

describe('a file that cannot be used', () => {
  it.each<[string, string | Buffer, string]>([
    ['is empty', '', 'KEY_UNREADABLE'],
    ['is blank', '\n\n', 'KEY_UNREADABLE'],
    ['is binary', Buffer.from([0, 1, 2, 0xff, 0xfe]), 'KEY_UNREADABLE'],
    ['is UTF-16', Buffer.from(goKeys[0]!.EncPem, 'utf16le'), 'KEY_UNREADABLE'],
    ['is cut off', goKeys[0]!.EncPem.slice(0, 150), 'KEY_UNREADABLE'],
    [
      'is a public key',
      '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n',
      'KEY_UNREADABLE',
    ],
    [
      'names its role twice',
      withHeaders(['role', 'root']).replace('role: root', 'role: root\nrole: targets'),
      'KEY_UNREADABLE',
    ],
    ['holds no base64', goKeys[0]!.EncPem.replace('MIHuM', '*****'), 'KEY_UNREADABLE'],
    ['is as large as a million keys', 'x'.repeat(70_000), 'KEY_LIMITS'],
  ])('because it %s is named with a code, and stays', async (_name, content, code) => {
    writeFileSync(place(), content);
    await expectOthersListed();
    expect(await here.store().unusable()).toMatchObject([{ location: place(), reason: { code } }]);
    const keys = here.store(() => Promise.resolve());
    for (const use of [
      () => keys.open(id),
      () => keys.remove(id),
      () => keys.changePassphrase(id),
    ]) {
      await expect(use()).rejects.toMatchObject({ code, facts: { file: place() } });
    }
    await expect(keys.importKeys(goKeys[0]!.Unencrypted)).rejects.toMatchObject({ code });
    expect(readFileSync(place())).toEqual(Buffer.from(content));
  });

  it('of a size that no memory holds is not read', async () => {
    writeFileSync(place(), '');
    truncateSync(place(), 2 ** 40);
    expect(await here.store().unusable()).toMatchObject([{ reason: { code: 'KEY_LIMITS' } }]);
    await expectOthersListed();
  });

  it.each([
    ['a curve that nobody verifies', 'sec1 secp256k1', 'ALGORITHM_UNSUPPORTED'],
    ['a cipher that is not read', 'pbes2 des3', 'KEY_UNREADABLE'],
    ['a derivation that is not read', 'pbes2 scrypt', 'KEY_UNREADABLE'],
    ['RSA of 1024 bits', 'pkcs1 of 1024 bits', 'ALGORITHM_UNSUPPORTED'],
  ])('because of %s is listed, and says so when it is opened', async (_name, vector, code) => {
    writeFileSync(place(), opensslKey(vector));
    await expectOthersListed();
    expect((await here.store().list()).map((entry) => entry.id)).toContain(id);
    await expect(here.store().open(id)).rejects.toMatchObject({ code, facts: { file: place() } });
    expect(readFileSync(place(), 'utf8')).toBe(opensslKey(vector));
  });
});

describe('headers that say something else', () => {
  it.each([
    ['none', [], '', undefined],
    [
      'a repository that a root key does not have',
      [
        ['role', 'root'],
        ['gun', 'x'],
      ],
      'root',
      'x',
    ],
    [
      'a path for a repository',
      [
        ['role', 'targets'],
        ['gun', '../../x'],
      ],
      'targets',
      '../../x',
    ],
    ['control characters', [['role', 'a\u001b[2J']], 'a\u001b[2J', undefined],
    [
      'a name of JavaScript',
      [
        ['role', '__proto__'],
        ['constructor', 'x'],
      ],
      '__proto__',
      undefined,
    ],
  ] as const)('%s: the file is listed with them and opens', async (_name, headers, role, gun) => {
    writeFileSync(place(), withHeaders(...headers));
    await expectOthersListed();
    const listed = await here.store().list();
    expect(listed.find((entry) => entry.id === id)).toEqual({ id, role, gun, location: place() });
    expect((await here.store().open(id)).key.id).toBe(id);
  });
});

describe('several files of one id', () => {
  const oldPlace = `root_keys/${targets}_root.key`;

  it('are one key, that of the newest layout', async () => {
    here.put(oldPlace, goKeyFile(targets));
    here.put(`backup/${targets}.key`, goKeyFile(targets));
    await expectOthersListed();
    const [entry] = (await here.store().list()).filter((listed) => listed.id === targets);
    expect(entry?.location).toBe(join(here.path, 'private', `${targets}.key`));
  });

  it('of which the newest is damaged leave the key usable, and the damage named', async () => {
    here.put(oldPlace, goKeyFile(targets));
    here.put(`${targets}.key`, 'damaged');
    const [entry] = (await here.store().list()).filter((listed) => listed.id === targets);
    expect(entry?.location).toBe(join(here.path, 'private', oldPlace));
    expect(await here.store().unusable()).toHaveLength(1);
  });
});

describe('a file or folder that may not be read', () => {
  let faulty: FaultyProcess;
  beforeAll(async () => {
    faulty = await buildFaultyProcess();
  });
  afterAll(() => faulty.remove());

  it('is reported, and the others are listed', async () => {
    here.put(`tuf_keys/example.com/${id}_targets.key`, goKeys[0]!.EncPem);
    const { outcome, steps } = await faulty.run('list', here.path, 0, '');
    expect(outcome).toBe('6 listed, 0 unusable');
    const outcomes = new Set<string>();
    for (let step = 1; step <= steps; step += 1) {
      outcomes.add((await faulty.run('list', here.path, step, 'EACCES')).outcome);
    }
    expect([...outcomes].sort()).toEqual(
      ['5 listed, 0 unusable', '6 listed, 0 unusable', '6 listed, 1 unusable', 'DISK'].filter(
        (known) => outcomes.has(known),
      ),
    );
    expect(outcomes).toContain('5 listed, 0 unusable');
    expect(outcomes).toContain('6 listed, 1 unusable');
    expect(outcomes).toContain('DISK');
  }, 60_000);
});
