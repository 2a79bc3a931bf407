import { describe, expect, it } from 'vitest';
import { keyDirectory, vectorIds } from '../../test/keys/key-directory.ts';
import { goKeyFile, goKeyFiles, goKeys, passphrase } from '../../test/keys/vectors.ts';
import { decodePem, encodePem } from '../encoding/pem.ts';
import { KeyFileStore } from './file-store.ts';

const here = keyDirectory();
const { root, targets, alice, newRoot } = goKeyFiles;
const gun = 'example.com/vectors/demo';

const goExport = () => {
  const blocks = vectorIds.map((id) => decodePem(goKeyFile(id))[0]!);
  return blocks
    .map((block, index) =>
      encodePem({ ...block, headers: new Map([...block.headers, ['path', vectorIds[index]!]]) }),
    )
    .join('');
};
const bare = (id: string) =>
  encodePem({ ...decodePem(goKeyFile(id))[0]!, headers: new Map<string, string>() });

describe('an export', () => {
  it('is the stored blocks with their path, byte for byte as notary writes them', async () => {
    here.putVectors();
    expect(await here.store().exportKeys()).toBe(goExport());
    expect(here.requests).toEqual([]);
    expect(goExport()).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\npath: 29daa5e/);
    expect(goExport()).toContain(`gun: ${gun}\npath: ${targets}\nrole: targets\n`);
  });

  it('takes the ids and the repositories that are named, and nothing else', async () => {
    here.putVectors();
    const pathsOf = (text: string) => decodePem(text).map(({ headers }) => headers.get('path'));
    const keys = here.store();
    expect(pathsOf(await keys.exportKeys({ ids: [root, alice] }))).toEqual([alice, root]);
    expect(pathsOf(await keys.exportKeys({ guns: [gun] }))).toEqual([targets]);
    expect(pathsOf(await keys.exportKeys({ ids: [root], guns: [gun] }))).toEqual([root, targets]);
  });

  it('can be imported elsewhere and opens with the old passphrase', async () => {
    here.putVectors();
    const text = await here.store().exportKeys({ guns: [gun] });
    const elsewhere = new KeyFileStore(`${here.path}/elsewhere`, {
      passphrase: async () => Buffer.from(passphrase),
    });
    expect(await elsewhere.importKeys(text)).toMatchObject([{ id: targets, role: 'targets', gun }]);
    expect((await elsewhere.open(targets)).key.id).toBe(targets);
  });

  it('says in headers what an old layout said by its path', async () => {
    here.put(`tuf_keys/example.com/old/${targets}_targets.key`, bare(targets));
    here.put(`root_keys/${root}_root.key`, bare(root));
    const blocks = decodePem(await here.store().exportKeys());
    expect(blocks.map(({ headers }) => Object.fromEntries(headers))).toEqual([
      { path: root, role: 'root' },
      { gun: 'example.com/old', path: targets, role: 'targets' },
    ]);
  });

  it('takes every key of a file that Go wrote twice', async () => {
    here.put(`${root}.key`, goKeyFile(root) + goKeyFile(root));
    expect(decodePem(await here.store().exportKeys())).toHaveLength(2);
  });

  it.each([
    ['an id', { ids: ['0'.repeat(64)] }],
    ['an id beside one that is here', { ids: [root, '0'.repeat(64)] }],
    ['a repository', { guns: ['example.com/other'] }],
    ['a repository by its beginning', { guns: ['example.com/vectors'] }],
    ['a path', { ids: ['../secret'] }],
  ])('fails when %s has no key, and notary prints nothing with status 0', async (_name, filter) => {
    here.putVectors();
    await expect(here.store().exportKeys(filter)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });

  it('fails when there is no key at all', async () => {
    await expect(here.store().exportKeys()).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });

  it('never lets a key out that is not encrypted', async () => {
    here.putVectors();
    const [vector] = goKeys;
    here.put(`${vector!.KeyID}.key`, vector!.Unencrypted);
    await expect(here.store().exportKeys()).rejects.toMatchObject({
      code: 'KEY_UNENCRYPTED',
      facts: { file: expect.stringContaining(vector!.KeyID) },
    });
    await expect(here.store().exportKeys({ ids: [vector!.KeyID] })).rejects.toMatchObject({
      code: 'KEY_UNENCRYPTED',
    });
    expect(await here.store().exportKeys({ ids: [root] })).toContain(root);
  });

  it('is complete or fails: a file that cannot be read is named', async () => {
    here.putVectors();
    here.put(`${newRoot}.key`, 'damaged');
    const keys = here.store();
    const refusal = {
      code: 'KEY_UNREADABLE',
      facts: { file: expect.stringContaining(`${newRoot}.key`) },
    };
    await expect(keys.exportKeys()).rejects.toMatchObject(refusal);
    await expect(keys.exportKeys({ guns: [gun] })).rejects.toMatchObject(refusal);
    await expect(keys.exportKeys({ ids: [newRoot] })).rejects.toMatchObject(refusal);
    expect(await keys.exportKeys({ ids: [root] })).toContain(root);
  });
});
