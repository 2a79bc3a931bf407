// The behaviours that every store must show; each store's test runs them over itself. Concurrency is part of
// the contract: publishers that saw the same state never both win.
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewFile, Publication, TufStore } from '../../src/server/store/store.ts';
import type { RoleName } from '../../src/tuf/role.ts';
import { maxVersionStep } from '../../src/tuf/version.ts';

const gun = 'registry.example.com/team/app';
const nowMs = Date.parse('2026-11-25T10:00:00.250Z');

function file(role: RoleName, version: number, text = `${role} ${version}`): NewFile {
  return { role, version, bytes: Buffer.from(text) };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The publish that every later one builds on: a repository at timestamp `version`. */
function publication(version: number, extra: Partial<Publication> = {}): Publication {
  const basedOn = version === 1 ? undefined : version - 1;
  const files = [file('targets', version), file('snapshot', version), file('timestamp', version)];
  return { gun, basedOn, nowMs, files, ...extra };
}

export function storeContract(open: () => Promise<TufStore>): void {
  let store: TufStore;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(async () => {
    await store.close();
  });

  describe('reading', () => {
    it('knows nothing of a repository that was never published', async () => {
      expect(await store.newest(gun, 'timestamp')).toBeUndefined();
      expect(await store.byVersion(gun, 'root', 1)).toBeUndefined();
      expect(await store.byChecksum(gun, 'root', 'ab'.repeat(32))).toBeUndefined();
      expect(await store.floors(gun)).toEqual(new Map());
      await store.check();
    });

    it('gives back the bytes as received, by role, version and checksum', async () => {
      const bytes = Buffer.from([0, 0xff, 0x0a, 0x7b, 0x80, 0]);
      await store.publish(publication(1, { files: [{ role: 'root', version: 1, bytes }] }));
      const expected = { role: 'root', version: 1, sha256: sha256(bytes), createdAtMs: nowMs };
      for (const found of [
        await store.newest(gun, 'root'),
        await store.byVersion(gun, 'root', 1),
        await store.byChecksum(gun, 'root', sha256(bytes)),
      ]) {
        expect(found).toMatchObject(expected);
        expect(found?.bytes.equals(bytes)).toBe(true);
      }
    });

    it('keeps every version, and names the highest as newest', async () => {
      await store.publish(publication(1));
      await store.publish(publication(2));
      expect((await store.newest(gun, 'targets'))?.version).toBe(2);
      expect((await store.byVersion(gun, 'targets', 1))?.bytes.toString()).toBe('targets 1');
    });

    it('finds a checksum only under its own role and repository', async () => {
      await store.publish(publication(1));
      const sum = sha256(Buffer.from('targets 1'));
      expect(await store.byChecksum(gun, 'targets', sum)).toBeDefined();
      expect(await store.byChecksum(gun, 'root', sum)).toBeUndefined();
      expect(await store.byChecksum(`${gun}/other`, 'targets', sum)).toBeUndefined();
    });

    it('tells repositories apart by case, accent and prefix', async () => {
      await store.publish(publication(1));
      for (const other of [gun.toUpperCase(), `${gun}/x`, gun.slice(0, -1), `${gun} `]) {
        expect(await store.newest(other, 'timestamp')).toBeUndefined();
      }
    });

    it('keeps names that a table keyed by objects would trip over', async () => {
      for (const name of ['__proto__', 'constructor', "a'; drop table tuf_files; --", 'ü/日本']) {
        await store.publish(publication(1, { gun: name }));
        expect((await store.newest(name, 'timestamp'))?.version).toBe(1);
      }
    });
  });

  describe('publishing', () => {
    it('refuses a version that is already there or lower', async () => {
      await store.publish(publication(1));
      await store.publish(publication(2));
      for (const version of [1, 2]) {
        const files = [file('targets', version, 'other'), file('timestamp', 3)];
        await expect(store.publish(publication(3, { files }))).rejects.toMatchObject({
          code: 'VERSION_CONFLICT',
        });
      }
    });

    it('stores nothing of a publish of which one file is refused', async () => {
      await store.publish(publication(1));
      const files = [file('root', 7), file('targets', 1), file('timestamp', 2)];
      await expect(store.publish(publication(2, { files }))).rejects.toMatchObject({
        code: 'VERSION_CONFLICT',
      });
      expect(await store.newest(gun, 'root')).toBeUndefined();
      expect((await store.newest(gun, 'timestamp'))?.version).toBe(1);
      expect(await store.changes({ fromId: 0, backwards: false, limit: 9 })).toHaveLength(1);
    });

    it('refuses a role that occurs twice', async () => {
      const files = [file('targets', 1), file('targets', 2), file('timestamp', 1)];
      await expect(store.publish(publication(1, { files }))).rejects.toMatchObject({
        code: 'VERSION_CONFLICT',
      });
      expect(await store.newest(gun, 'targets')).toBeUndefined();
    });

    it('refuses a version bomb and accepts the largest step', async () => {
      await store.publish(publication(1));
      const bomb = [file('targets', 2 + maxVersionStep), file('timestamp', 2)];
      await expect(store.publish(publication(2, { files: bomb }))).rejects.toMatchObject({
        code: 'VERSION_LEAP',
      });
      const large = [file('targets', 1 + maxVersionStep), file('timestamp', 2)];
      await store.publish(publication(2, { files: large }));
      expect((await store.newest(gun, 'targets'))?.version).toBe(1 + maxVersionStep);
    });

    it('refuses a publish checked against a state that has passed', async () => {
      await store.publish(publication(1));
      await store.publish(publication(2));
      const late = publication(3, { basedOn: 1, files: [file('timestamp', 9)] });
      await expect(store.publish(late)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
      const first = publication(3, { files: [file('timestamp', 9)] });
      const { basedOn: _, ...rest } = first;
      await expect(store.publish({ ...rest, basedOn: undefined })).rejects.toMatchObject({
        code: 'VERSION_CONFLICT',
      });
    });

    it('lets exactly one of many publishers of the same state win', async () => {
      await store.publish(publication(1));
      const racers = Array.from({ length: 16 }, (_, at) =>
        store
          .publish(
            publication(2, { files: [file('targets', 2, `racer ${at}`), file('timestamp', 2)] }),
          )
          .then(() => `racer ${at}`),
      );
      const results = await Promise.allSettled(racers);
      const winners = results.filter((result) => result.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') {
          expect(result.reason).toMatchObject({ code: 'VERSION_CONFLICT' });
        }
      }
      const stored = (await store.newest(gun, 'targets'))?.bytes.toString();
      expect(stored).toBe(winners[0]?.value);
    });

    it('accepts concurrent publishes to different repositories, each whole', async () => {
      const guns = Array.from({ length: 24 }, (_, at) => `${gun}/${at}`);
      await Promise.all(guns.map((name) => store.publish(publication(1, { gun: name }))));
      for (const name of guns) {
        expect((await store.newest(name, 'targets'))?.version).toBe(1);
        expect((await store.newest(name, 'timestamp'))?.version).toBe(1);
      }
      const changes = await store.changes({ fromId: 0, backwards: false, limit: 100 });
      expect(changes.map((change) => change.gun).sort()).toEqual(guns.sort());
    });

    it('refuses one of a crowd without harming the others', async () => {
      await store.publish(publication(1));
      const good = Array.from({ length: 8 }, (_, at) => publication(1, { gun: `${gun}/${at}` }));
      const bad = publication(1, { basedOn: undefined });
      const results = await Promise.allSettled(
        [...good.slice(0, 4), bad, ...good.slice(4)].map((each) => store.publish(each)),
      );
      expect(results.filter((result) => result.status === 'rejected')).toHaveLength(1);
      for (const { gun: name } of good) {
        expect((await store.newest(name, 'timestamp'))?.version).toBe(1);
      }
      expect((await store.newest(gun, 'timestamp'))?.version).toBe(1);
    });
  });

  describe('removing', () => {
    it('takes away every file of one repository and of no other', async () => {
      await store.publish(publication(1));
      await store.publish(publication(1, { gun: `${gun}bc` }));
      await store.publish(publication(1, { gun: `${gun}/b` }));
      expect(await store.remove(gun, nowMs)).toBe(true);
      expect(await store.newest(gun, 'timestamp')).toBeUndefined();
      expect(await store.byVersion(gun, 'targets', 1)).toBeUndefined();
      const sum = sha256(Buffer.from('targets 1'));
      expect(await store.byChecksum(gun, 'targets', sum)).toBeUndefined();
      expect(await store.newest(`${gun}bc`, 'timestamp')).toBeDefined();
      expect(await store.newest(`${gun}/b`, 'timestamp')).toBeDefined();
    });

    it('says so, and records nothing, when there was nothing', async () => {
      expect(await store.remove(gun, nowMs)).toBe(false);
      expect(await store.changes({ fromId: 0, backwards: false, limit: 9 })).toEqual([]);
    });

    it('remembers the highest version of every role over all generations', async () => {
      await store.publish(publication(1));
      await store.publish(publication(2));
      await store.remove(gun, nowMs);
      expect(await store.floors(gun)).toEqual(
        new Map([
          ['targets', 2],
          ['snapshot', 2],
          ['timestamp', 2],
        ]),
      );
      await store.publish(publication(1, { files: [file('root', 5), file('timestamp', 1)] }));
      await store.remove(gun, nowMs);
      expect(Object.fromEntries(await store.floors(gun))).toEqual({
        root: 5,
        targets: 2,
        snapshot: 2,
        timestamp: 2,
      });
    });

    it('refuses a publish that was checked before the deletion', async () => {
      await store.publish(publication(1));
      await store.remove(gun, nowMs);
      await expect(store.publish(publication(2))).rejects.toMatchObject({
        code: 'VERSION_CONFLICT',
      });
    });

    it('lets the next generation begin again at low versions', async () => {
      await store.publish(publication(1));
      await store.publish(publication(2));
      await store.remove(gun, nowMs);
      await store.publish(publication(1));
      expect((await store.newest(gun, 'targets'))?.version).toBe(1);
    });
  });

  describe('changefeed', () => {
    it('has one record for each timestamp published and each deletion', async () => {
      await store.publish(publication(1));
      await store.publish(publication(2, { files: [file('targets', 2)] }));
      await store.remove(gun, nowMs + 1000);
      const changes = await store.changes({ fromId: 0, backwards: false, limit: 9 });
      expect(changes).toMatchObject([
        {
          gun,
          version: 1,
          sha256: sha256(Buffer.from('timestamp 1')),
          category: 'update',
          createdAtMs: nowMs,
        },
        { gun, version: 0, sha256: '', category: 'deletion', createdAtMs: nowMs + 1000 },
      ]);
      expect(changes[0]?.id).toBeLessThan(changes[1]?.id ?? 0);
    });

    it('pages forwards from an id, backwards from an id, and from the newest', async () => {
      for (let version = 1; version <= 5; version += 1) await store.publish(publication(version));
      const all = await store.changes({ fromId: 0, backwards: false, limit: 99 });
      const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = all.map(({ id }) => id);
      const page = async (fromId: number, backwards: boolean, limit: number): Promise<number[]> =>
        (await store.changes({ fromId, backwards, limit })).map((change) => change.id);
      expect(fifth).toBeGreaterThan(fourth);
      expect(await page(second, false, 2)).toEqual([third, fourth]);
      expect(await page(fourth, true, 2)).toEqual([second, third]);
      expect(await page(-1, true, 2)).toEqual([fourth, fifth]);
      expect(await page(0, true, 2)).toEqual([fourth, fifth]);
      expect(await page(fifth, false, 2)).toEqual([]);
      expect(await page(first, true, 2)).toEqual([]);
    });

    it('can be narrowed to one repository', async () => {
      await store.publish(publication(1));
      await store.publish(publication(1, { gun: `${gun}/other` }));
      await store.publish(publication(2));
      const changes = await store.changes({ gun, fromId: 0, backwards: false, limit: 9 });
      expect(changes.map((change) => change.version)).toEqual([1, 2]);
    });

    it('never gives an id to two records, even after a deletion', async () => {
      await store.publish(publication(1));
      await store.remove(gun, nowMs);
      await store.publish(publication(1));
      const changes = await store.changes({ fromId: 0, backwards: false, limit: 9 });
      expect(new Set(changes.map((change) => change.id)).size).toBe(3);
    });
  });
}
