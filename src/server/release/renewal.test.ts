import { describe, expect, it } from 'vitest';
import { Scene } from '../../../test/server/scene.ts';
import { SimulatedKey } from '../../../test/simulator/simulated-key.ts';
import { Failure } from '../../errors.ts';
import { parseSnapshot, parseTimestamp } from '../../tuf/snapshot.ts';
import { MemoryStore } from '../store/memory.ts';

const dayMs = 86_400_000;

/** Reads the timestamp, waits for what the read has started, and gives the version served. */
async function read(scene: Scene, role: 'timestamp' | 'snapshot' = 'timestamp'): Promise<number> {
  const file = await scene.files.current(scene.gun, role);
  await scene.renewal.settled();
  return file!.version;
}

async function changes(scene: Scene): Promise<number> {
  return (await scene.store.changes({ fromId: 0, backwards: false, limit: 999 })).length;
}

describe('a fresh timestamp', () => {
  it('is served as stored, without a signature', async () => {
    const scene = await Scene.published();
    const { signatures } = scene.signing;
    scene.sim.nowMs += 9 * dayMs;
    expect(await read(scene)).toBe(1);
    expect(await read(scene, 'snapshot')).toBe(1);
    expect(scene.signing.signatures).toBe(signatures);
  });

  it('is undefined for a repository that does not exist', async () => {
    const scene = new Scene();
    expect(await scene.files.current(scene.gun, 'timestamp')).toBeUndefined();
    expect(await scene.files.current(scene.gun, 'snapshot')).toBeUndefined();
  });
});

describe('a timestamp with less than a third of its life left', () => {
  it('is renewed beside the read, which gets the old one at once', async () => {
    const scene = await Scene.published();
    scene.sim.nowMs += 10 * dayMs;
    expect(await read(scene)).toBe(1);
    expect(await read(scene)).toBe(2);
    const { signed } = parseTimestamp((await scene.store.newest(scene.gun, 'timestamp'))!.bytes);
    expect(signed.expires.ms).toBe(scene.sim.nowMs + 14 * dayMs);
    expect(await changes(scene)).toBe(2);
  });

  it('is renewed once, however many read it', async () => {
    const scene = await Scene.published();
    scene.sim.nowMs += 10 * dayMs;
    await Promise.all(
      Array.from({ length: 20 }, () => scene.files.current(scene.gun, 'timestamp')),
    );
    await scene.renewal.settled();
    expect(await scene.version('timestamp')).toBe(2);
  });

  it('is served all the same when it cannot be renewed, and tried again later', async () => {
    const scene = await Scene.published();
    scene.sim.nowMs += 10 * dayMs;
    scene.signing.fault = new Failure('SIGNER_UNAVAILABLE', 'down');
    expect(await read(scene)).toBe(1);
    scene.signing.fault = undefined;
    scene.sim.nowMs += 60_000;
    expect(await read(scene)).toBe(1);
    expect(await scene.version('timestamp')).toBe(1);
    scene.sim.nowMs += 10 * 60_000;
    await read(scene);
    expect(await scene.version('timestamp')).toBe(2);
  });

  it('stays when another server renewed first', async () => {
    const store = new MemoryStore();
    const scene = await Scene.published(store);
    const other = new Scene(store, scene.gun);
    for (const key of scene.signing.held.values()) other.signing.hold(key);
    scene.sim.nowMs += 10 * dayMs;
    other.sim.nowMs = scene.sim.nowMs;
    await Promise.all([read(scene), read(other)]);
    expect(await scene.version('timestamp')).toBe(2);
    expect(await read(scene)).toBe(2);
  });

  it('stays fresh for years when it is read now and then', async () => {
    const scene = await Scene.published();
    for (let day = 0; day < 1000; day += 3) {
      scene.sim.nowMs += 3 * dayMs;
      await read(scene);
      const { signed } = parseTimestamp((await scene.store.newest(scene.gun, 'timestamp'))!.bytes);
      expect(signed.expires.ms - scene.sim.nowMs).toBeGreaterThan(4 * dayMs);
    }
    const snapshot = parseSnapshot((await scene.store.newest(scene.gun, 'snapshot'))!.bytes);
    expect(snapshot.signed.expires.ms - scene.sim.nowMs).toBeGreaterThan(200 * dayMs);
  });
});

