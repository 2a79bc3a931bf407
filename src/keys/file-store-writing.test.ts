import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyDirectory, vectorIds } from '../../test/keys/key-directory.ts';
import {
  goKeyFile,
  goKeyFiles,
  opensslKey,
  passphrase,
  writtenRoundsDer,
} from '../../test/keys/vectors.ts';
import { decodePem, encodePem } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';
import { isValidSignature } from '../tuf/signature.ts';
import { KeyFileStore } from './file-store.ts';

const opensslEcId = '4b64b9389ba760679512e58b51b4ebfae1d4637d8923644a573f761eeffd8d16';
const here = keyDirectory();

describe('making a key', () => {
  it('stores it encrypted, as Go names and marks it', async () => {
    const signer = await here.store().generate('targets', 'example.com/a');
    const { id } = signer.key;
    expect(signer.key.keyType).toBe('ecdsa');
    expect(here.files()).toEqual([`${id}.key`]);
    const [block] = decodePem(here.textOf(id));
    expect(block?.label).toBe('ENCRYPTED PRIVATE KEY');
    expect([...block!.headers]).toEqual([
      ['gun', 'example.com/a'],
      ['role', 'targets'],
    ]);
    expect(here.requests).toEqual([
      { keyId: id, role: 'targets', gun: 'example.com/a', isNew: true, attempt: 0 },
    ]);
    const reopened = await here.store().open(id);
    const message = Buffer.from('message');
    expect(isValidSignature(reopened.key, message, await signer.sign(message))).toBe(true);
  });

  it('gives root keys no repository', async () => {
    const signer = await here.store().generate('root', 'example.com/a');
    expect(await here.store().list()).toMatchObject([
      { id: signer.key.id, role: 'root', gun: undefined },
    ]);
    expect(here.requests[0]?.gun).toBeUndefined();
  });

  it('opens it again without asking', async () => {
    const keys = here.store();
    const { key } = await keys.generate('root');
    expect((await keys.open(key.id)).key.id).toBe(key.id);
    expect(here.requests).toHaveLength(1);
  });

  it('writes nothing before the passphrase is known', async () => {
    const keys = new KeyFileStore(here.path, {
      passphrase: async () => {
        expect(here.files()).toEqual([]);
        throw new Failure('PASSPHRASE_MISSING', 'none');
      },
    });
    await expect(keys.generate('root')).rejects.toMatchObject({ code: 'PASSPHRASE_MISSING' });
    expect(here.files()).toEqual([]);
  });

  it('refuses an empty passphrase, whatever the source thinks of it', async () => {
    here.answers = [''];
    await expect(here.store().generate('root')).rejects.toMatchObject({ code: 'PASSPHRASE_UNFIT' });
    expect(here.files()).toEqual([]);
  });

  it.each(['targets', 'snapshot'])('of a repository needs the repository: %s', async (role) => {
    await expect(here.store().generate(role)).rejects.toMatchObject({ code: 'ROLE_INVALID' });
    expect(here.requests).toEqual([]);
  });

  it('cannot be made to write a second header through a name', async () => {
    const gun = 'example.com/a\nrole: root';
    await expect(here.store().generate('targets', gun)).rejects.toMatchObject({
      code: 'ENCODING_INVALID',
    });
    expect(here.files()).toEqual([]);
  });

  it('says so where nothing can be written, before it asks for a passphrase', async () => {
    writeFileSync(join(here.path, 'private'), 'in the way');
    await expect(here.store().generate('root')).rejects.toMatchObject({ code: 'DISK' });
    expect(here.requests).toEqual([]);
  });
});

