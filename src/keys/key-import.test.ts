// Keys from elsewhere: taken as they came, or for a role that the user says. The rest is in
// file-store-writing.test.ts.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyDirectory, vectorIds } from '../../test/keys/key-directory.ts';
import { goKeyFile, goKeyFiles, opensslKey, writtenRoundsDer } from '../../test/keys/vectors.ts';
import { decodePem, encodePem } from '../encoding/pem.ts';
import { KeyFileStore } from './file-store.ts';

const opensslEcId = '4b64b9389ba760679512e58b51b4ebfae1d4637d8923644a573f761eeffd8d16';
const here = keyDirectory();
const { root, targets, newRoot } = goKeyFiles;

/** The only block of a text under other headers. */
const under = (text: string, headers: Readonly<Record<string, string>>) =>
  encodePem({ ...decodePem(text).at(-1)!, headers: new Map(Object.entries(headers)) });
const nobody = () =>
  new KeyFileStore(here.path, { passphrase: () => Promise.reject(new Error('nobody to ask')) });

describe('an encrypted key that is kept as it came', () => {
  const keepsEncrypted = true;

  it('is asked for no passphrase, and stored without its path, as notary does', async () => {
    here.putVectors();
    const text = await here.store().exportKeys();
    const trustDirectory = here.path;
    here.path = `${trustDirectory}/elsewhere`;
    mkdirSync(here.path);
    const imported = await nobody().importKeys(text, { keepsEncrypted });
    expect(imported.map(({ id, outcome }) => [id, outcome])).toEqual(
      vectorIds.map((id) => [id, 'stored']),
    );
    for (const id of vectorIds) expect(here.textOf(id)).toBe(goKeyFile(id));
    here.path = dirname(here.path);
  });

  it('takes role and repository from the headers first, then from the user', async () => {
    const defaults = { role: 'targets', gun: 'example.com/flag', keepsEncrypted };
    const told = under(goKeyFile(targets), { path: targets, gun: 'example.com/file' });
    const silent = under(goKeyFile(root), { path: root, role: 'root' });
    expect(await nobody().importKeys(told + silent, defaults)).toMatchObject([
      { id: targets, role: 'targets', gun: 'example.com/file' },
      { id: root, role: 'root', gun: undefined },
    ]);
  });

  it.each(['root', 'targets'])('for a signer is refused when its header says %s', async (role) => {
    const text = under(goKeyFile(targets), { path: targets, role, gun: 'example.com/file' });
    await expect(nobody().importKeys(text, { role: 'ci', keepsEncrypted })).rejects.toMatchObject({
      code: 'KEY_ROLE_MISMATCH',
    });
    expect(here.files()).toEqual([]);
  });

  it.each([
    [`tuf_keys/example.com/old/${targets}_targets`, 'targets', 'example.com/old'],
    [`tuf_keys\\example.com\\old\\${targets}_targets`, 'targets', 'example.com/old'],
    [`root_keys/${targets}_root`, 'root', undefined],
    [`tuf_keys/${targets}_alice`, 'alice', undefined],
    [targets, 'delegation', undefined],
  ])('reads the path of an old export: %s', async (path, role, gun) => {
    const text = under(goKeyFile(targets), { path });
    expect(await nobody().importKeys(text, { keepsEncrypted })).toMatchObject([
      { id: targets, role, gun },
    ]);
    expect(here.files()).toEqual([`${targets}.key`]);
  });

  it.each([
    ['does not name itself', under(goKeyFile(root), { role: 'root' }), root],
    ['is named by no id', under(goKeyFile(root), { role: 'root', path: 'backup' }), root],
    [
      'is encrypted so that Go could not open it',
      under(opensslKey('pbes2 hmacWithSHA256 aes-256'), { path: opensslEcId }),
      opensslEcId,
    ],
    ['has the encryption of old times', opensslKey('dek sec1 AES-256-CBC'), opensslEcId],
  ])('is opened and written anew when it %s', async (_name, text, id) => {
    expect(await here.store().importKeys(text, { keepsEncrypted })).toMatchObject([
      { id, outcome: 'stored' },
    ]);
    expect(here.requests).toMatchObject([{ isNew: false }]);
    const [block] = decodePem(here.textOf(id));
    expect(block?.label).toBe('ENCRYPTED PRIVATE KEY');
    expect(block?.bytes.includes(writtenRoundsDer)).toBe(true);
  });

  it('that lies about its id replaces nothing, and is found out when it is opened', async () => {
    here.put(`${root}.key`, goKeyFile(root));
    const text =
      under(goKeyFile(newRoot), { path: root, role: 'root' }) +
      under(goKeyFile(newRoot), { path: targets, role: 'alice' });
    expect(await nobody().importKeys(text, { keepsEncrypted })).toMatchObject([
      { id: root, outcome: 'present' },
      { id: targets, outcome: 'stored' },
    ]);
    expect(here.textOf(root)).toBe(goKeyFile(root));
    await expect(here.store().open(targets)).rejects.toMatchObject({
      code: 'KEY_UNREADABLE',
      facts: { named: targets, holds: newRoot },
    });
  });

  it.each([
    ['its DER is broken', (bytes: Buffer) => bytes.subarray(0, 40), 'KEY_UNREADABLE'],
    [
      'it asks for ten billion rounds',
      (bytes: Buffer) =>
        Buffer.from(
          bytes
            .toString('hex')
            .replace('02020800', '02047fffffff')
            .replace(/^3081ee3049/, '3081f0304b')
            .replace('303c301b', '303e301d')
            .replace('300e0408', '30100408'),
          'hex',
        ),
      'KEY_',
    ],
  ])('is refused when %s', async (_name, change, code) => {
    const [block] = decodePem(goKeyFile(root));
    const text = encodePem({
      ...block!,
      headers: new Map([['path', root]]),
      bytes: change(block!.bytes),
    });
    await expect(nobody().importKeys(text, { keepsEncrypted })).rejects.toMatchObject({
      code: expect.stringContaining(code),
    });
    expect(here.files()).toEqual([]);
  });

  it('never means that a bare key is stored bare', async () => {
    await here.store().importKeys(opensslKey('pkcs8 ec'), { keepsEncrypted });
    expect(here.textOf(opensslEcId)).toContain('ENCRYPTED');
    expect(here.requests).toMatchObject([{ isNew: true }]);
  });
});

