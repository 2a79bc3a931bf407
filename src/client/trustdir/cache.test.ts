import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newState, oldState, stateRoles } from '../../../test/client/cache-states.ts';
import { type ChildProgram, childProgram } from '../../../test/client/child.ts';
import { MetadataCache } from './cache.ts';

const maxBytes = 1 << 20;
let directory: string;
let home: string;
let cache: MetadataCache;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'paraph-cache-'));
  home = join(directory, 'tuf', 'example.com', 'app');
  cache = new MetadataCache(home);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** What a reader finds: every role's text, and the floors remembered. */
async function contentOf(reader: MetadataCache): Promise<unknown> {
  const files = await Promise.all(
    stateRoles.map(async (role) => (await reader.read(role, maxBytes))?.toString()),
  );
  const generations = await reader.generations();
  return { files, floors: generations.map(({ floors }) => [...floors].map(String).toSorted()) };
}

async function contentAfterOpening(): Promise<unknown> {
  const reader = new MetadataCache(home);
  await reader.open();
  return contentOf(reader);
}

describe('the cache of a repository', () => {
  it('has nothing at first, and reading makes no directory', async () => {
    await cache.open();
    expect(await cache.read('root', maxBytes)).toBeUndefined();
    expect(await cache.generations()).toEqual([]);
    expect(await readdir(directory)).toEqual([]);
  });

  it("keeps Go's layout, directories 0700 and files 0600", async () => {
    await cache.update(async () => oldState);
    const metadata = join(home, 'metadata');
    expect((await readdir(metadata)).sort()).toEqual([
      'root.json',
      'snapshot.json',
      'targets',
      'targets.json',
      'timestamp.json',
    ]);
    expect(await readdir(join(metadata, 'targets'))).toEqual(['releases.json']);
    for (const path of [home, metadata, join(metadata, 'targets'), join(home, '.paraph')]) {
      expect((await stat(path)).mode & 0o777, path).toBe(0o700);
    }
    for (const role of stateRoles) {
      expect((await stat(cache.pathOf(role))).mode & 0o777, role).toBe(0o600);
    }
    expect((await stat(join(home, '.paraph', 'generations.json'))).mode & 0o777).toBe(0o600);
    expect(await readdir(join(home, '.paraph'))).toEqual(['generations.json']);
  });

  it('gives back the bytes and the memory that were stored', async () => {
    await cache.update(async () => newState);
    expect(await cache.read('targets/releases', maxBytes)).toEqual(
      newState.files.get('targets/releases'),
    );
    expect(await cache.generations()).toEqual(newState.generations);
  });

  it('refuses a file above its limit and one that is no file', async () => {
    await cache.update(async () => oldState);
    await expect(cache.read('root', 10)).rejects.toMatchObject({ code: 'CACHE_DAMAGED' });
    await mkdir(cache.pathOf('targets/a'), { recursive: true });
    await expect(cache.read('targets/a', maxBytes)).rejects.toMatchObject({
      code: 'CACHE_DAMAGED',
    });
  });

  it('does not take a damaged memory for an empty one', async () => {
    await cache.update(async () => oldState);
    const path = join(home, '.paraph', 'generations.json');
    const text = await readFile(path, 'utf8');
    for (const damaged of [
      '',
      text.slice(0, 100),
      '{"generations":[{}]}',
      '[]',
      text.replace('targets', 'Targets'),
    ]) {
      await writeFile(path, damaged);
      await expect(cache.generations(), damaged).rejects.toMatchObject({
        code: 'CACHE_DAMAGED',
        facts: { path },
      });
    }
  });

  it('changes nothing when there is nothing to change', async () => {
    await cache.update(async () => oldState);
    const before = await contentAfterOpening();
    await cache.update(async () => undefined);
    expect(await contentAfterOpening()).toEqual(before);
  });

  it('refuses a journal that names a file outside the metadata', async () => {
    await cache.update(async () => oldState);
    for (const path of [
      '../../../escaped',
      'metadata/../../x.json',
      'metadata/Root.json',
      'changelist/a',
    ]) {
      await mkdir(join(home, '.paraph', 'journal'), { recursive: true });
      await writeFile(join(home, '.paraph', 'journal', '0'), 'planted');
      await writeFile(join(home, '.paraph', 'journal', 'files.json'), JSON.stringify([path]));
      await expect(new MetadataCache(home).open(), path).rejects.toMatchObject({
        code: 'CACHE_DAMAGED',
      });
    }
    expect(await readdir(directory)).toEqual(['tuf']);
  });
});

describe('an update that fails or dies', () => {
  let program: ChildProgram;
  beforeAll(async () => {
    program = await childProgram('cache-update');
  });
  afterAll(() => program.remove());

  it('leaves the old or the new state, wherever it is killed', { timeout: 120_000 }, async () => {
    await cache.update(async () => oldState);
    const before = await contentAfterOpening();
    await cache.update(async () => newState);
    const after = await contentAfterOpening();
    const seen = { old: 0, new: 0 };
    await rm(directory, { recursive: true });
    await cache.update(async () => oldState);
    for (const killAt of await program.steps([home])) {
      await rm(directory, { recursive: true });
      await cache.update(async () => oldState);
      const result = await program.run([home], { killAt });
      const content = await contentAfterOpening();
      expect([before, after], `killed at ${killAt}`).toContainEqual(content);
      expect(result.signal, killAt).toBe('SIGKILL');
      seen[JSON.stringify(content) === JSON.stringify(after) ? 'new' : 'old'] += 1;
      // The next process goes on as if nothing had happened, and nothing is left lying about.
      await cache.update(async () => newState);
      expect(await contentAfterOpening()).toEqual(after);
      const left = (await readdir(join(home, '.paraph'))).filter((name) =>
        name.includes('journal'),
      );
      expect(left).toEqual([]);
    }
    expect(seen.old).toBeGreaterThan(5);
    expect(seen.new).toBeGreaterThan(2);
  });

  it('is DISK naming the path when a file cannot grow, and keeps the old state', async () => {
    await cache.update(async () => oldState);
    const before = await contentAfterOpening();
    // A file size limit of one block fails writes as a full disk does, in the middle of a file.
    const limited = ['sh', '-c', 'ulimit -f 1; exec "$@"', 'sh'];
    const result = await program.run([home], { wrapper: limited });
    expect(result.code).not.toBe(0);
    expect(result.stderr).toContain("code: 'DISK'");
    expect(result.stderr).toContain(join(home, '.paraph'));
    expect(await contentAfterOpening()).toEqual(before);
    expect(await readdir(join(home, '.paraph'))).toEqual(['generations.json']);
  });

  it('is DISK when permission is denied, and keeps the old state', async () => {
    await cache.update(async () => oldState);
    const before = await contentAfterOpening();
    const own = join(home, '.paraph');
    for (const path of [directory, join(home, '..', '..'), join(home, '..'), home]) {
      await chmod(path, 0o755);
    }
    await chmod(own, 0o555);
    // Root may write everywhere, so as root the child runs as nobody.
    const isRoot = process.getuid?.() === 0;
    const wrapper = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
    const result = await program.run([home], { wrapper });
    await chmod(own, 0o700);
    expect(result.code).not.toBe(0);
    expect(result.stderr).toContain("code: 'DISK'");
    expect(result.stderr).toContain('permission denied');
    expect(await contentAfterOpening()).toEqual(before);
  });
});
