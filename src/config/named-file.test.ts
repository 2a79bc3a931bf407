import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readNamedFile } from './named-file.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'paraph-named-'));
});
afterAll(() => rm(directory, { recursive: true }));

const refused = (message: string) => ({
  code: 'CONFIG_INVALID',
  message: expect.stringContaining(message),
});
const read = (file: string): ReturnType<typeof readNamedFile> =>
  readNamedFile(file, 'key file', 100);

it('reads a file and its mode, through a symbolic link too', async () => {
  const file = join(directory, 'whole');
  await writeFile(file, 'x'.repeat(100));
  await chmod(file, 0o640);
  await symlink(file, join(directory, 'link'));
  const { bytes, mode } = await read(join(directory, 'link'));
  expect(bytes.toString()).toBe('x'.repeat(100));
  expect(mode & 0o777).toBe(0o640);
});

it('refuses a file with one byte more than it may have', async () => {
  const file = join(directory, 'large');
  await writeFile(file, 'x'.repeat(101));
  await expect(read(file)).rejects.toMatchObject(refused('is larger than 100 bytes'));
});

it('does not wait for a FIFO that nobody writes to', async () => {
  const file = join(directory, 'fifo');
  execFileSync('mkfifo', [file]);
  await expect(read(file)).rejects.toMatchObject(refused('is not a regular file'));
});

it.each(['/dev/zero', '/dev/null', tmpdir()])('refuses %s', async (file) => {
  await expect(read(file)).rejects.toMatchObject(refused('is not a regular file'));
});

it('reads files to which the system gives no size', async () => {
  const { bytes } = await readNamedFile('/proc/self/status', 'status', 100_000);
  expect(bytes.toString()).toContain('VmHWM');
});

it('says why a file is not read', async () => {
  await expect(read(join(directory, 'none'))).rejects.toMatchObject({
    ...refused('cannot be read'),
    cause: { code: 'ENOENT' },
  });
});
