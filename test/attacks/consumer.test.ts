// Attacks on a consumer, each by whoever answers in the server's place, or by the holder of a stolen key. What a
// consumer trusted before, and the files on its disk, must be as they were after every refusal.
import { rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refresh } from '../../src/client/consume/refresh.ts';
import { type ErrorCode, Failure } from '../../src/errors.ts';
import { expiryAt } from '../../src/tuf/expiry.ts';
import type { RoleName } from '../../src/tuf/role.ts';
import type { Consumer } from '../client/consumer.ts';
import { expectRefused as expectUpdateRefused } from '../client/refused.ts';
import { releasedTwice } from '../client/scenes.ts';
import type { SimulatedServer } from '../client/simulated-server.ts';
import { RepositorySimulator, simulatedNowMs } from '../simulator/repository.ts';
import { SimulatedKey } from '../simulator/simulated-key.ts';

const dayMs = 24 * 60 * 60 * 1000;
let repository: RepositorySimulator;
let server: SimulatedServer;
let consumer: Consumer;

beforeEach(async () => {
  ({ repository, server, consumer } = await releasedTwice());
});
afterEach(() => consumer.remove());

const update = () => refresh(repository.gun, consumer);
const expectRefused = (code: ErrorCode, facts?: Readonly<Record<string, unknown>>) =>
  expectUpdateRefused(consumer, repository.gun, code, facts);

/** Puts the files of an earlier moment back on the server. */
function replay(old: ReadonlyMap<RoleName, Buffer>, ...which: readonly RoleName[]): void {
  for (const role of which) repository.files.set(role, old.get(role)!);
}

