import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPrivateKeyFile } from './private-key-file.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'paraph-private-'));
  path = join(directory, 'key.pem');
  writeFileSync(path, 'text', { mode: 0o600 });
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a private key file that the user names', () => {
  it.each([0o600, 0o400, 0o700])('is read when it is for its owner alone: %o', async (mode) => {
    chmodSync(path, mode);
    expect(await readPrivateKeyFile(path)).toBe('text');
  });

  it.each([0o640, 0o604, 0o660, 0o620, 0o602, 0o601, 0o644])(
    'is refused in the words of docker when others have a right to it: %o',
    async (mode) => {
      chmodSync(path, mode);
      await expect(readPrivateKeyFile(path, 'key.pem')).rejects.toMatchObject({
        code: 'DISK',
        message: 'private key file key.pem must not be readable or writable by others',
        remedy: 'chmod 600 key.pem',
      });
    },
  );

  it('may be named by a link, and the rights are those of the file', async () => {
    const link = join(directory, 'link.pem');
    symlinkSync(path, link);
    expect(await readPrivateKeyFile(link)).toBe('text');
    chmodSync(path, 0o644);
    await expect(readPrivateKeyFile(link)).rejects.toMatchObject({ code: 'DISK' });
  });

  it('that is missing is told as docker tells it', async () => {
    await expect(readPrivateKeyFile(join(directory, 'none'), 'none.pem')).rejects.toMatchObject({
      code: 'DISK',
      message: 'stat none.pem: no such file or directory',
    });
  });

  it('is none when it is a folder or a pipe, and is not read without end', async () => {
    const folder = join(directory, 'folder');
    mkdirSync(folder, { mode: 0o700 });
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    for (const other of [folder, pipe]) {
      await expect(readPrivateKeyFile(other)).rejects.toMatchObject({ code: 'DISK' });
    }
    truncateSync(path, 2 ** 20);
    expect(await readPrivateKeyFile(path)).toHaveLength(2 ** 20);
    truncateSync(path, 2 ** 40);
    await expect(readPrivateKeyFile(path)).rejects.toMatchObject({ code: 'KEY_LIMITS' });
  });
});
