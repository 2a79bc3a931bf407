import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Consumer } from '../../../test/client/consumer.ts';
import { twoSigners } from '../../../test/client/scenes.ts';
import { SimulatedServer } from '../../../test/client/simulated-server.ts';
import { RepositorySimulator } from '../../../test/simulator/repository.ts';

import { refresh } from './refresh.ts';

let repository: RepositorySimulator;
let server: SimulatedServer;
let consumer: Consumer;

beforeEach(async () => {
  ({ repository, server, consumer } = await twoSigners());
});
afterEach(() => consumer.remove());

const update = () => refresh(repository.gun, consumer);
const cached = (role: string) =>
  join(consumer.directory.repository(repository.gun).path, 'metadata', `${role}.json`);

describe('many refreshes at once on one machine', () => {
  it('agree, and leave the cache as one of them would', async () => {
    const all = await Promise.all(Array.from({ length: 16 }, () => update()));
    for (const { set } of all) expect(set.root.bytes).toEqual(repository.bytes('root'));
    const { cache } = consumer.directory.repository(repository.gun);
    expect((await cache.generations()).map(({ floors }) => [...floors])).toEqual([
      [
        ['root', 1],
        ['targets', 2],
        ['targets/releases', 1],
        ['targets/alice', 1],
        ['snapshot', 2],
        ['timestamp', 2],
      ],
    ]);
    repository.tag('v5');
    repository.publish();
    await Promise.all(Array.from({ length: 16 }, () => update()));
    expect(await readFile(cached('targets'))).toEqual(repository.bytes('targets'));
    expect((await cache.generations())[0]?.floors.get('timestamp')).toBe(3);
  });

  it('never let an older state overwrite a newer one that another stored meanwhile', async () => {
    await update();
    const slow = new SimulatedServer(repository);
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let arrive = (): void => undefined;
    const isBehind = new Promise<void>((resolve) => (arrive = resolve));
    const fetch = slow.fetch.bind(slow);
    slow.fetch = async (gun, name, maxBytes) => {
      const bytes = await fetch(gun, name, maxBytes);
      if (name.role === 'snapshot') {
        arrive();
        await held;
      }
      return bytes;
    };
    repository.tag('v6');
    repository.publish();
    const behind = refresh(repository.gun, consumer.at(slow));
    await isBehind;
    repository.tag('v7');
    repository.publish();
    await update();
    letGo();
    // The slow one gets the targets that its snapshot names; what it stores is not older than what is there.
    await behind.catch(() => undefined);
    expect(await readFile(cached('timestamp'))).toEqual(repository.bytes('timestamp'));
    expect(await readFile(cached('targets'))).toEqual(repository.bytes('targets'));
  });
});

describe('a damaged or missing cache', () => {
  beforeEach(async () => {
    await update();
    consumer.takeEvents();
    server.asked.length = 0;
  });

  it.each(['timestamp', 'snapshot', 'targets', 'targets/releases'] as const)(
    'of %s is fetched again',
    async (role) => {
      for (const content of ['', '{', 'x'.repeat(5_000_000)]) {
        await writeFile(cached(role), content);
        expect((await update()).source).toBe('server');
        expect(await readFile(cached(role)), content.slice(0, 5)).toEqual(repository.bytes(role));
      }
      await rm(cached(role));
      await update();
      expect(await readFile(cached(role))).toEqual(repository.bytes(role));
    },
  );

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['cut short', '{"signed":'],
    ['of another role', 'timestamp'],
  ])(
    'root that is %s does not start trust afresh: it comes back from memory',
    async (_, content) => {
      await rm(cached('root'));
      if (content === 'timestamp') await writeFile(cached('root'), repository.bytes('timestamp'));
      else if (content !== undefined) await writeFile(cached('root'), content);
      const trusted = await update();
      expect(trusted.generation.sinceMs).toBe(consumer.clockMs);
      expect(consumer.takeEvents()).toEqual(['cache-repaired']);
      expect(await readFile(cached('root'))).toEqual(repository.bytes('root'));
      // Another repository in its place is still refused.
      await rm(cached('root'));
      server.serve(new RepositorySimulator(repository.gun));
      await expect(update()).rejects.toMatchObject({ code: 'ROOT_CHANGED' });
    },
  );

  it('root without a memory is CACHE_DAMAGED and stays as it is', async () => {
    await rm(join(cached('root'), '..', '..', '.paraph'), { recursive: true });
    await writeFile(cached('root'), '{"signed":');
    await expect(update()).rejects.toMatchObject({
      code: 'CACHE_DAMAGED',
      facts: { path: cached('root') },
    });
    expect(await readFile(cached('root'), 'utf8')).toBe('{"signed":');
  });

  it('memory is CACHE_DAMAGED', async () => {
    await writeFile(join(cached('root'), '..', '..', '.paraph', 'generations.json'), '{}');
    await expect(update()).rejects.toMatchObject({ code: 'CACHE_DAMAGED' });
  });
});

describe('a trust directory that docker or notary filled', () => {
  beforeEach(async () => {
    await update();
    await rm(join(cached('root'), '..', '..', '.paraph'), { recursive: true });
    consumer.takeEvents();
  });

  it('is where trust starts from', async () => {
    const trusted = await update();
    expect(trusted.generation.reason).toBe('cache');
    expect(consumer.takeEvents()).toEqual(['trust-found']);
    expect((await update()).generation.reason).toBe('cache');
    expect(consumer.takeEvents()).toEqual([]);
  });

  it('sets floors: what Go has seen is not rolled back behind its back', async () => {
    const old = new Map(repository.files);
    await update();
    // docker refreshes: Go's files move on, our memory does not.
    repository.tag('v9');
    repository.publish();
    for (const role of [
      'timestamp',
      'snapshot',
      'targets',
      'targets/releases',
      'targets/alice',
    ] as const) {
      await writeFile(cached(role), repository.bytes(role));
    }
    for (const [role, bytes] of old) repository.files.set(role, bytes);
    await expect(update()).rejects.toMatchObject({ code: 'ROLLBACK' });
  });

  it.each(['targets', 'targets/releases'] as const)(
    'sets a floor for %s, which a newer snapshot does not lower',
    async (role) => {
      await update();
      const old = repository.bytes(role);
      repository.tag('v9', 'v9', role);
      repository.publish();
      for (const name of [
        'timestamp',
        'snapshot',
        'targets',
        'targets/releases',
        'targets/alice',
      ] as const) {
        await writeFile(cached(name), repository.bytes(name));
      }
      repository.files.set(role, old);
      repository.publishSnapshot();
      repository.publishTimestamp();
      await expect(update()).rejects.toMatchObject({
        code: 'ROLLBACK',
        message: expect.stringContaining(`${role} version`),
      });
    },
  );

  it('may hold another root after a reset by hand: a new generation, said aloud', async () => {
    await update();
    consumer.takeEvents();
    const remade = new RepositorySimulator(repository.gun);
    server.serve(remade);
    for (const role of ['root', 'timestamp', 'snapshot', 'targets'] as const) {
      await writeFile(cached(role), remade.bytes(role));
    }
    const trusted = await update();
    expect(trusted.set.root.bytes).toEqual(remade.bytes('root'));
    expect(consumer.events).toMatchObject([{ kind: 'trust-found', isReplacement: true }]);
    // Floors of the first generation do not bind the second, and both are remembered.
    const cache = consumer.directory.repository(repository.gun).cache;
    expect((await cache.generations()).map(({ floors }) => floors.get('targets'))).toEqual([2, 1]);
  });
});
