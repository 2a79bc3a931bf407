// Removing a key and changing its passphrase.
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFaultyProcess, type FaultyProcess } from '../../test/keys/faults.ts';
import { keyDirectory } from '../../test/keys/key-directory.ts';
import {
  goKeyFile,
  goKeyFiles,
  goKeys,
  opensslKey,
  passphrase,
  writtenRoundsDer,
} from '../../test/keys/vectors.ts';
import { decodePem, encodePem } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';
import { isValidSignature } from '../tuf/signature.ts';
import { KeyFileStore } from './file-store.ts';

const here = keyDirectory();
const { root, targets, alice } = goKeyFiles;
const privatePath = (path: string) => join(here.path, 'private', path);
const bare = (id: string) =>
  encodePem({ ...decodePem(goKeyFile(id))[0]!, headers: new Map<string, string>() });
const withAnswers = (answer: string) =>
  new KeyFileStore(here.path, {
    passphrase: async ({ attempt }) => {
      if (attempt > 0) throw new Failure('PASSPHRASE_WRONG', 'no other');
      return Buffer.from(answer);
    },
  });

describe('removing a key', () => {
  it('takes its file and no other', async () => {
    here.putVectors();
    const before = here.files();
    const keys = here.store();
    await keys.open(root);
    await keys.remove(root);
    expect(here.files()).toEqual(before.filter((name) => name !== `${root}.key`));
    await expect(keys.open(root)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
    expect(here.requests).toHaveLength(1);
  });

  it('takes the copies in every layout, so that it is gone', async () => {
    const paths = [
      `${root}.key`,
      `${root}_root.key`,
      `root_keys/${root}_root.key`,
      `root_keys/${root}.key`,
    ];
    for (const path of paths) here.put(path, bare(root));
    here.put(`root_keys/${alice}.key`, bare(alice));
    await here.store().remove(root);
    expect(paths.filter((path) => existsSync(privatePath(path)))).toEqual([]);
    expect((await here.store().list()).map(({ id }) => id)).toEqual([alice]);
  });

  it.each(['0'.repeat(64), '', root.slice(0, 7), `../private/${root}`, '*'])(
    'that is not here fails and removes nothing: %j',
    async (id) => {
      here.putVectors();
      const before = here.files();
      await expect(here.store().remove(id)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
      expect(here.files()).toEqual(before);
    },
  );

  it('removes none when a file of that id cannot be read: it may hold another key', async () => {
    here.put(`${root}.key`, goKeyFile(root));
    here.put(`root_keys/${root}_root.key`, 'damaged');
    await expect(here.store().remove(root)).rejects.toMatchObject({ code: 'KEY_UNREADABLE' });
    expect(here.files()).toHaveLength(2);
    here.put(`${alice}.key`, '');
    await expect(here.store().remove(alice)).rejects.toMatchObject({ code: 'KEY_UNREADABLE' });
    expect(here.files()).toHaveLength(3);
  });
});

describe('changing a passphrase', () => {
  it('asks for the old and the new one, and stores the same key in the form of today', async () => {
    here.putVectors();
    here.answers = [passphrase, 'another passphrase'];
    await here.store().changePassphrase(targets);
    const gun = 'example.com/vectors/demo';
    expect(here.requests).toEqual([
      { keyId: targets, role: 'targets', gun, isNew: false, attempt: 0 },
      { keyId: targets, role: 'targets', gun, isNew: true, isChange: true, attempt: 0 },
    ]);
    const [block] = decodePem(here.textOf(targets));
    expect(Object.fromEntries(block!.headers)).toEqual({ gun, role: 'targets' });
    expect(block?.bytes.includes(writtenRoundsDer)).toBe(true);
    expect(statSync(privatePath(`${targets}.key`)).mode & 0o777).toBe(0o600);
    const signer = await withAnswers('another passphrase').open(targets);
    const message = Buffer.from('message');
    expect(isValidSignature(signer.key, message, await signer.sign(message))).toBe(true);
    await expect(withAnswers(passphrase).open(targets)).rejects.toMatchObject({
      code: 'PASSPHRASE_WRONG',
    });
    expect(here.files()).toHaveLength(5);
  });

  it('leaves no copy under an old passphrase, not even one that has another', async () => {
    here.put(`${root}.key`, goKeyFile(root));
    here.answers = [passphrase, 'another passphrase'];
    await here.store().changePassphrase(root);
    here.put(`root_keys/${root}_root.key`, bare(root));
    here.answers = [passphrase, 'another passphrase', 'third passphrase'];
    await here.store().changePassphrase(root);
    for (const path of [`${root}.key`, `root_keys/${root}_root.key`]) {
      expect((await withAnswers('third passphrase').open(root)).key.id).toBe(root);
      rmSync(privatePath(path));
    }
  });

  it('gives one to a key that was stored without', async () => {
    const [vector] = goKeys;
    here.put(`${vector!.KeyID}.key`, vector!.Unencrypted);
    here.answers = ['another passphrase'];
    await here.store().changePassphrase(vector!.KeyID);
    expect(here.requests).toMatchObject([{ isNew: true }]);
    expect(here.textOf(vector!.KeyID)).toContain('ENCRYPTED');
  });

  it('takes the old encryption off whole', async () => {
    const id = '4b64b9389ba760679512e58b51b4ebfae1d4637d8923644a573f761eeffd8d16';
    here.put(`root_keys/${id}_root.key`, opensslKey('dek sec1 AES-256-CBC'));
    here.answers = [passphrase, 'another passphrase'];
    await here.store().changePassphrase(id);
    const text = here.textOf(id);
    expect(text).not.toContain('DEK-Info');
    expect(text).not.toContain('Proc-Type');
    expect((await withAnswers('another passphrase').open(id)).key.id).toBe(id);
  });

  it.each([
    ['the old one is wrong', ['wrong'], 'PASSPHRASE_WRONG'],
    ['the new one is empty', [passphrase, ''], 'PASSPHRASE_UNFIT'],
  ])('changes nothing when %s', async (_name, answers, code) => {
    here.putVectors();
    const before = here.textOf(root);
    here.answers = answers;
    await expect(here.store().changePassphrase(root)).rejects.toMatchObject({ code });
    expect(here.textOf(root)).toBe(before);
    expect(here.files()).toHaveLength(5);
  });

  it('asks for no new one when the file holds another key, or more than one', async () => {
    here.put(`${root}.key`, goKeyFile(alice));
    here.put(`${alice}.key`, goKeyFile(alice) + goKeyFile(root));
    for (const id of [root, alice]) {
      await expect(here.store().changePassphrase(id)).rejects.toMatchObject({
        code: 'KEY_UNREADABLE',
      });
    }
    expect(here.requests.filter(({ isNew }) => isNew)).toEqual([]);
    await expect(here.store().changePassphrase('0'.repeat(64))).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
    });
  });

  it('does not write over what another client wrote meanwhile', async () => {
    here.putVectors();
    const keys = new KeyFileStore(here.path, {
      passphrase: async ({ isNew }) => {
        if (isNew) writeFileSync(privatePath(`${root}.key`), goKeyFile(root).trimEnd());
        return Buffer.from(passphrase);
      },
    });
    await expect(keys.changePassphrase(root)).rejects.toMatchObject({ code: 'DISK' });
    expect(here.textOf(root)).toBe(goKeyFile(root).trimEnd());
    expect(here.files()).toHaveLength(5);
  });

  it('says so when nobody can be asked', async () => {
    here.putVectors();
    const keys = new KeyFileStore(here.path, {
      passphrase: async ({ isChange }) => {
        if (isChange !== true) return Buffer.from(passphrase);
        throw new Failure('PASSPHRASE_MISSING', 'none');
      },
    });
    await expect(keys.changePassphrase(root)).rejects.toMatchObject({ code: 'PASSPHRASE_MISSING' });
  });
});

