import { expect, it } from 'vitest';
import { Failure } from '../../errors.ts';
import { DeferredSigning } from './deferred-signing.ts';
import { LocalSigning } from './local-signing.ts';

function deferred() {
  const loaded: LocalSigning[] = [];
  const signing = new DeferredSigning('local', async () => {
    loaded.push(new LocalSigning());
    return loaded[0]!;
  });
  return { signing, loaded };
}

it('is loaded by the first question, once', async () => {
  const { signing, loaded } = deferred();
  expect(signing.kind).toBe('local');
  expect(loaded).toHaveLength(0);
  const [key] = await Promise.all([signing.createKey('gun', 'snapshot'), signing.check()]);
  expect(loaded).toHaveLength(1);
  expect(await signing.publicKey(key.id)).toEqual(key);
  expect(await signing.sign(key.id, Buffer.from('x'))).toHaveLength(64);
  await signing.close();
  expect(await loaded[0]!.publicKey(key.id)).toBeUndefined();
});

it('is not loaded to be closed', async () => {
  const { signing, loaded } = deferred();
  await signing.close();
  expect(loaded).toHaveLength(0);
});

it('hands on what the service throws', async () => {
  const { signing } = deferred();
  await expect(signing.sign('none', Buffer.from('x'))).rejects.toMatchObject({
    code: 'SIGNING_KEY_NOT_FOUND',
  });
});

it('is loaded anew after it could not be, and can be closed meanwhile', async () => {
  let isBroken = true;
  const signing = new DeferredSigning('remote', async () => {
    if (isBroken) throw new Failure('SIGNER_UNAVAILABLE', 'broken');
    return new LocalSigning();
  });
  const first = signing.check();
  const closed = signing.close();
  await expect(first).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
  await closed;
  isBroken = false;
  await signing.check();
  await signing.close();
});