describe('a key brought in for a role', () => {
  it('is opened with its passphrase, without an id in the question, and keeps that', async () => {
    const text = goKeyFile(root);
    expect(await here.store().importKeyFor(text, { role: 'root' })).toMatchObject({
      id: root,
      role: 'root',
      outcome: 'stored',
    });
    expect(here.requests).toEqual([
      { keyId: '', role: 'root', gun: undefined, isNew: false, attempt: 0 },
    ]);
    expect((await here.store().open(root)).key.id).toBe(root);
  });

  it('gets that role whatever its headers and its path say', async () => {
    const text = under(goKeyFile(root), { role: 'alice', path: targets });
    const owner = { role: 'targets', gun: 'example.com/a' };
    expect(await here.store().importKeyFor(text, owner)).toMatchObject({ id: root, ...owner });
  });

  it('must be encrypted to be a root key', async () => {
    await expect(
      here.store().importKeyFor(opensslKey('pkcs8 ec'), { role: 'root' }),
    ).rejects.toMatchObject({
      code: 'KEY_UNENCRYPTED',
      message: 'only encrypted root keys may be imported',
    });
    expect(here.requests).toEqual([]);
  });

  it('may be bare for any other role, and gets a passphrase', async () => {
    const owner = { role: 'targets', gun: 'example.com/a' };
    await here.store().importKeyFor(opensslKey('pkcs8 ec'), owner);
    expect(here.requests).toMatchObject([{ keyId: opensslEcId, ...owner, isNew: true }]);
    expect(here.textOf(opensslEcId)).toContain('ENCRYPTED');
  });

  it('may be here already for the same', async () => {
    here.putVectors();
    expect(await here.store().importKeyFor(goKeyFile(root), { role: 'root' })).toMatchObject({
      outcome: 'present',
    });
  });

  it.each([
    ['another role', { role: 'alice' }],
    ['another repository', { role: 'targets', gun: 'example.com/other' }],
  ])('is refused when it is here for %s', async (_name, owner) => {
    here.putVectors();
    await expect(here.store().importKeyFor(goKeyFile(targets), owner)).rejects.toMatchObject({
      code: 'KEY_ROLE_MISMATCH',
      message: expect.stringContaining('the targets key'),
    });
    expect(here.textOf(targets)).toBe(goKeyFile(targets));
  });

  it.each([
    ['no key', 'hello', { role: 'root' }, 'KEY_UNREADABLE'],
    ['two keys', goKeyFile(root) + goKeyFile(targets), { role: 'root' }, 'KEY_UNREADABLE'],
    ['no repository', goKeyFile(root), { role: 'targets' }, 'ROLE_INVALID'],
    ['too much', ' '.repeat(2 ** 20 + 1), { role: 'root' }, 'KEY_LIMITS'],
  ])('is refused when there is %s', async (_name, text, owner, code) => {
    await expect(here.store().importKeyFor(text, owner)).rejects.toMatchObject({ code });
    expect(here.requests).toEqual([]);
  });

  it('is not stored when its passphrase is wrong', async () => {
    here.answers = ['wrong'];
    await expect(
      here.store().importKeyFor(goKeyFile(root), { role: 'root' }),
    ).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
    expect(here.files()).toEqual([]);
  });
});
