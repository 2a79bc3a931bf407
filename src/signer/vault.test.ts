import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLog, silentLog } from '../daemon/log.ts';
import { publicKey } from '../tuf/public-key.ts';
import { isValidSignature } from '../tuf/signature.ts';
import * as jwe from './jwe.ts';
import { generatePrivateKey, publicBytesOf, signWith } from './private-key.ts';
import type { KeyRow } from './store/store.ts';
import { Vault } from './vault.ts';

const vector = JSON.parse(readFileSync('test/vectors/signer-jwe.json', 'utf8'));
const nowMs = Date.UTC(2026, 10, 25);
const goRow: KeyRow = {
  keyId: vector.key_id,
  algorithm: vector.algorithm,
  encryptionAlg: vector.encryption_alg,
  keywrapAlg: vector.keywrap_alg,
  passphraseAlias: 'alias_one',
  publicBytes: Buffer.from(vector.public_hex, 'hex'),
  privateJwe: vector.private_column_jwe,
  gun: 'example.com/app',
  role: 'timestamp',
  createdAtMs: nowMs,
  lastUsedMs: nowMs,
};

type Passphrases = Record<string, string>;
const given = { alias_one: vector.passphrase, alias_two: 'second' };

function vaultWith(passphrases: Passphrases, defaultAlias = 'alias_one', log = silentLog()) {
  return new Vault({
    passphrases: {
      passphrase: async (alias) => {
        const text = passphrases[alias];
        return text === undefined ? undefined : Buffer.from(text);
      },
    },
    defaultAlias,
    iterations: 1000,
    log,
  });
}

const create = (vault: Vault, algorithm: 'ecdsa' | 'ed25519' = 'ecdsa') =>
  vault.create(algorithm, 'example.com/app', 'timestamp', nowMs);

afterEach(() => vi.restoreAllMocks());

describe.each(['ecdsa', 'ed25519'] as const)('a new %s key', (algorithm) => {
  it('opens in another process with the passphrase and signs', async () => {
    const row = await create(vaultWith(given), algorithm);
    expect(row).toMatchObject({
      algorithm,
      encryptionAlg: 'A256GCM',
      keywrapAlg: 'PBES2-HS256+A128KW',
      passphraseAlias: 'alias_one',
      lastUsedMs: undefined,
    });
    const opened = await vaultWith(given).openRow(row);
    expect(opened.publicKey.id).toBe(row.keyId);
    const { method, sig } = signWith(opened.privateKey, algorithm, Buffer.from('m'));
    const signature = { keyId: row.keyId, method, sig };
    expect(
      isValidSignature(publicKey(algorithm, row.publicBytes), Buffer.from('m'), signature),
    ).toBe(true);
  });
});

it('needs no opening where it was made, and is opened like any other when it was read back', async () => {
  const texts: Passphrases = { ...given };
  const vault = vaultWith(texts);
  const row = await create(vault);
  const readBack = { ...row, privateJwe: 'damaged' };
  await expect(vault.openRow(readBack)).rejects.toMatchObject({ code: 'KEY_UNREADABLE' });
  const opened = await vault.openRow(row);
  expect(await vault.cached(row.keyId)).toBe(opened);
  const again = await vaultWith(given).openRow({ ...row });
  expect(again.privateKey.equals(opened.privateKey)).toBe(true);
  expect(again.publicKey).toEqual(opened.publicKey);
});

it("opens a row of notary's signer, and rows under several aliases side by side", async () => {
  const vault = vaultWith(given, 'alias_two');
  const ours = await create(vault);
  expect(ours.passphraseAlias).toBe('alias_two');
  expect((await vault.openRow(goRow)).publicKey.id).toBe(vector.key_id);
  expect((await vault.openRow(ours)).publicKey.id).toBe(ours.keyId);
});