describe('a consumer that has seen the repository refuses', () => {
  let old: ReadonlyMap<RoleName, Buffer>;
  beforeEach(async () => {
    old = new Map(repository.files);
    repository.tag('v1', 'better', 'targets/releases');
    repository.publish();
    await update();
  });

  it('a replay of the whole old state', async () => {
    replay(old, 'timestamp', 'snapshot', 'targets', 'targets/releases');
    await expectRefused('ROLLBACK');
  });

  it('a replayed timestamp', async () => {
    replay(old, 'timestamp');
    await expectRefused('ROLLBACK', { offered: 'timestamp version 3', seen: 'version 4' });
  });

  it('an old snapshot under a new timestamp', async () => {
    replay(old, 'snapshot');
    repository.publishTimestamp();
    await expectRefused('ROLLBACK', { offered: 'snapshot version 3' });
  });

  it.each(['targets', 'targets/releases'] as const)(
    'an old %s file under a new snapshot',
    async (role) => {
      replay(old, role);
      repository.publishSnapshot();
      repository.publishTimestamp();
      await expectRefused('ROLLBACK', { offered: expect.stringContaining(`${role} version`) });
    },
  );

  it('a rollback even after its cached files were deleted', async () => {
    const { cache, path } = consumer.directory.repository(repository.gun);
    await rm(`${path}/metadata`, { recursive: true });
    replay(old, 'timestamp', 'snapshot', 'targets', 'targets/releases');
    await expect(update()).rejects.toMatchObject({ code: 'ROLLBACK' });
    expect(await cache.read('timestamp', 1 << 20)).toBeUndefined();
  });

  it('a freeze, once the newest timestamp has run out', async () => {
    consumer.clockMs += 15 * dayMs;
    await expectRefused('METADATA_EXPIRED', {
      expired: repository.timestamp.expires.text,
      'clock here': new Date(consumer.clockMs).toISOString(),
    });
  });

  it('mix and match: a signed targets file that the snapshot does not name', async () => {
    repository.tag('v1', 'another', 'targets/releases');
    repository.publishTargets('targets/releases');
    const stray = repository.bytes('targets/releases');
    repository.tag('v1', 'and another', 'targets/releases');
    repository.publish();
    server.interfere = (_, asked) => (asked === 'targets/releases.HASH.json' ? stray : undefined);
    await expectRefused('HASH_MISMATCH');
  });

  it.each(['timestamp', 'snapshot', 'targets'] as const)(
    'a %s file signed by a foreign key',
    async (role) => {
      repository.signers.set(role, [SimulatedKey.generate()]);
      repository.publish();
      await expectRefused('THRESHOLD_UNMET');
    },
  );

  it('an edited targets file', async () => {
    repository.tag('v1', 'much better', 'targets/releases');
    repository.publish();
    const text = repository.bytes('targets/releases').toString();
    const edited = Buffer.from(text.replace(/"length":./, '"length":9'));
    server.interfere = (_, asked) => (asked === 'targets/releases.HASH.json' ? edited : undefined);
    await expectRefused('HASH_MISMATCH');
  });

  it('a fast-forwarded timestamp that would close the repository', async () => {
    repository.timestamp.version = 2_000_000;
    repository.signTimestamp();
    await expectRefused('VERSION_LEAP');
  });

  it('fast-forwarded targets', async () => {
    repository.targets('targets').version = Number.MAX_SAFE_INTEGER - 1;
    repository.publish();
    await expectRefused('VERSION_LEAP', { 'largest step': '1000000' });
  });

  it('a root that its trusted root did not sign', async () => {
    const key = repository.newKey('root');
    repository.setKeys('root', [key]);
    Object.assign(repository.root, { version: 2, expires: expiryAt(simulatedNowMs + 999 * dayMs) });
    const thief = new RepositorySimulator(repository.gun);
    thief.root.version = 1;
    thief.publishRoot();
    server.interfere = (_, asked) => (asked === '2.root.json' ? thief.bytes('root') : undefined);
    await expectRefused('ROOT_CHANGED', {
      trusted: expect.stringMatching(/^[0-9a-f]{7} {2}since 2026-11-25, first use$/),
      offered: expect.stringMatching(
        /^[0-9a-f]{7} {2}root version 2, certificate made 2026-11-24$/,
      ),
    });
  });

  it('another repository under the same name, in words that say what it can mean', async () => {
    server.serve(new RepositorySimulator(repository.gun));
    await expectRefused('ROOT_CHANGED');
    await expect(update()).rejects.toMatchObject({
      meaning: expect.stringContaining('failed to validate data with current trusted certificates'),
      remedy: expect.stringContaining(consumer.directory.repository(repository.gun).path),
    });
  });

  it('a repository made anew with the same root key, and says that the key is the same', async () => {
    const remade = new RepositorySimulator(repository.gun);
    const [root] = repository.signers.get('root')!;
    remade.root.version = 0;
    remade.roots.length = 0;
    remade.setKeys('root', [root!.under(repository.gun, simulatedNowMs)]);
    remade.files.delete('root');
    remade.publish();
    server.serve(remade);
    await expect(update()).rejects.toMatchObject({
      code: 'ROOT_CHANGED',
      meaning: expect.stringContaining('The root key is the same'),
    });
  });

  it('a timestamp by a key that was rotated out, even when an older root was put back into the cache', async () => {
    const stolen = repository.signers.get('timestamp')!;
    const first = repository.bytes('root');
    repository.setKeys('timestamp', [SimulatedKey.generate()]);
    repository.publish();
    await update();
    const { cache } = consumer.directory.repository(repository.gun);
    await writeFile(cache.pathOf('root'), first);
    repository.signers.set('timestamp', stolen);
    repository.publishTimestamp();
    server.interfere = (_, asked) => (asked.endsWith('root.json') ? 'absent' : undefined);
    await expectRefused('THRESHOLD_UNMET');
  });

  it('a chain of roots with one withheld', async () => {
    repository.setKeys('root', [repository.newKey('root')]);
    repository.publish();
    repository.setKeys('root', [repository.newKey('root')]);
    repository.publish();
    server.interfere = (_, asked) => (asked === '2.root.json' ? 'absent' : undefined);
    await expectRefused('ROOT_CHAIN_BROKEN');
  });

  it('a chain of roots that is out of order', async () => {
    repository.setKeys('root', [repository.newKey('root')]);
    repository.publish();
    repository.setKeys('root', [repository.newKey('root')]);
    repository.publish();
    server.interfere = (_, asked) => (asked === '2.root.json' ? repository.roots[2] : undefined);
    await expectRefused('ROOT_CHAIN_BROKEN');
  });

  it("an old root in place of the next one's", async () => {
    server.interfere = (_, asked) => (asked === '2.root.json' ? repository.roots[0] : undefined);
    await expectRefused('ROLLBACK');
  });

  it('a chain of roots without end', async () => {
    let asked = 0;
    server.interfere = (name) => {
      if (!('version' in name)) return undefined;
      asked += 1;
      repository.publishRoot();
      return repository.roots[name.version - 1];
    };
    await expectRefused('ROOT_CHAIN_BROKEN');
    expect(asked).toBeLessThanOrEqual(1100);
  }, 60_000);

  it('a delegation that vanished from the snapshot while it is still delegated to', async () => {
    repository.snapshot.meta = new Map(
      [...repository.snapshot.meta].filter(([role]) => role !== 'targets/releases'),
    );
    repository.files.delete('targets/releases');
    repository.publishSnapshot();
    repository.publishTimestamp();
    await expectRefused('ROLE_NOT_IN_SNAPSHOT');
  });

  it('one delegation key that pretends to be two', async () => {
    const key = SimulatedKey.generate();
    const twice = [key.under('a', simulatedNowMs), key.under('b', simulatedNowMs)];
    repository.delegate('targets/releases', [''], 2, twice);
    repository.publish();
    const trusted = await update();
    expect([...trusted.skipped]).toMatchObject([['targets/releases', { code: 'THRESHOLD_UNMET' }]]);
  });

  it('two targets keys that are one', async () => {
    const key = SimulatedKey.generate();
    const twice = [key.under('a', simulatedNowMs), key.under('b', simulatedNowMs)];
    repository.setKeys('targets', twice, 2);
    repository.publish();
    await expectRefused('THRESHOLD_UNMET');
  });

  it('answers that are endless: nothing beyond the signed length is read', async () => {
    repository.tag('v2');
    repository.publish();
    const limits: number[] = [];
    const fetch = server.fetch.bind(server);
    server.fetch = (gun, name, maxBytes) => {
      limits.push(maxBytes);
      return fetch(gun, name, maxBytes);
    };
    server.interfere = (_, asked) =>
      asked === 'targets.HASH.json' ? Buffer.alloc(1_000_000, 0x20) : undefined;
    await expectRefused('RESPONSE_TOO_LARGE');
    expect(limits).toContain(repository.bytes('snapshot').length);
    expect(limits).toContain(repository.bytes('targets').length);
    expect(Math.max(...limits)).toBeLessThanOrEqual(100 * 1024 * 1024);
  });

  it.each([
    ['HTML', '<!DOCTYPE html><title>Login</title>', 'JSON_INVALID'],
    ['deep nesting', '['.repeat(100_000), 'JSON_INVALID'],
    ['duplicate members', '{"signatures":[],"signed":{"_type":"a","_type":"b"}}', 'JSON_INVALID'],
    ['another role', 'snapshot', 'METADATA_INVALID'],
    ['nothing', '', 'JSON_INVALID'],
    ['no UTF-8', Buffer.from([0xff, 0xfe, 0x7b]), 'JSON_INVALID'],
  ] as const)(
    'a timestamp that is %s, without falling back to the cache',
    async (_, text, code) => {
      const bytes = text === 'snapshot' ? repository.bytes('snapshot') : Buffer.from(text);
      server.interfere = ({ role }) => (role === 'timestamp' ? bytes : undefined);
      await expectRefused(code);
    },
  );

  it('a timestamp of another repository', async () => {
    const other = new RepositorySimulator('registry.test/team/other');
    server.interfere = ({ role }) => (role === 'timestamp' ? other.bytes('timestamp') : undefined);
    await expectRefused('THRESHOLD_UNMET');
  });

  it('to be frozen by a server that hides the newer root, once the snapshot names it', async () => {
    repository.setKeys('targets', [SimulatedKey.generate()]);
    repository.publish();
    server.interfere = (_, asked) => (asked.endsWith('root.json') ? 'absent' : undefined);
    await expectRefused('HASH_MISMATCH');
  });

  it('to be frozen by a server that fails for the newer root alone', async () => {
    repository.setKeys('targets', [SimulatedKey.generate()]);
    repository.publish();
    server.interfere = (_, asked) =>
      asked.endsWith('root.json') ? new Failure('SERVER_ERROR', 'no') : undefined;
    await expectRefused('SERVER_ERROR');
  });
});
