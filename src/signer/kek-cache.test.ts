import { expect, it } from 'vitest';
import type { KekParameters } from './jwe.ts';
import { KekCache } from './kek-cache.ts';

const parameters = (at: number): KekParameters => ({ iterations: 1, salt: Buffer.alloc(16, at) });
const isWiped = (kek: Buffer) => kek.every((byte) => byte === 0);
const cache = () => new KekCache({ passphrase: async () => Buffer.from('secret') });
/** The Buffer itself, which only a test keeps. */
const kekOf = (keks: KekCache, at: number) => keks.use('a', parameters(at), (kek) => kek);

it('derives once, and wipes what falls out of the cache', async () => {
  const keks = cache();
  const first = await kekOf(keks, 0);
  expect(await kekOf(keks, 0)).toBe(first);
  for (let at = 1; at < 64; at += 1) await kekOf(keks, at);
  expect(isWiped(first)).toBe(false);
  const last = await kekOf(keks, 64);
  await expect.poll(() => isWiped(first)).toBe(true);
  expect(isWiped(last)).toBe(false);
  expect(isWiped(await kekOf(keks, 0))).toBe(false);
});

it('never gives out a KEK that was wiped, however many are asked for at once', async () => {
  const keks = cache();
  const uses = Array.from({ length: 300 }, (_, at) =>
    keks.use('a', parameters(at % 100), (kek) => isWiped(kek)),
  );
  expect(await Promise.all(uses)).toEqual(uses.map(() => false));
});

it('wipes what it closes upon, once its last user is done', async () => {
  const keks = cache();
  const kept = await kekOf(keks, 0);
  let inUse: Buffer | undefined;
  const use = keks.use('a', parameters(1), (kek) => {
    inUse = kek;
    return isWiped(kek);
  });
  await keks.close();
  expect(await use).toBe(false);
  expect(isWiped(kept)).toBe(true);
  expect(inUse && isWiped(inUse)).toBe(true);
});

it('forgets an alias without a passphrase, and asks again', async () => {
  const given: { text?: string } = {};
  const keks = new KekCache({
    passphrase: async () => (given.text === undefined ? undefined : Buffer.from(given.text)),
  });
  await expect(kekOf(keks, 0)).rejects.toMatchObject({ code: 'SIGNING_KEY_LOCKED' });
  given.text = 'secret';
  expect(isWiped(await kekOf(keks, 0))).toBe(false);
  await keks.close();
});
