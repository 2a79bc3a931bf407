import {
  type FileHandle,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  listNames,
  makeDirectory,
  move,
  removeFile,
  replaceFile,
  syncDirectory,
  writeSynced,
} from './files.ts';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'paraph-disk-'));
  path = join(directory, 'file');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(directory, { recursive: true });
});

const systemError = (code: string) => Object.assign(new Error(code), { code });

/** What all open files share; its `sync` is what fails in these tests. */
async function fileHandles(): Promise<FileHandle> {
  const handle = await open(directory, 'r');
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  return prototype;
}

describe('a directory', () => {
  it('is made for the owner alone, with those above it', async () => {
    expect(await makeDirectory(join(directory, 'a', 'b'))).toBe(join(directory, 'a'));
    expect((await stat(join(directory, 'a'))).mode & 0o777).toBe(0o700);
    expect(await makeDirectory(join(directory, 'a', 'b'))).toBeUndefined();
  });

  it.each(['EINVAL', 'EPERM', 'EISDIR', 'ENOTSUP'])(
    'that the file system cannot sync (%s) is let pass',
    async (code) => {
      const sync = vi.spyOn(await fileHandles(), 'sync').mockRejectedValue(systemError(code));
      await syncDirectory(directory);
      expect(sync).toHaveBeenCalledOnce();
    },
  );

  it('whose disk fails is not', async () => {
    vi.spyOn(await fileHandles(), 'sync').mockRejectedValue(systemError('EIO'));
    await expect(syncDirectory(directory)).rejects.toMatchObject({
      code: 'DISK',
      message: `could not sync ${directory}: EIO`,
    });
  });

  it('that is not there has no names', async () => {
    expect(await listNames(join(directory, 'none'))).toEqual([]);
  });
});

describe('a file', () => {
  it('is written for the owner alone, and never through a name that exists when it is to be new', async () => {
    await writeSynced(path, Buffer.from('text'), 'wx');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await symlink(path, join(directory, 'link'));
    for (const taken of [path, join(directory, 'link')]) {
      await expect(writeSynced(taken, Buffer.from('other'), 'wx')).rejects.toMatchObject({
        code: 'DISK',
        facts: { path: taken, reason: 'EEXIST' },
      });
    }
    expect(await readFile(path, 'utf8')).toBe('text');
  });

  it('that cannot be replaced keeps its content, and nothing else is left', async () => {
    await writeFile(path, 'old');
    vi.spyOn(await fileHandles(), 'sync').mockRejectedValue(systemError('ENOSPC'));
    await expect(replaceFile(path, Buffer.from('new'), `${path}.new`)).rejects.toMatchObject({
      code: 'DISK',
      message: `could not write ${path}.new: the disk is full`,
    });
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(directory)).toEqual(['file']);
  });

  it('that is gone already needs no moving and no removing', async () => {
    expect(await move(path, `${path}-2`)).toBe(false);
    await removeFile(path);
  });
});
