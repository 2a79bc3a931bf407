import { describe, expect, it } from 'vitest';
import { captureLog, metadata, passphrasesOf } from '../../test/signer/signer-harness.ts';
import { Failure } from '../errors.ts';
import { SigningPolicy } from './policy.ts';
import { SignatureLedger } from './signature-ledger.ts';
import { MemoryKeyStore } from './store/memory.ts';
import type { KeyRow } from './store/store.ts';
import { Vault } from './vault.ts';

const gun = 'example.com/app';

function setUp(
  texts: Record<string, string> = { one: 'first' },
  defaultAlias = 'one',
  kept = new MemoryKeyStore(),
) {
  const clock = { nowMs: Date.UTC(2026, 10, 25) };
  const nowMs = () => clock.nowMs;
  const { log, lines } = captureLog();
  const vault = new Vault({
    passphrases: passphrasesOf(texts),
    defaultAlias,
    iterations: 1000,
    log,
  });
  const ledger = new SignatureLedger(kept, nowMs);
  const policy = new SigningPolicy({ store: kept, vault, ledger, nowMs });
  return { policy, store: kept, vault, ledger, clock, lines, texts };
}

describe('the floor of a key', () => {
  it('is raised before the signature leaves', async () => {
    const { policy, store } = setUp();
    const { id } = await policy.createKey('ecdsa', gun, 'timestamp');
    for (const [version, floor] of [
      [3, 3],
      [7, 7],
      [5, 7],
    ] as const) {
      await policy.sign(id, metadata('Timestamp', version));
      expect(await store.floor(id)).toBe(floor);
    }
  });

  it('not raised means no signature', async () => {
    const { policy, store } = setUp();
    const { id } = await policy.createKey('ecdsa', gun, 'timestamp');
    store.recordSignatures = async () => {
      throw new Failure('STORE_FAILED', 'disk full');
    };
    const signing = policy.sign(id, metadata('Timestamp', 1));
    await expect(signing).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(await store.newestOf(gun, 'timestamp', 1)).toMatchObject([{ lastUsedMs: undefined }]);
  });

  it('is not raised when signing itself fails', async () => {
    const { policy, store, vault } = setUp();
    const { id } = await policy.createKey('ecdsa', gun, 'timestamp');
    const open = await vault.cached(id);
    Object.assign(open ?? {}, { privateKey: 'broken' });
    const signing = policy.sign(id, metadata('Timestamp', 1));
    await expect(signing).rejects.toMatchObject({ code: 'SIGNING_FAILED' });
    expect(await store.floor(id)).toBeUndefined();
  });
});

describe('a key of one role', () => {
  it.each([
    ['timestamp', metadata('Snapshot', 1)],
    ['timestamp', metadata('Root', 1)],
    ['timestamp', Buffer.from('{"version":1}')],
    ['timestamp', Buffer.from('x')],
    ['snapshot', metadata('Timestamp', 1)],
    ['snapshot', Buffer.from('{"_type":"Snapshot","_Type":"Timestamp","version":1}')],
  ])('(%s) does not sign what is not metadata of it (%#)', async (role, content) => {
    const { policy, store } = setUp();
    const { id } = await policy.createKey('ecdsa', gun, role);
    await expect(policy.sign(id, content)).rejects.toMatchObject({ code: 'KEY_ROLE_MISMATCH' });
    // Nothing was signed: it is pending still, without a floor.
    expect(await store.newestOf(gun, role, 1)).toMatchObject([{ lastUsedMs: undefined }]);
    expect(await store.floor(id)).toBeUndefined();
  });

  it('signs metadata of it, and a key without a role anything', async () => {
    const { policy } = setUp();
    for (const type of ['Timestamp', 'Snapshot']) {
      const { id } = await policy.createKey('ecdsa', gun, type.toLowerCase());
      expect((await policy.sign(id, metadata(type, 1))).sig).toHaveLength(64);
    }
    const { id } = await policy.createKey('ecdsa', gun, '');
    for (const content of [metadata('Root', 1), Buffer.from('x')]) {
      expect((await policy.sign(id, content)).sig).toHaveLength(64);
    }
  });
});

