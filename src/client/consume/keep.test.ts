import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoleName } from '../../tuf/role.ts';
import { MetadataCache } from '../trustdir/cache.ts';
import { beginGeneration, type Generation } from '../trustdir/generations.ts';
import { keep } from './keep.ts';

let home: string;
let cache: MetadataCache;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'paraph-keep-'));
  cache = new MetadataCache(home);
});
afterEach(() => rm(home, { recursive: true, force: true }));

function generation(name: string): Generation {
  const ids = { rootKeyIds: [name], certificateIds: [name], listedKeyIds: [name] };
  return beginGeneration({ bytes: Buffer.from(name), version: 1, ...ids }, 'first-use', 0);
}
/** A result of one file, `timestamp`, whose content is its version. */
function result(of: Generation, timestamp: number, more: readonly [RoleName, number][] = []) {
  const files = new Map<RoleName, Buffer>([['timestamp', Buffer.from(String(timestamp))]]);
  return {
    files,
    versions: new Map<RoleName, number>([['timestamp', timestamp], ...more]),
    generation: of,
    ended: new Set<RoleName>(),
  };
}
const stored = async () => (await cache.read('timestamp', 100))?.toString();
const floors = async () =>
  (await cache.generations()).map(({ root, floors: all }) => [root.toString(), ...all.values()]);
const one = generation('one');
const two = generation('two');

describe('keeping the result of a refresh', () => {
  it('stores files and floors', async () => {
    await keep(cache, [], result(one, 5));
    expect(await stored()).toBe('5');
    expect(await floors()).toEqual([['one', 1, 5]]);
  });

  it('adds to what another process learned meanwhile', async () => {
    await keep(cache, [], result(one, 5, [['targets/a', 7]]));
    await keep(cache, [], result(one, 6));
    expect(await stored()).toBe('6');
    expect(await floors()).toEqual([['one', 1, 6, 7]]);
  });

  it('forgets what it saw of a role whose history has ended, also what another process saw', async () => {
    await keep(cache, [], result(one, 5, [['targets/a', 7]]));
    await keep(cache, [], { ...result(one, 6), ended: new Set(['targets/a'] as const) });
    expect(await floors()).toEqual([['one', 1, 6]]);
    const [known] = await cache.generations();
    const grown = { ...known!, floors: new Map(known!.floors).set('targets/a', 7) };
    const nothing = { ...result(grown, 6), files: new Map<RoleName, Buffer>() };
    await cache.update(async () => ({ files: new Map(), generations: [grown] }));
    await keep(cache, [grown], { ...nothing, ended: new Set(['targets/a'] as const) });
    expect(await floors()).toEqual([['one', 1, 6]]);
  });

  it('does not replace what another process stored that is newer', async () => {
    await keep(cache, [], result(one, 6));
    await keep(cache, [], result(one, 5));
    expect(await stored()).toBe('6');
  });

  it('does not replace a root that came to be trusted meanwhile', async () => {
    await keep(cache, [], result(one, 5));
    const before = await cache.generations();
    await keep(cache, before, result(two, 1));
    await keep(cache, before, result(one, 9));
    expect(await stored()).toBe('1');
    await keep(cache, [], result(one, 9));
    expect(await stored()).toBe('1');
  });

  it('puts the generation that is trusted now last, whichever that is', async () => {
    await keep(cache, [], result(one, 5));
    await keep(cache, await cache.generations(), result(two, 1));
    expect((await floors()).map(([name]) => name)).toEqual(['one', 'two']);
    await keep(cache, await cache.generations(), result(one, 6));
    expect((await floors()).map(([name]) => name)).toEqual(['two', 'one']);
  });
});