describe('an expired timestamp', () => {
  it('is renewed before it is served', async () => {
    const scene = await Scene.published();
    scene.sim.nowMs += 15 * dayMs;
    expect(await read(scene)).toBe(2);
  });

  it('fails the read when it cannot be renewed, and asks the signer again only after a while', async () => {
    const scene = await Scene.published();
    scene.sim.nowMs += 15 * dayMs;
    scene.signing.fault = new Failure('SIGNER_UNAVAILABLE', 'down');
    await expect(read(scene)).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
    scene.signing.fault = undefined;
    await expect(read(scene)).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
    scene.sim.nowMs += 6000;
    expect(await read(scene)).toBe(2);
  });

  it('is not renewed under a root that is out of date', async () => {
    const scene = await Scene.published();
    scene.sim.nowMs += 11 * 365 * dayMs;
    await expect(read(scene)).rejects.toMatchObject({ code: 'CERTIFICATE_EXPIRED' });
  });
});

describe('a snapshot that nears its expiry', () => {
  it('is made anew with the same content, and a timestamp that names it', async () => {
    const scene = await Scene.published();
    scene.sim.nowMs += 900 * dayMs;
    await read(scene);
    expect(await read(scene, 'snapshot')).toBe(2);
    const files = await Promise.all(
      [1, 2].map((version) => scene.store.byVersion(scene.gun, 'snapshot', version)),
    );
    const [before, after] = files.map((file) => parseSnapshot(file!.bytes).signed);
    expect(after!.meta).toEqual(before!.meta);
    expect(after!.expires.ms).toBe(scene.sim.nowMs + 1095 * dayMs);
    expect((await scene.files.current(scene.gun, 'targets'))?.version).toBe(1);
  });

  it('stays as it is while its key is a publisher’s, and costs no timestamps', async () => {
    const scene = new Scene();
    scene.sim.setKeys('snapshot', [SimulatedKey.generate()]);
    scene.sim.signRoot();
    scene.sim.publishSnapshot();
    await scene.upload('root', 'targets', 'snapshot');
    scene.sim.nowMs += 900 * dayMs;
    expect(await read(scene)).toBe(2);
    const before = await changes(scene);
    for (let hour = 0; hour < 8; hour += 1) {
      scene.sim.nowMs += dayMs;
      expect(await read(scene)).toBe(2);
    }
    expect(await changes(scene)).toBe(before);
    scene.sim.nowMs += 4 * dayMs;
    await read(scene);
    expect(await read(scene)).toBe(3);
  });

  it('fails both reads once it has expired and its key is a publisher’s', async () => {
    const scene = new Scene();
    scene.sim.setKeys('snapshot', [SimulatedKey.generate()]);
    scene.sim.signRoot();
    scene.sim.publishSnapshot();
    await scene.upload('root', 'targets', 'snapshot');
    scene.sim.nowMs += 1096 * dayMs;
    for (const role of ['timestamp', 'snapshot'] as const) {
      await expect(read(scene, role)).rejects.toMatchObject({ code: 'SIGNING_KEY_NOT_FOUND' });
    }
    expect((await scene.files.current(scene.gun, 'targets'))?.version).toBe(1);
  });
});

describe('files by name', () => {
  it('are those of the current release, not the newest rows', async () => {
    const scene = await Scene.published();
    await scene.store.publish({
      gun: scene.gun,
      basedOn: 1,
      nowMs: 0,
      files: [{ role: 'targets', version: 9, bytes: Buffer.from('not released') }],
    });
    expect((await scene.files.current(scene.gun, 'targets'))?.version).toBe(1);
    expect((await scene.files.byVersion(scene.gun, 'targets', 9))?.version).toBe(9);
  });

  it('are undefined for a role that the snapshot does not list', async () => {
    const scene = await Scene.published();
    expect(await scene.files.current(scene.gun, 'targets/none')).toBeUndefined();
  });
});