describe('importing', () => {
  it('takes over what notary exported, under its ids, roles and repositories', async () => {
    const text = readFileSync(
      new URL('../../test/vectors/repo/export.pem', import.meta.url),
      'utf8',
    );
    const imported = await here.store().importKeys(text);
    expect(imported.map(({ id, outcome }) => [id, outcome])).toEqual(
      vectorIds.map((id) => [id, 'stored']),
    );
    expect(await here.store().list()).toMatchObject([
      { role: 'alice' },
      { role: 'bob' },
      { role: 'root' },
      { role: 'targets', gun: 'example.com/vectors/demo' },
      { role: 'root' },
    ]);
    expect(here.textOf(goKeyFiles.root)).not.toContain('path:');
    // The old file has 2048 rounds; the stored one opens with the same passphrase and has more.
    expect(decodePem(here.textOf(goKeyFiles.root))[0]!.bytes.includes(writtenRoundsDer)).toBe(true);
    expect((await here.store().open(goKeyFiles.bob)).key.keyType).toBe('rsa');
  });

  it('encrypts a bare key under a new passphrase, as a delegation key unless told', async () => {
    const [imported] = await here.store().importKeys(opensslKey('sec1 after EC PARAMETERS'));
    expect(imported).toMatchObject({
      id: opensslEcId,
      role: 'delegation',
      gun: undefined,
      outcome: 'stored',
    });
    expect(here.requests).toMatchObject([{ keyId: opensslEcId, role: 'delegation', isNew: true }]);
    expect(decodePem(here.textOf(opensslEcId))[0]?.label).toBe('ENCRYPTED PRIVATE KEY');
  });

  it('asks for the passphrase of an encrypted key even when its id is not known yet', async () => {
    here.answers = ['wrong', passphrase];
    const keys = here.store();
    const [imported] = await keys.importKeys(opensslKey('pbes2 hmacWithSHA256 aes-256'), {
      role: 'ci',
    });
    expect(imported).toMatchObject({ id: opensslEcId, role: 'ci' });
    expect(here.requests).toMatchObject([
      { keyId: '', role: 'ci', isNew: false, attempt: 0 },
      { keyId: '', role: 'ci', isNew: false, attempt: 1 },
    ]);
    here.answers = [passphrase];
    expect((await here.store().open(opensslEcId)).key.id).toBe(opensslEcId);
  });

  it('keeps the file of a key that is here already', async () => {
    await here.store().importKeys(opensslKey('pkcs8 ec'), { role: 'first' });
    const before = here.textOf(opensslEcId);
    here.answers = ['another passphrase'];
    const [again] = await here.store().importKeys(opensslKey('pkcs8 ec'), { role: 'second' });
    expect(again).toMatchObject({ id: opensslEcId, role: 'first', outcome: 'present' });
    expect(here.textOf(opensslEcId)).toBe(before);
  });

  it('does not call a key safe when a damaged file is in its place', async () => {
    here.put(`${opensslEcId}.key`, 'damaged');
    await expect(here.store().importKeys(opensslKey('pkcs8 ec'))).rejects.toMatchObject({
      code: 'KEY_UNREADABLE',
    });
    expect(here.textOf(opensslEcId)).toBe('damaged');
  });

  it('reads the paths that old clients exported', async () => {
    const [block] = decodePem(goKeyFile(goKeyFiles.targets));
    const path = `tuf_keys/example.com/old/${goKeyFiles.targets}_targets`;
    const text = encodePem({ ...block!, headers: new Map([['path', path]]) });
    expect(await here.store().importKeys(text)).toMatchObject([
      { role: 'targets', gun: 'example.com/old' },
    ]);
  });

  it('refuses a key whose path names another', async () => {
    const [block] = decodePem(goKeyFile(goKeyFiles.targets));
    const headers = new Map([...block!.headers, ['path', goKeyFiles.root] as const]);
    await expect(here.store().importKeys(encodePem({ ...block!, headers }))).rejects.toMatchObject({
      code: 'KEY_UNREADABLE',
    });
    expect(here.files()).toEqual([]);
  });

  it('stores none when one of several cannot be read', async () => {
    const text = opensslKey('pkcs8 ec') + opensslKey('pkcs1 of 1024 bits');
    await expect(here.store().importKeys(text)).rejects.toMatchObject({
      code: 'ALGORITHM_UNSUPPORTED',
    });
    expect(here.files()).toEqual([]);
  });

  it('asks nothing and stores nothing for a repository key without its repository', async () => {
    const options = { role: 'targets' };
    await expect(here.store().importKeys(opensslKey('pkcs8 ec'), options)).rejects.toMatchObject({
      code: 'ROLE_INVALID',
    });
    expect(here.requests).toEqual([]);
    expect(here.files()).toEqual([]);
    const named = { role: 'targets', gun: 'example.com/a' };
    expect(await here.store().importKeys(opensslKey('pkcs8 ec'), named)).toMatchObject([named]);
  });

  it('refuses more text than any export has', async () => {
    const text = opensslKey('pkcs8 ec').repeat(5_000);
    await expect(here.store().importKeys(text)).rejects.toMatchObject({ code: 'KEY_LIMITS' });
    expect(here.requests).toEqual([]);
  });

  it('refuses text without a key', async () => {
    await expect(here.store().importKeys('hello')).rejects.toMatchObject({
      code: 'KEY_UNREADABLE',
    });
  });
});
