import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Consumer } from '../../../test/client/consumer.ts';
import { twoSigners } from '../../../test/client/scenes.ts';
import type { SimulatedServer } from '../../../test/client/simulated-server.ts';
import type { RepositorySimulator } from '../../../test/simulator/repository.ts';
import { SimulatedKey } from '../../../test/simulator/simulated-key.ts';
import { refresh } from './refresh.ts';

const dayMs = 24 * 60 * 60 * 1000;

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

describe('the first refresh', () => {
  it('trusts the root at first sight, says so, and asks for root and timestamp at once', async () => {
    const trusted = await update();
    expect(trusted.set.targets('targets/releases')?.signed.targets.size).toBe(1);
    expect(trusted).toMatchObject({ source: 'server', problem: undefined });
    expect(trusted.generation).toMatchObject({ reason: 'first-use', sinceMs: consumer.clockMs });
    expect(consumer.takeEvents()).toEqual(['trust-began']);
    expect(server.asked.slice(0, 2).toSorted()).toEqual(['root.json', 'timestamp.json']);
    expect(server.asked.slice(2, 4)).toEqual(['snapshot.HASH.json', 'targets.HASH.json']);
    expect(server.asked.slice(4).toSorted()).toEqual([
      'targets/alice.HASH.json',
      'targets/releases.HASH.json',
    ]);
  });

  it("leaves the bytes as received in Go's layout", async () => {
    await update();
    for (const role of ['root', 'timestamp', 'snapshot', 'targets', 'targets/releases'] as const) {
      expect(await readFile(cached(role)), role).toEqual(repository.bytes(role));
    }
  });

  it('of a name without trust data is NO_TRUST_DATA and leaves nothing behind', async () => {
    server.serve(undefined);
    await expect(update()).rejects.toMatchObject({ code: 'NO_TRUST_DATA' });
    expect(await readdir(consumer.directory.path)).toEqual([]);
  });

  it('without a network is UNREACHABLE', async () => {
    server.breakDown('UNREACHABLE');
    await expect(update()).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  it('without a timestamp on the server is METADATA_MISSING', async () => {
    server.interfere = ({ role }) => (role === 'timestamp' ? 'absent' : undefined);
    await expect(update()).rejects.toMatchObject({ code: 'METADATA_MISSING' });
    expect(await readdir(consumer.directory.path)).toEqual([]);
  });

  it('stores nothing when a later file does not verify', async () => {
    server.interfere = ({ role }) => (role === 'targets' ? Buffer.from('{}') : undefined);
    await expect(update()).rejects.toMatchObject({ code: 'HASH_MISMATCH' });
    expect(await readdir(consumer.directory.path)).toEqual([]);
  });

  it('with a clock years behind or ahead is an expiry that names both times', async () => {
    consumer.clockMs -= 3 * 365 * dayMs;
    await expect(update()).rejects.toMatchObject({ code: 'CERTIFICATE_EXPIRED' });
    consumer.clockMs += 6 * 365 * dayMs;
    await expect(update()).rejects.toMatchObject({
      code: 'METADATA_EXPIRED',
      facts: { 'clock here': expect.any(String), expired: expect.any(String) },
    });
  });
});

describe('a later refresh', () => {
  beforeEach(async () => {
    await update();
    consumer.takeEvents();
    server.asked.length = 0;
  });

  it('asks for the next root and the timestamp only, and changes no file, when nothing is new', async () => {
    const before = await readdir(join(cached('root'), '..', '..', '.paraph'));
    const trusted = await update();
    expect(trusted.set.targets('targets')?.signed.version).toBe(2);
    expect(server.asked.toSorted()).toEqual(['2.root.json', 'timestamp.json']);
    expect(consumer.takeEvents()).toEqual([]);
    expect(await readdir(join(cached('root'), '..', '..', '.paraph'))).toEqual(before);
  });

  it('fetches only what changed, by hash', async () => {
    repository.tag('v3');
    repository.publishTargets('targets');
    repository.publishSnapshot();
    repository.publishTimestamp();
    const trusted = await update();
    expect(trusted.set.targets('targets')?.signed.targets.get('v3')).toBeDefined();
    expect(server.asked.slice(2)).toEqual(['snapshot.HASH.json', 'targets.HASH.json']);
  });

  it('follows a rotated root, link by link, and says so', async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      repository.setKeys('root', [repository.newKey('root')]);
      repository.publish();
    }
    const trusted = await update();
    expect(trusted.set.root.signed.version).toBe(4);
    expect(consumer.events).toMatchObject([{ kind: 'root-updated', fromVersion: 1, toVersion: 4 }]);
    expect(trusted.generation).toMatchObject({ reason: 'first-use' });
    expect(server.asked.filter((name) => name.endsWith('root.json'))).toEqual([
      '2.root.json',
      '3.root.json',
      '4.root.json',
      '5.root.json',
    ]);
    server.asked.length = 0;
    await update();
    expect(server.asked).toContain('5.root.json');
  });

  it('learns a new timestamp key from the newer root', async () => {
    repository.setKeys('timestamp', [SimulatedKey.generate()]);
    repository.publish();
    expect((await update()).set.root.signed.version).toBe(2);
  });

  it('takes a newer root by name from a server that has no files by version', async () => {
    repository.setKeys('timestamp', [SimulatedKey.generate()]);
    repository.publish();
    server.interfere = (name) => ('version' in name ? 'absent' : undefined);
    expect((await update()).set.root.signed.version).toBe(2);
  });

  it('goes on from the root when the root moved while it asked', async () => {
    let first = true;
    server.interfere = (_, asked) => {
      if (asked !== '2.root.json' || !first) return undefined;
      first = false;
      repository.setKeys('timestamp', [SimulatedKey.generate()]);
      repository.publish();
      return 'absent';
    };
    expect((await update()).set.root.signed.version).toBe(2);
  });

  it('asks for the timestamp again when it was fetched just before a rotation, and the root just after', async () => {
    const before = await server.fetch(repository.gun, { role: 'timestamp' }, 1_000_000);
    server.asked.length = 0;
    repository.setKeys('snapshot', [SimulatedKey.generate()]);
    repository.publish();
    let first = true;
    server.interfere = (name) => {
      if (name.role !== 'timestamp' || !first) return undefined;
      first = false;
      return before;
    };
    expect((await update()).set.root.signed.version).toBe(2);
    expect(server.asked.filter((name) => name === 'timestamp.json')).toHaveLength(2);
  });

  it.each(['UNREACHABLE', 'TIMEOUT', 'SERVER_ERROR'] as const)(
    'uses the cache with a visible event when the server is %s',
    async (code) => {
      server.breakDown(code);
      const trusted = await update();
      expect(trusted).toMatchObject({ source: 'cache', problem: { code } });
      expect(trusted.set.targets('targets/releases')).toBeDefined();
      expect(consumer.events).toMatchObject([
        {
          kind: 'cache-used',
          problem: { code },
          fetchedMs: expect.toSatisfy(Number.isSafeInteger),
          expiresMs: repository.timestamp.expires.ms,
        },
      ]);
    },
  );

  it('uses the cache when the server has lost the repository, and names the loss', async () => {
    server.serve(undefined);
    const trusted = await update();
    expect(trusted.problem).toMatchObject({ code: 'NO_TRUST_DATA' });
    expect(consumer.takeEvents()).toEqual(['cache-used']);
  });

  it.each(['UNAUTHORIZED', 'TLS_UNTRUSTED'] as const)(
    'does not hide %s behind the cache',
    async (code) => {
      server.breakDown(code);
      await expect(update()).rejects.toMatchObject({ code });
    },
  );

  it('without a network says that the cache is out of date once it is', async () => {
    server.breakDown('UNREACHABLE');
    consumer.clockMs += 15 * dayMs;
    await expect(update()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      facts: { cache: expect.stringContaining('timestamp expired at') },
    });
  });

  it('of a publisher needs the server', async () => {
    server.breakDown('UNREACHABLE');
    const options = { cacheAlone: 'refused', expired: 'reported' } as const;
    await expect(refresh(repository.gun, consumer, options)).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
  });

  it('skips an expired delegation with an event, but not expired targets', async () => {
    consumer.clockMs += 3 * 365 * dayMs;
    repository.nowMs = consumer.clockMs;
    repository.publishTargets('targets');
    repository.publishTargets('targets/releases');
    repository.publishSnapshot();
    repository.publishTimestamp();
    consumer.clockMs += dayMs;
    const trusted = await update();
    expect([...trusted.skipped.keys()]).toEqual(['targets/alice']);
    expect(consumer.events).toMatchObject([
      { kind: 'delegation-skipped', role: 'targets/alice', problem: { code: 'METADATA_EXPIRED' } },
    ]);
    repository.nowMs += 2 * 365 * dayMs;
    repository.publishSnapshot();
    consumer.clockMs = repository.nowMs + 2 * 365 * dayMs;
    repository.nowMs = consumer.clockMs;
    repository.publishTimestamp();
    await expect(update()).rejects.toMatchObject({ code: 'METADATA_EXPIRED' });
  });

  it('skips a delegation without enough signatures and all below it', async () => {
    repository.delegate('targets/alice/team');
    repository.tag('t', 't', 'targets/alice/team');
    repository.publish();
    await update();
    consumer.takeEvents();
    repository.signers.set('targets/alice', [SimulatedKey.generate()]);
    repository.publish();
    const trusted = await update();
    expect([...trusted.skipped]).toMatchObject([['targets/alice', { code: 'THRESHOLD_UNMET' }]]);
    expect(trusted.set.targets('targets/alice/team')).toBeUndefined();
    expect(consumer.takeEvents()).toEqual(['delegation-skipped']);
  });

  it('warns of root, certificate, snapshot and targets that run out within six months', async () => {
    consumer.clockMs += 3 * 365 * dayMs - 100 * dayMs;
    repository.nowMs = consumer.clockMs;
    repository.publishTimestamp();
    await update();
    expect(consumer.events.map((event) => [event.kind, 'role' in event && event.role])).toEqual([
      ['near-expiry', 'snapshot'],
      ['near-expiry', 'targets'],
      ['near-expiry', 'targets/releases'],
      ['near-expiry', 'targets/alice'],
    ]);
  });
});
