import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBounded } from './bounded-read.ts';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'paraph-read-'));
  path = join(directory, 'file');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('reading with a bound', () => {
  it('gives all bytes up to the bound, and says how many there are above it', async () => {
    for (const text of ['', 'x', 'xxxx']) {
      writeFileSync(path, text);
      expect(await readBounded(path, 4)).toMatchObject({
        kind: 'bytes',
        bytes: Buffer.from(text),
      });
    }
    writeFileSync(path, 'xxxxx');
    expect(await readBounded(path, 4)).toEqual({ kind: 'too-large', sizeBytes: 5 });
  });

  it('tells the mode of the very file that was read, not of what took its name', async () => {
    const [ours, theirs] = [join(directory, 'ours'), join(directory, 'theirs')];
    writeFileSync(ours, 'ours', { mode: 0o600 });
    writeFileSync(theirs, 'theirs');
    chmodSync(theirs, 0o644);
    const become = (target: string): void => {
      linkSync(target, `${path}.new`);
      renameSync(`${path}.new`, path);
    };
    become(ours);
    for (let round = 0; round < 100; round += 1) {
      const reading = readBounded(path, 100);
      become(theirs);
      const read = await reading;
      become(ours);
      if (read.kind !== 'bytes') throw new Error(`a file became ${read.kind}`);
      const expected = read.bytes.toString() === 'ours' ? 0o600 : 0o644;
      expect(read.mode & 0o777).toBe(expected);
    }
  });

  it('reads files to which the system gives no size, up to the bound too', async () => {
    const status = await readBounded('/proc/self/status', 100_000);
    if (status.kind !== 'bytes') throw new Error(`it is ${status.kind}`);
    expect(status.bytes.toString()).toContain('VmHWM');
    expect(await readBounded('/proc/self/status', 10)).toEqual({
      kind: 'too-large',
      sizeBytes: 11,
    });
  });

  it('tells what is missing', async () => {
    writeFileSync(path, '');
    expect(await readBounded(join(directory, 'none'), 4)).toEqual({ kind: 'missing' });
    expect(await readBounded(join(path, 'below'), 4)).toEqual({ kind: 'missing' });
  });

  it('takes nothing but regular files, and does not wait at a named pipe', async () => {
    mkdirSync(join(directory, 'folder'));
    execFileSync('mkfifo', [path]);
    for (const name of ['folder', 'file']) {
      expect(await readBounded(join(directory, name), 4)).toEqual({ kind: 'irregular' });
    }
  });

  it('follows a link only where that is wanted', async () => {
    writeFileSync(path, 'text');
    symlinkSync(path, join(directory, 'link'));
    expect(await readBounded(join(directory, 'link'), 4)).toMatchObject({ kind: 'bytes' });
    expect(await readBounded(join(directory, 'link'), 4, false)).toEqual({ kind: 'irregular' });
  });

  it('names the path when the system refuses', async () => {
    symlinkSync(path, path);
    await expect(readBounded(path, 4)).rejects.toMatchObject({
      code: 'DISK',
      message: `could not read ${path}: too many symbolic links`,
    });
  });
});
