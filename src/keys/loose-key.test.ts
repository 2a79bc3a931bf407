import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodePem } from '../encoding/pem.ts';
import { keyBlocks, unlockKey } from './key-block.ts';
import type { PassphraseRequest, PassphraseSource } from './key-store.ts';
import { makeLooseKey, writePublicKeyFile } from './loose-key.ts';
import { generatePrivateKey } from './private-key.ts';
import { readPublicKeys } from './public-key-file.ts';

let directory: string;
let requests: PassphraseRequest[];
const source: PassphraseSource = {
  passphrase: async (request) => {
    requests.push(request);
    return Buffer.from('longenough1');
  },
};
const path = (name: string) => join(directory, name);
const text = (name: string) => readFileSync(path(name), 'utf8');

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'paraph-loose-'));
  requests = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a key pair in files', () => {
  it('is what notary writes: a public and an encrypted private file, with the role', async () => {
    const basePath = path('base');
    const key = await makeLooseKey({ basePath, role: 'targets/alice', askedRole: '' }, source);
    expect(readdirSync(directory).sort()).toEqual(['base-key.pem', 'base.pem']);
    for (const name of ['base.pem', 'base-key.pem']) {
      expect(statSync(path(name)).mode & 0o777).toBe(0o600);
      const [block] = decodePem(text(name));
      expect(Object.fromEntries(block!.headers)).toEqual({ role: 'targets/alice' });
    }
    expect(text('base.pem')).toMatch(
      /^-----BEGIN PUBLIC KEY-----\nrole: targets\/alice\n\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/,
    );
    expect(text('base-key.pem')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\nrole: /);
    expect(readPublicKeys(text('base.pem'), 0).id).toBe(key.id);
    const [locked] = keyBlocks(text('base-key.pem'));
    const opened = await unlockKey(locked, Buffer.from('longenough1'));
    expect(opened.publicKey.id).toBe(key.id);
    expect(requests).toEqual([
      { keyId: key.id, role: '', gun: undefined, isNew: true, attempt: 0 },
    ]);
  });

  it('is asked for by its role elsewhere', async () => {
    await makeLooseKey({ basePath: path('base'), role: 'root' }, source);
    expect(requests).toMatchObject([{ role: 'root' }]);
  });

  it.each(['base.pem', 'base-key.pem'])('never replaces one that is there: %s', async (name) => {
    writeFileSync(path(name), 'older');
    await expect(
      makeLooseKey({ basePath: path('base'), role: 'root' }, source),
    ).rejects.toMatchObject({ code: 'DISK', facts: { path: path(name) } });
    expect(text(name)).toBe('older');
    expect(readdirSync(directory)).toEqual([name]);
    expect(requests).toEqual([]);
  });

  it('is made whole or not at all', async () => {
    const meanwhile: PassphraseSource = {
      passphrase: async (request) => {
        writeFileSync(path('base.pem'), 'of somebody else');
        return source.passphrase(request);
      },
    };
    await expect(
      makeLooseKey({ basePath: path('base'), role: 'root' }, meanwhile),
    ).rejects.toMatchObject({ code: 'DISK' });
    expect(readdirSync(directory)).toEqual(['base.pem']);
    expect(text('base.pem')).toBe('of somebody else');
  });

  it('needs its folder', async () => {
    await expect(
      makeLooseKey({ basePath: path('none/base'), role: 'root' }, source),
    ).rejects.toMatchObject({
      code: 'DISK',
      message: expect.stringContaining('none/base-key.pem'),
    });
  });
});

describe('the public file of a signer', () => {
  it('is PEM with the role, for the owner alone, as docker writes it', async () => {
    const { publicKey } = generatePrivateKey();
    await writePublicKeyFile(path('alice.pub'), publicKey, 'alice');
    expect(text('alice.pub')).toMatch(/^-----BEGIN PUBLIC KEY-----\nrole: alice\n\nMFkw/);
    expect(statSync(path('alice.pub')).mode & 0o777).toBe(0o600);
    expect(readPublicKeys(text('alice.pub'), 0).id).toBe(publicKey.id);
    await expect(writePublicKeyFile(path('alice.pub'), publicKey, 'alice')).rejects.toMatchObject({
      code: 'DISK',
    });
  });
});