describe('a key that cannot be opened', () => {
  const alarms: string[] = [];
  const log = () => {
    alarms.length = 0;
    return createLog({
      level: 'error',
      service: 't',
      stream: { write: (line) => alarms.push(line) },
    });
  };

  it.each([
    ['whose alias has no passphrase', {}],
    ['whose alias has a wrong passphrase', { alias_one: 'wrong-secret' }],
  ])('%s is locked and an alarm', async (_, passphrases: Passphrases) => {
    const vault = vaultWith(passphrases, 'alias_one', log());
    await expect(vault.openRow(goRow)).rejects.toMatchObject({
      code: 'SIGNING_KEY_LOCKED',
      facts: { alias: 'alias_one' },
    });
    expect(alarms).toHaveLength(1);
    expect(alarms[0]).toContain('ALARM');
    expect(alarms[0]).not.toContain('wrong-secret');
    expect(vault.cached(goRow.keyId)).toBeUndefined();
  });

  it('opens once its passphrase is there, without a restart', async () => {
    const passphrases: Passphrases = {};
    const vault = vaultWith(passphrases);
    await expect(vault.openRow(goRow)).rejects.toMatchObject({ code: 'SIGNING_KEY_LOCKED' });
    passphrases.alias_one = vector.passphrase;
    expect((await vault.openRow(goRow)).publicKey.id).toBe(vector.key_id);
  });

  it('because its row was altered is unreadable', async () => {
    const vault = vaultWith(given, 'alias_one', log());
    const other = await create(vault);
    const attacker = await create(vaultWith({ alias_one: 'of the attacker' }));
    const altered: [Partial<KeyRow>, string][] = [
      [{ publicBytes: other.publicBytes }, 'KEY_UNREADABLE'],
      [{ keyId: other.keyId }, 'KEY_UNREADABLE'],
      [{ algorithm: 'ed25519' }, 'KEY_UNREADABLE'],
      [{ privateJwe: other.privateJwe }, 'KEY_UNREADABLE'],
      [{ privateJwe: 'junk' }, 'KEY_UNREADABLE'],
      [{ ...attacker, keyId: goRow.keyId }, 'KEY_UNREADABLE'],
      // A key of the attacker's own, whole and consistent, lacks the passphrase.
      [attacker, 'SIGNING_KEY_LOCKED'],
    ];
    for (const [change, code] of altered) {
      await expect(vault.openRow({ ...goRow, ...change })).rejects.toMatchObject({ code });
    }
    expect(alarms).toHaveLength(altered.length);
  });

  it('because it asks for too many rounds costs none', async () => {
    const derive = vi.spyOn(jwe, 'deriveKek');
    const header = JSON.stringify({ ...vector.header, p2c: 2_000_000 });
    const [, ...rest] = goRow.privateJwe.split('.');
    const privateJwe = [Buffer.from(header).toString('base64url'), ...rest].join('.');
    const opening = vaultWith(given).openRow({ ...goRow, privateJwe });
    await expect(opening).rejects.toMatchObject({ code: 'KEY_LIMITS' });
    expect(derive).not.toHaveBeenCalled();
  });
});

it('makes no key when the default alias has no passphrase', async () => {
  await expect(create(vaultWith({}))).rejects.toMatchObject({ code: 'SIGNING_KEY_LOCKED' });
});

it('pays for one derivation, however many keys it makes, opens, and after a restart makes again', async () => {
  const derive = vi.spyOn(jwe, 'deriveKek');
  const vault = vaultWith(given);
  const rows = await Promise.all(Array.from({ length: 10 }, () => create(vault)));
  const salts = new Set(rows.map((row) => jwe.parseSealed(row.privateJwe).salt.toString('hex')));
  expect(salts.size).toBe(1);
  expect(
    new Set(rows.map((row) => jwe.parseSealed(row.privateJwe).wrapped.toString('hex'))).size,
  ).toBe(10);
  expect(derive).toHaveBeenCalledTimes(1);
  const restarted = vaultWith(given);
  for (const row of rows) await restarted.openRow(row);
  const next = await create(restarted);
  expect(derive).toHaveBeenCalledTimes(2);
  expect(salts).toContain(jwe.parseSealed(next.privateJwe).salt.toString('hex'));
});

it('does not seal new keys with the weaker rounds, or the salt, of an old row', async () => {
  const vault = vaultWith(given);
  await vault.openRow(goRow);
  const sealed = jwe.parseSealed((await create(vault)).privateJwe);
  expect(sealed.iterations).toBe(1000);
  expect(sealed.salt).not.toEqual(jwe.parseSealed(goRow.privateJwe).salt);
});

it('answers from memory until it is told to forget', async () => {
  const vault = vaultWith(given);
  const [one, two] = await Promise.all([vault.openRow(goRow), vault.openRow(goRow)]);
  expect(one).toBe(two);
  expect(await vault.cached(goRow.keyId)).toBe(one);
  vault.forget(goRow.keyId);
  expect(vault.cached(goRow.keyId)).toBeUndefined();
});

it('wipes the passphrase it was given, and the derived key when it closes', async () => {
  const seen: Buffer[] = [];
  const derive = vi.spyOn(jwe, 'deriveKek');
  const vault = new Vault({
    passphrases: {
      passphrase: async () => {
        const bytes = Buffer.from('secret');
        seen.push(bytes);
        return bytes;
      },
    },
    defaultAlias: 'a',
    iterations: 1000,
    log: silentLog(),
  });
  await create(vault);
  const kek = await derive.mock.results[0]?.value;
  expect(seen.map((bytes) => bytes.every((byte) => byte === 0))).toEqual([true]);
  expect(kek.some((byte: number) => byte !== 0)).toBe(true);
  await vault.close();
  expect(kek.every((byte: number) => byte === 0)).toBe(true);
});

it('keeps nothing of the private key in a row but the sealed form', async () => {
  const key = generatePrivateKey('ecdsa');
  const jwk = key.export({ format: 'jwk' });
  expect(publicBytesOf(key).includes(Buffer.from(jwk.d ?? '', 'base64url'))).toBe(false);
  const row = await create(vaultWith(given));
  expect(Object.keys(row).filter((name) => /private|secret/i.test(name))).toEqual(['privateJwe']);
});
