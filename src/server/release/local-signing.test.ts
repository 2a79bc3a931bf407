import { describe, expect, it } from 'vitest';
import { isValidSignature } from '../../tuf/signature.ts';
import { LocalSigning } from './local-signing.ts';

describe('local signing', () => {
  it('makes Ed25519 keys and signs with them', async () => {
    const signing = new LocalSigning();
    const key = await signing.createKey('gun', 'snapshot');
    expect(key.keyType).toBe('ed25519');
    const message = Buffer.from('message');
    const sig = await signing.sign(key.id, message);
    expect(isValidSignature(key, message, { keyId: key.id, method: 'eddsa', sig })).toBe(true);
    expect((await signing.publicKey(key.id))?.id).toBe(key.id);
    expect(await signing.roleOf(key.id)).toBe('snapshot');
    expect(await signing.roleOf('ab'.repeat(32))).toBeUndefined();
  });

  it('gives a key that never signed again, and a new one once it has', async () => {
    const signing = new LocalSigning();
    const first = await signing.createKey('gun', 'snapshot');
    expect((await signing.createKey('gun', 'snapshot')).id).toBe(first.id);
    expect((await signing.createKey('gun', 'timestamp')).id).not.toBe(first.id);
    expect((await signing.createKey('other', 'snapshot')).id).not.toBe(first.id);
    await signing.sign(first.id, Buffer.from('x'));
    const second = await signing.createKey('gun', 'snapshot');
    expect(second.id).not.toBe(first.id);
    await signing.sign(first.id, Buffer.from('x'));
    expect((await signing.createKey('gun', 'snapshot')).id).toBe(second.id);
  });

  it('knows no other keys, and none after it was closed', async () => {
    const signing = new LocalSigning();
    const { id } = await signing.createKey('gun', 'snapshot');
    await signing.close();
    for (const keyId of [id, 'ab'.repeat(32)]) {
      expect(await signing.publicKey(keyId)).toBeUndefined();
      await expect(signing.sign(keyId, Buffer.from('x'))).rejects.toMatchObject({
        code: 'SIGNING_KEY_NOT_FOUND',
      });
    }
  });
});