describe('where a stored key cannot be opened', () => {
  async function usedKey(texts: Record<string, string>) {
    const { policy, store } = setUp(texts);
    const { id } = await policy.createKey('ecdsa', gun, 'timestamp');
    await policy.sign(id, metadata('Timestamp', 1));
    return { id, store };
  }

  it.each([
    ['missing', {}],
    ['wrong', { one: 'another' }],
  ])('for its passphrase is %s, it is locked, and no new key is made', async (_, texts) => {
    const { id, store } = await usedKey({ one: 'first' });
    const { policy, lines } = setUp({ ...texts, two: 'second' }, 'two', store);
    const locked = { code: 'SIGNING_KEY_LOCKED' };
    await expect(policy.findKey(id)).rejects.toMatchObject(locked);
    await expect(policy.sign(id, metadata('Timestamp', 2))).rejects.toMatchObject(locked);
    await expect(policy.createKey('ecdsa', gun, 'timestamp')).rejects.toMatchObject(locked);
    await expect(policy.createKey('ed25519', gun, 'timestamp')).rejects.toMatchObject(locked);
    expect(await store.newestOf(gun, 'timestamp', 9)).toMatchObject([{ keyId: id }]);
    expect(lines.filter((line) => line.includes('ALARM'))).toHaveLength(4);
    // Other repositories and roles go on.
    await policy.createKey('ecdsa', gun, 'snapshot');
    await policy.createKey('ecdsa', 'example.com/other', 'timestamp');
  });

  it('a pending one is not replaced by a new one', async () => {
    const { policy, store } = setUp();
    await policy.createKey('ecdsa', gun, 'timestamp');
    const later = setUp({ two: 'second' }, 'two', store);
    const creating = later.policy.createKey('ecdsa', gun, 'timestamp');
    await expect(creating).rejects.toMatchObject({ code: 'SIGNING_KEY_LOCKED' });
  });

  it('an older one is not passed over for a newer one that does', async () => {
    const { id, store } = await usedKey({ one: 'first' });
    await setUp({ one: 'first' }, 'one', store).policy.createKey('ecdsa', gun, 'timestamp');
    const damaged = { ...(await store.find(id)), privateJwe: 'a.b.c.d.e' } as KeyRow;
    const rows = (await store.newestOf(gun, 'timestamp', 9)).map((row) =>
      row.keyId === id ? damaged : row,
    );
    store.newestOf = async () => rows;
    const { policy, lines } = setUp({ one: 'first' }, 'one', store);
    const creating = policy.createKey('ecdsa', gun, 'timestamp');
    await expect(creating).rejects.toMatchObject({ code: 'KEY_UNREADABLE' });
    expect(lines.filter((line) => line.includes('ALARM'))).toHaveLength(1);
  });

  it('because someone planted it in the database, it is not given out', async () => {
    const attacker = setUp({ one: 'of the attacker' });
    await attacker.policy.createKey('ecdsa', gun, 'timestamp');
    const { policy } = setUp({ one: 'first' }, 'one', attacker.store);
    const creating = policy.createKey('ecdsa', gun, 'timestamp');
    await expect(creating).rejects.toMatchObject({ code: 'SIGNING_KEY_LOCKED' });
  });
});

it('refuses names that the column of a database cannot hold', async () => {
  const { policy } = setUp();
  for (const name of ['x'.repeat(256), 'nul\0']) {
    const ofGun = policy.createKey('ecdsa', name, 'timestamp');
    await expect(ofGun).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
    const ofRole = policy.createKey('ecdsa', gun, name);
    await expect(ofRole).rejects.toMatchObject({ code: 'ROLE_INVALID' });
  }
});

it('gives the pending key with the lowest id, as Go does, when another signer has made several', async () => {
  const { policy, store, vault, clock } = setUp();
  const rows: KeyRow[] = [];
  for (let at = 0; at < 5; at += 1) {
    rows.push(await vault.create('ecdsa', gun, 'timestamp', clock.nowMs));
  }
  store.newestOf = async () => rows;
  const lowest = rows.map((row) => row.keyId).sort()[0];
  expect((await policy.createKey('ecdsa', gun, 'timestamp')).id).toBe(lowest);
});

it('gives no signature with a key that another process removed', async () => {
  const { policy, store, clock, vault } = setUp();
  const { id } = await policy.createKey('ecdsa', gun, 'timestamp');
  await policy.sign(id, metadata('Timestamp', 1));
  await store.remove(id);
  clock.nowMs += 5000;
  const signing = policy.sign(id, metadata('Timestamp', 1));
  await expect(signing).rejects.toMatchObject({ code: 'SIGNING_KEY_NOT_FOUND' });
  expect(vault.cached(id)).toBeUndefined();
});
