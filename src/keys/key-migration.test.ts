import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFaultyProcess, type FaultyProcess } from '../../test/keys/faults.ts';
import { keyDirectory } from '../../test/keys/key-directory.ts';
import { goKeyFile, goKeyFiles, goKeys, opensslKey } from '../../test/keys/vectors.ts';
import { decodePem, encodePem } from '../encoding/pem.ts';

const here = keyDirectory();
const { root, targets, alice, bob, newRoot } = goKeyFiles;
const gun = 'example.com/a/b';
const bare = (id: string) =>
  encodePem({ ...decodePem(goKeyFile(id))[0]!, headers: new Map<string, string>() });
const below = (path: string) => join(here.path, 'private', path);

/** Every file below `private`, sorted. */
const tree = () =>
  readdirSync(below(''), { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(below('').length + 1))
    .sort();

/** A trust directory as notary 0.1 to 0.3 left it: file to the key that is in it. */
const old: ReadonlyMap<string, string> = new Map([
  [`root_keys/${root}_root.key`, root],
  [`tuf_keys/${gun}/${targets}_targets.key`, targets],
  [`tuf_keys/${alice}_alice.key`, alice],
  [`tuf_keys/${bob}_targets/bob.key`, bob],
]);
const putOld = () => {
  for (const [path, id] of old) here.put(path, bare(id));
};

describe('migrating', () => {
  it('moves every old file to its id, with headers for what the path said', async () => {
    putOld();
    const { moved, left } = await here.store().migrate();
    expect(left).toEqual([]);
    expect(moved.map(({ id }) => id).sort()).toEqual([...old.values()].sort());
    expect(tree()).toEqual([...old.values()].map((id) => `${id}.key`).sort());
    expect(readdirSync(below(''))).toHaveLength(4);
    const headers = (id: string) => Object.fromEntries(decodePem(here.textOf(id))[0]!.headers);
    expect(headers(root)).toEqual({ role: 'root' });
    expect(headers(targets)).toEqual({ gun, role: 'targets' });
    expect(headers(alice)).toEqual({ role: 'alice' });
    // Go makes a key called "bob" of this one.
    expect(headers(bob)).toEqual({ role: 'targets/bob' });
    expect(here.requests).toEqual([]);
    for (const id of old.values()) expect((await here.store().open(id)).key.id).toBe(id);
  });

  it('writes what Go would have written', async () => {
    here.put(`root_keys/${root}_root.key`, bare(root));
    await here.store().migrate();
    expect(here.textOf(root)).toBe(goKeyFile(root));
  });

  it('moves the files of the first releases, which no later client finds', async () => {
    here.put(`${gun}/${targets}_targets.key`, bare(targets));
    here.put(`${root}_root.key`, bare(root));
    await here.store().migrate();
    expect(tree()).toEqual([`${root}.key`, `${targets}.key`]);
    expect(existsSync(below('example.com'))).toBe(false);
  });

  it('keeps the encryption of old times, which the passphrase opens as before', async () => {
    const id = '4b64b9389ba760679512e58b51b4ebfae1d4637d8923644a573f761eeffd8d16';
    here.put(`root_keys/${id}_root.key`, opensslKey('dek sec1 AES-256-CBC'));
    await here.store().migrate();
    expect(here.textOf(id)).toMatch(
      /^-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,\w+\nrole: root\n\n/,
    );
    expect((await here.store().open(id)).key.id).toBe(id);
  });

  it('takes over every block of a file', async () => {
    here.put(`root_keys/${root}_root.key`, bare(root) + bare(root));
    await here.store().migrate();
    expect(decodePem(here.textOf(root))).toHaveLength(2);
  });

  it('does nothing where there is nothing old', async () => {
    expect(await here.store().migrate()).toEqual({ moved: [], left: [] });
    here.putVectors();
    const before = tree();
    expect(await here.store().migrate()).toEqual({ moved: [], left: [] });
    expect(tree()).toEqual(before);
  });

  it.each([
    ['root_keys/junk.key', 'no key at all', 'KEY_UNREADABLE'],
    [`root_keys/${root}_root.key`, 'damaged', 'KEY_UNREADABLE'],
    ['root_keys/backup_root.key', bare(root), 'KEY_UNREADABLE'],
    [`tuf_keys/${targets}_targets.key`, 'x'.repeat(70_000), 'KEY_LIMITS'],
  ])(
    'leaves what it cannot read where it is, and says so; Go deletes it: %s',
    async (path, text, code) => {
      here.put(path, text);
      here.put(`root_keys/${newRoot}_root.key`, bare(newRoot));
      const { moved, left } = await here.store().migrate();
      expect(moved.map(({ id }) => id)).toEqual([newRoot]);
      expect(left).toMatchObject([{ location: below(path), reason: { code } }]);
      expect(readFileSync(below(path), 'utf8')).toBe(text);
    },
  );

  it('leaves notes, folders without keys, and the certificates of notary 0.1', async () => {
    putOld();
    here.put('tuf_keys/README', 'note');
    here.put('trusted_certificates/example.com/a/1.crt', 'certificate');
    mkdirSync(join(here.path, 'trusted_certificates'));
    writeFileSync(join(here.path, 'trusted_certificates', '1.crt'), 'certificate');
    await here.store().migrate();
    expect(readFileSync(below('tuf_keys/README'), 'utf8')).toBe('note');
    expect(existsSync(below('trusted_certificates/example.com/a/1.crt'))).toBe(true);
    expect(existsSync(join(here.path, 'trusted_certificates', '1.crt'))).toBe(true);
  });

  it('follows no link and opens no pipe', async () => {
    mkdirSync(below('root_keys'), { recursive: true });
    execFileSync('mkfifo', [below(`root_keys/${root}_root.key`)]);
    execFileSync('ln', ['-s', '/etc/passwd', below(`root_keys/${alice}_root.key`)]);
    expect(await here.store().migrate()).toEqual({ moved: [], left: [] });
    expect(tree()).toHaveLength(2);
  });

  it('leaves copies that somebody put beside, also of keys that are here', async () => {
    here.putVectors();
    here.put(`backup/${root}.key`, goKeyFile(root));
    here.put(`backup/${alice}_alice.key`, goKeyFile(alice));
    const { moved, left } = await here.store().migrate();
    expect(moved).toEqual([]);
    expect(left).toMatchObject([{ location: below(`backup/${alice}_alice.key`) }]);
    expect(tree()).toHaveLength(7);
  });
});

describe('an old file beside a new one', () => {
  it('goes when both hold the same under the same encryption', async () => {
    here.put(`${root}.key`, goKeyFile(root));
    here.put(`root_keys/${root}_root.key`, bare(root));
    here.put(`root_keys/${root}.key`, bare(root));
    expect((await here.store().migrate()).left).toEqual([]);
    expect(tree()).toEqual([`${root}.key`]);
    expect(here.textOf(root)).toBe(goKeyFile(root));
  });

  it('stays when it differs: it may be the one whose passphrase is known', async () => {
    const [vector] = goKeys;
    const id = vector!.KeyID;
    const oldText = vector!.EncPem;
    here.put(`root_keys/${id}_root.key`, oldText);
    await here
      .store()
      .open(id)
      .catch(() => undefined);
    here.put(`${id}.key`, vector!.Unencrypted);
    const { moved, left } = await here.store().migrate();
    expect(moved).toEqual([]);
    expect(left).toMatchObject([{ location: below(`root_keys/${id}_root.key`) }]);
    expect(await here.store().unusable()).toEqual(left);
    expect(readFileSync(below(`root_keys/${id}_root.key`), 'utf8')).toBe(oldText);
    expect(here.textOf(id)).toBe(vector!.Unencrypted);
  });

  it('stays when the new one is damaged', async () => {
    here.put(`${root}.key`, 'damaged');
    here.put(`root_keys/${root}_root.key`, bare(root));
    const { left } = await here.store().migrate();
    expect(left).toHaveLength(1);
    expect(here.textOf(root)).toBe('damaged');
    expect((await here.store().list()).map(({ id }) => id)).toEqual([root]);
  });
});

describe('when it runs', () => {
  it('is before the first writing of a key, and not for reading', async () => {
    putOld();
    const before = tree();
    const reader = here.store();
    await reader.list();
    await reader.open(root);
    await reader.exportKeys();
    expect(tree()).toEqual(before);
    const { key } = await here.store().generate('carol');
    expect(tree()).toEqual([...old.values(), key.id].map((id) => `${id}.key`).sort());
  });

  it('lets no import make a second file of a key that is here', async () => {
    here.put(`root_keys/${root}_root.key`, bare(root));
    expect(await here.store().importKeys(goKeyFile(root), { role: 'root' })).toMatchObject([
      { id: root, outcome: 'present' },
    ]);
    expect(tree()).toEqual([`${root}.key`]);
  });

  it('does not stop the making of a key when something old cannot be moved', async () => {
    here.put('root_keys/junk.key', 'no key');
    const { key } = await here.store().generate('carol');
    expect(tree()).toEqual([`${key.id}.key`, 'root_keys/junk.key']);
  });

  it('may be in several processes at once', async () => {
    putOld();
    const results = await Promise.all([1, 2, 3, 4].map(() => here.store().migrate()));
    expect(results.flatMap(({ left }) => left)).toEqual([]);
    expect(tree()).toEqual([...old.values()].map((id) => `${id}.key`).sort());
  });
});

describe('whatever goes wrong at whatever step', () => {
  let faulty: FaultyProcess;
  beforeAll(async () => {
    faulty = await buildFaultyProcess();
  });
  afterAll(() => faulty.remove());

  it.each(['kill', 'EIO'])(
    'no key is lost, and it can be run again: %s',
    async (fault) => {
      const ids = [...old.values()].sort();
      putOld();
      const { steps } = await faulty.run('migrate', here.path, 0, '');
      expect(steps).toBeGreaterThan(20);
      for (let step = 1; step <= steps; step += 1) {
        execFileSync('rm', ['-r', below('')]);
        putOld();
        await faulty.run('migrate', here.path, step, fault);
        expect((await here.store().list()).map(({ id }) => id)).toEqual(ids);
        expect((await here.store().migrate()).left).toEqual([]);
        const keyFiles = tree().filter((path) => path.endsWith('.key'));
        expect(keyFiles).toEqual(ids.map((id) => `${id}.key`));
      }
      for (const id of ids) expect((await here.store().open(id)).key.id).toBe(id);
    },
    120_000,
  );
});
