import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildFaultyProcess, type FaultyProcess } from '../../test/keys/faults.ts';
import { KeyFileStore } from './file-store.ts';
import { createKeyFile, ensureKeyDirectory, readKeyFile } from './key-file.ts';

const name = `${'a'.repeat(64)}.key`;
let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'paraph-key-file-'));
  path = join(directory, name);
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('reading a key file', () => {
  it('gives its text', async () => {
    writeFileSync(path, 'gun: é');
    expect(await readKeyFile(path)).toBe('gun: é');
  });

  it('gives nothing for what is no regular file', async () => {
    expect(await readKeyFile(path)).toBeUndefined();
    expect(await readKeyFile(join(path, 'below'))).toBeUndefined();
    expect(await readKeyFile(directory)).toBeUndefined();
    writeFileSync(join(directory, 'real'), 'text');
    symlinkSync(join(directory, 'real'), path);
    expect(await readKeyFile(path)).toBeUndefined();
  });

  it('does not hang at a named pipe', async () => {
    execFileSync('sh', ['-c', 'mkfifo "$0"', path]);
    expect(await readKeyFile(path)).toBeUndefined();
  });

  it('reads 64 KiB and refuses one byte more', async () => {
    writeFileSync(path, 'x'.repeat(64 * 1024));
    expect(await readKeyFile(path)).toHaveLength(64 * 1024);
    writeFileSync(path, 'x'.repeat(64 * 1024 + 1));
    await expect(readKeyFile(path)).rejects.toMatchObject({ code: 'KEY_LIMITS' });
  });
});

describe('creating a key file', () => {
  it('makes it for the owner alone and leaves nothing else', async () => {
    const below = join(directory, 'a', 'private');
    await ensureKeyDirectory(below);
    expect(await createKeyFile(join(below, name), 'text')).toBe(true);
    expect(statSync(join(below, name)).mode & 0o777).toBe(0o600);
    expect(statSync(below).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, 'a')).mode & 0o777).toBe(0o700);
    expect(readdirSync(below)).toEqual([name]);
  });

  it('leaves a file that exists as it is', async () => {
    writeFileSync(path, 'older');
    expect(await createKeyFile(path, 'newer')).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe('older');
    expect(readdirSync(directory)).toEqual([name]);
  });

  it('lets exactly one of many writers win', async () => {
    const writers = Array.from({ length: 8 }, (_, index) => createKeyFile(path, `writer ${index}`));
    const outcomes = await Promise.all(writers);
    expect(outcomes.filter((isCreated) => isCreated)).toHaveLength(1);
    expect(readFileSync(path, 'utf8')).toBe(`writer ${outcomes.indexOf(true)}`);
    expect(readdirSync(directory)).toEqual([name]);
  });

  it('clears what a crash left long ago and nothing that may be in use', async () => {
    const abandoned = join(directory, `.${name}.0123456789abcdef.tmp`);
    const inUse = join(directory, `.${name}.fedcba9876543210.tmp`);
    const foreign = join(directory, '.other.tmp');
    for (const file of [abandoned, inUse, foreign]) writeFileSync(file, '');
    for (const file of [abandoned, foreign]) utimesSync(file, 1, 1);
    await createKeyFile(path, 'text');
    expect(readdirSync(directory).map((entry) => join(directory, entry))).toEqual(
      [inUse, foreign, path].sort(),
    );
  });

  it('works where the file system cannot sync a directory', async () => {
    const handle = await open(directory, 'r');
    const files = Object.getPrototypeOf(handle);
    await handle.close();
    const refused = Object.assign(new Error('refused'), { code: 'EINVAL' });
    const sync = vi.spyOn(files, 'sync').mockRejectedValueOnce(refused);
    await ensureKeyDirectory(join(directory, 'private'));
    sync.mockResolvedValueOnce(undefined).mockRejectedValueOnce(refused);
    expect(await createKeyFile(join(directory, 'private', name), 'text')).toBe(true);
    expect(sync).toHaveBeenCalledTimes(3);
    sync.mockRestore();
  });

  it('names the path and the cause when the disk refuses', async () => {
    const missing = join(directory, 'missing', name);
    await expect(createKeyFile(missing, 'text')).rejects.toMatchObject({
      code: 'DISK',
      message: expect.stringContaining(missing),
      cause: expect.objectContaining({ code: 'ENOENT' }),
    });
    writeFileSync(join(directory, 'file'), '');
    await expect(ensureKeyDirectory(join(directory, 'file', 'x'))).rejects.toMatchObject({
      code: 'DISK',
    });
  });
});

describe('whatever goes wrong at whatever step', () => {
  let faulty: FaultyProcess;
  beforeAll(async () => {
    faulty = await buildFaultyProcess();
  });
  afterAll(() => faulty.remove());

  const keyFiles = (folder: string) =>
    readdirSync(folder).filter((entry) => entry.endsWith('.key'));

  it('an error of the disk leaves no key file, or the whole one and no error', async () => {
    const { steps } = await faulty.run('create', directory, 0, '');
    expect(steps).toBeGreaterThan(8);
    rmSync(path);
    const outcomes = new Set<string>();
    for (let step = 1; step <= steps; step += 1) {
      const { outcome } = await faulty.run('create', directory, step, 'ENOSPC');
      outcomes.add(outcome);
      if (outcome === 'done') {
        expect(readFileSync(path, 'utf8')).toBe('the whole text');
        rmSync(path);
      } else
        expect({ step, outcome, left: keyFiles(directory) }).toEqual({
          step,
          outcome: 'DISK',
          left: [],
        });
    }
    expect(outcomes).toEqual(new Set(['DISK', 'done']));
  }, 60_000);

  it('a system without hard links still gets its key file', async () => {
    const { steps } = await faulty.run('create', directory, 0, '');
    rmSync(path);
    const outcomes: string[] = [];
    for (let step = 1; step <= steps; step += 1) {
      const { outcome } = await faulty.run('create', directory, step, 'EPERM');
      outcomes.push(outcome);
      rmSync(path, { force: true });
    }
    expect(outcomes.filter((outcome) => outcome === 'done').length).toBeGreaterThanOrEqual(2);
  }, 60_000);

  it('kill -9 while a key is made leaves a whole encrypted key or none', async () => {
    const { steps } = await faulty.run('generate', directory, 0, '');
    rmSync(join(directory, 'private'), { recursive: true });
    const store = () =>
      new KeyFileStore(directory, { passphrase: async () => Buffer.from('another passphrase') });
    for (let step = 1; step <= steps; step += 1) {
      const { outcome } = await faulty.run('generate', directory, step, 'kill');
      expect(outcome).toBe('killed');
      const survivor = store();
      expect(await survivor.unusable()).toEqual([]);
      for (const { id } of await survivor.list()) {
        expect((await survivor.open(id)).key.canonicalId).toBe(id);
      }
      const folder = join(directory, 'private');
      mkdirSync(folder, { recursive: true });
      for (const file of readdirSync(folder)) {
        const text = readFileSync(join(folder, file), 'utf8');
        expect(text).toMatch(/^(|half a f|-----BEGIN ENCRYPTED PRIVATE KEY-----[^]*)$/);
      }
      rmSync(folder, { recursive: true });
    }
    expect((await store().generate('root')).key.id).toHaveLength(64);
  }, 120_000);
});
