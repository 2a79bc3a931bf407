import { describe, expect, it } from 'vitest';
import { Scene } from '../../../test/server/scene.ts';
import { Failure } from '../../errors.ts';
import { parseSnapshot } from '../../tuf/snapshot.ts';
import { MemoryStore } from '../store/memory.ts';
import type { Publication } from '../store/store.ts';
import { RepositoryLocks } from './repository-locks.ts';

/** A store in which another server publishes just before the next commits. */
class BusyStore extends MemoryStore {
  intruders: (() => Promise<void>)[] = [];

  override async publish(publication: Publication): Promise<void> {
    await this.intruders.shift()?.();
    await super.publish(publication);
  }
}

describe('publishers that race in one process', () => {
  it('are all accepted when each brings something new', async () => {
    const scene = await Scene.published();
    const names = (['targets/a', 'targets/b', 'targets/c', 'targets/d'] as const).slice();
    for (const name of names) scene.sim.delegate(name);
    scene.sim.publishTargets();
    await scene.upload('targets');
    for (const name of names) scene.sim.publishTargets(name);
    await Promise.all(names.map((name) => scene.upload(name)));
    const snapshot = parseSnapshot((await scene.store.newest(scene.gun, 'snapshot'))!.bytes);
    expect([...snapshot.signed.meta.keys()]).toEqual(expect.arrayContaining(names));
    expect(await scene.version('timestamp')).toBe(2 + names.length);
  });

  it('produce one winner and conflicts when they bring the same version', async () => {
    const scene = await Scene.published();
    scene.sim.publishTargets();
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => scene.upload('targets')),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') {
        expect(result.reason).toMatchObject({ code: 'VERSION_CONFLICT' });
      }
    }
    expect(await scene.version('timestamp')).toBe(2);
  });
});

describe('publishers that race between processes', () => {
  it('are judged again, on what the other left', async () => {
    const store = new BusyStore();
    const scene = await Scene.published(store);
    scene.sim.delegate('targets/a');
    scene.sim.publishTargets();
    await scene.upload('targets');
    scene.sim.publishTargets('targets/a');
    const other = new Map([['targets', scene.sim.bytes('targets')] as const]);
    scene.sim.publishTargets();
    other.set('targets', scene.sim.bytes('targets'));
    const elsewhere = new Scene(store, scene.gun);
    for (const key of scene.signing.held.values()) elsewhere.signing.hold(key);
    store.intruders = [() => elsewhere.publisher.publish(scene.gun, other)];
    await scene.upload('targets/a');
    const snapshot = parseSnapshot((await store.newest(scene.gun, 'snapshot'))!.bytes);
    expect(snapshot.signed.version).toBe(4);
    expect(snapshot.signed.meta.has('targets/a')).toBe(true);
    expect(await scene.version('targets')).toBe(3);
  });

  it('give up after a few attempts', async () => {
    const store = new BusyStore();
    const scene = await Scene.published(store);
    const intrude = async (): Promise<void> => {
      const newest = await store.newest(scene.gun, 'timestamp');
      const version = newest!.version;
      await MemoryStore.prototype.publish.call(store, {
        gun: scene.gun,
        basedOn: version,
        nowMs: 0,
        files: [{ role: 'timestamp', version: version + 1, bytes: newest!.bytes }],
      });
    };
    scene.sim.publishTargets();
    store.intruders = Array.from({ length: 99 }, () => intrude);
    await expect(scene.upload('targets')).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
    expect(store.intruders.length).toBeGreaterThan(90);
  });

  it('do not hide that the database failed', async () => {
    const store = new BusyStore();
    const scene = await Scene.published(store);
    scene.sim.publishTargets();
    store.intruders = [() => Promise.reject(new Failure('STORE_FAILED', 'disk'))];
    await expect(scene.upload('targets')).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });
});

describe('a repository that is removed', () => {
  it('can be made again by other keys', async () => {
    const scene = await Scene.published();
    expect(await scene.publisher.remove(scene.gun)).toBe(true);
    expect(await scene.publisher.remove(scene.gun)).toBe(false);
    const next = new Scene(scene.store, scene.gun);
    await next.upload('root', 'targets');
    expect(await scene.version('root')).toBe(1);
  });
});

describe('repository locks', () => {
  it('run writers of one repository one after the other, in order', async () => {
    const locks = new RepositoryLocks();
    const trace: string[] = [];
    const writer = (name: string) => async (): Promise<void> => {
      trace.push(`${name} in`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      trace.push(`${name} out`);
    };
    await Promise.all(['a', 'b', 'c'].map((name) => locks.run('gun', writer(name))));
    expect(trace).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
  });

  it('let other repositories go on', async () => {
    const locks = new RepositoryLocks();
    let free: (value?: unknown) => void = () => undefined;
    const held = locks.run('gun', () => new Promise((resolve) => (free = resolve)));
    expect(await locks.run('other', async () => 'through')).toBe('through');
    free();
    await held;
  });

  it('go on after a writer has failed', async () => {
    const locks = new RepositoryLocks();
    const failed = locks.run('gun', () => Promise.reject(new Error('no')));
    const next = locks.run('gun', async () => 'through');
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('through');
  });

  it('turn away more writers than may wait', async () => {
    const locks = new RepositoryLocks();
    let free: (value?: unknown) => void = () => undefined;
    const writers = [locks.run('gun', () => new Promise((resolve) => (free = resolve)))];
    for (let at = 0; at < 63; at += 1) writers.push(locks.run('gun', async () => at));
    await expect(locks.run('gun', async () => 1)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    free();
    await Promise.all(writers);
    expect(await locks.run('gun', async () => 1)).toBe(1);
  });
});