describe('whatever goes wrong at whatever step', () => {
  let faulty: FaultyProcess;
  beforeAll(async () => {
    faulty = await buildFaultyProcess();
  });
  afterAll(() => faulty.remove());

  const opensWithOneOfBoth = async (id: string) => {
    const answers = [passphrase, 'another passphrase'];
    const keys = new KeyFileStore(here.path, {
      passphrase: async ({ attempt }) => Buffer.from(answers[attempt] ?? ''),
    });
    return (await keys.open(id)).key.id;
  };

  it.each(['kill', 'ENOSPC'])(
    'a change of passphrase leaves the old or the new file: %s',
    async (fault) => {
      here.put(`${root}.key`, goKeyFile(root));
      const { steps } = await faulty.run('change', here.path, 0, '', root);
      expect(steps).toBeGreaterThan(6);
      for (let step = 1; step <= steps; step += 1) {
        here.put(`${root}.key`, goKeyFile(root));
        const { outcome } = await faulty.run('change', here.path, step, fault, root);
        // A search for old files that fails stops no change.
        expect(['killed', 'DISK', 'done']).toContain(outcome);
        const opening =
          outcome === 'done' ? withAnswers('another passphrase').open(root) : undefined;
        expect((await opening)?.key.id ?? (await opensWithOneOfBoth(root))).toBe(root);
        const keyFiles = here.files().filter((name) => name.endsWith('.key'));
        expect(keyFiles).toEqual([`${root}.key`]);
      }
    },
    240_000,
  );

  it('a removal can be run again, and is not called done when it is not', async () => {
    const put = () => {
      here.put(`${root}.key`, goKeyFile(root));
      here.put(`root_keys/${root}_root.key`, bare(root));
    };
    put();
    const { steps } = await faulty.run('remove', here.path, 0, '', root);
    for (let step = 1; step <= steps; step += 1) {
      put();
      const { outcome } = await faulty.run('remove', here.path, step, 'EIO', root);
      expect(outcome).toBe('DISK');
      await here
        .store()
        .remove(root)
        .catch(() => undefined);
      expect(existsSync(privatePath(`${root}.key`))).toBe(false);
      expect(readdirSync(privatePath('root_keys'))).toEqual([]);
    }
  }, 60_000);
});
