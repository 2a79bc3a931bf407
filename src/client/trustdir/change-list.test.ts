import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonValue } from '../../encoding/strict-json.ts';
import { changeBytes, changedTarget, parseChange, targetChange } from './change.ts';
import { ChangeList } from './change-list.ts';

const vectors = fileURLToPath(new URL('../../../test/vectors/repo/', import.meta.url));
const digest = Buffer.alloc(32, 7);

/** Every change file that notary wrote, by its path. */
async function goChanges(): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const folder of ['changelist', 'delegations']) {
    for (const name of await readdir(join(vectors, folder))) {
      const path = join(vectors, folder, name);
      if (name.endsWith('.change')) found.set(path, await readFile(path));
    }
  }
  return found;
}

describe('a change file', () => {
  it('of notary is read and written back byte for byte', async () => {
    const files = await goChanges();
    expect(files.size).toBe(7);
    for (const [path, bytes] of files) {
      expect(changeBytes(parseChange(bytes, path)).toString(), path).toBe(bytes.toString());
    }
  });

  it('for a target is what notary add writes', async () => {
    let seen = 0;
    for (const [path, bytes] of await goChanges()) {
      const change = parseChange(bytes, path);
      if (change.type !== 'target') continue;
      const again = targetChange(change.role, change.path, changedTarget(change, path));
      expect(again, path).toEqual(change);
      seen += 1;
    }
    expect(seen).toBe(3);
  });

  it('of docker carries sha256 alone', () => {
    const change = targetChange('targets/releases', 'v1', {
      length: 7,
      hashes: new Map([['sha256', digest]]),
    });
    expect(change.data?.toString()).toBe(
      `{"length":7,"hashes":{"sha256":"${digest.toString('base64')}"}}`,
    );
  });

  it('keeps a custom member with control characters readable', () => {
    const custom: JsonValue = new Map([['note', 'a\n<b>\u007f']]);
    const change = targetChange('targets', 'v1', { length: 1, hashes: new Map(), custom });
    expect(changedTarget(change, 'x').custom).toEqual(custom);
  });

  it('for a deletion has null as data, and comes back without data', () => {
    const change = {
      action: 'delete',
      role: 'targets',
      type: 'target',
      path: 'v1',
      data: undefined,
    } as const;
    expect(changeBytes(change).toString()).toBe(
      '{"action":"delete","role":"targets","type":"target","path":"v1","data":null}',
    );
    expect(parseChange(changeBytes(change), 'x')).toEqual(change);
    expect(() => changedTarget(change, 'x')).toThrow(
      expect.objectContaining({ code: 'CACHE_DAMAGED' }),
    );
  });

  it.each(['{}', '[]', '{"action":"publish","role":"a","type":"b","path":"c","data":null}'])(
    'with the content %s is damaged',
    (text) => {
      expect(() => parseChange(Buffer.from(text), 'x')).toThrow(
        expect.objectContaining({ code: 'CACHE_DAMAGED' }),
      );
    },
  );
});

describe('the change list', () => {
  let home: string;
  let list: ChangeList;
  const change = targetChange('targets', 'v1', {
    length: 7,
    hashes: new Map([['sha256', digest]]),
  });

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'paraph-changes-'));
    list = new ChangeList(home);
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it('is empty without a directory, and listing makes none', async () => {
    expect(await list.list()).toEqual([]);
    expect(await readdir(home)).toEqual([]);
  });

  it('gives changes back in the order in which they were staged', async () => {
    const now = 1_795_553_283_068_362_700n;
    await list.add(now, change, { ...change, path: 'v2' });
    await list.add(now + 100n, { ...change, path: 'v3' });
    const staged = await list.list();
    expect(staged.map((one) => one.change?.path)).toEqual(['v1', 'v2', 'v3']);
    expect(staged[0]?.name).toMatch(/^01795553283068362700_[0-9a-f-]{36}\.change$/);
    const path = join(home, 'changelist');
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, staged[0]?.name ?? ''))).mode & 0o777).toBe(0o600);
  });

  it('stages later what came later, also when the clock was set back', async () => {
    const now = 1_795_553_283_068_362_700n;
    await list.add(now, change);
    await list.add(now - 60_000_000_000n, { ...change, path: 'v2' });
    await list.add(now + 1n, { ...change, path: 'v3' });
    const paths = (await list.list()).map((one) => one.change?.path);
    expect(paths).toEqual(['v1', 'v2', 'v3']);
  });

  it('stages none of several when one cannot be written', async () => {
    const unwritable = { ...change, path: `v2 ${'x'.repeat(10)}`, role: undefined } as never;
    Object.defineProperty(unwritable, 'role', {
      get: () => {
        throw new Error('no role');
      },
    });
    await expect(list.add(1n, change, unwritable)).rejects.toThrow('no role');
    expect(await list.list()).toEqual([]);
  });

  it('reads what notary staged, in its order', async () => {
    await mkdir(join(home, 'changelist'));
    for (const [path, bytes] of await goChanges()) {
      await writeFile(join(home, 'changelist', path.slice(path.lastIndexOf('/') + 1)), bytes);
    }
    expect(
      (await list.list()).map(({ change: one }) => `${one?.type} ${one?.role} ${one?.path}`),
    ).toEqual([
      'target targets v1',
      'target targets odd <name>&é',
      'target targets bysha',
      'delegation targets/releases ',
      'delegation targets/releases ',
      'delegation targets/releases/team ',
      'delegation targets/releases/team ',
    ]);
  });

  it('reports a damaged file and keeps it', async () => {
    const [good] = await list.add(5n, change);
    const bad = join(home, 'changelist', '00000000000000000001_x.change');
    await writeFile(bad, '{"action":');
    await writeFile(join(home, 'changelist', 'README'), 'not a change');
    const staged = await list.list();
    expect(staged.map(({ name, fault }) => [name, fault !== undefined])).toEqual([
      ['00000000000000000001_x.change', true],
      [good, false],
    ]);
    expect(staged[0]?.fault).toMatchObject({ code: 'JSON_INVALID' });
    expect(await readFile(bad, 'utf8')).toBe('{"action":');
  });

  it('removes what was listed and nothing that came later', async () => {
    await list.add(1n, change);
    const names = (await list.list()).map(({ name }) => name);
    const [later] = await list.add(2n, change);
    await list.remove(names);
    await list.remove(names);
    expect((await list.list()).map(({ name }) => name)).toEqual([later]);
  });

  it('fails as DISK when its directory is in the way', async () => {
    await writeFile(join(home, 'changelist'), '');
    await expect(list.add(1n, change)).rejects.toMatchObject({ code: 'DISK' });
  });
});
