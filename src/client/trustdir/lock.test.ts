import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { childProgram, finished, printed } from '../../../test/client/child.ts';
import { acquireLock, withLock } from './lock.ts';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'paraph-lock-'));
  path = join(directory, 'lock');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function writeHolder(changes: Record<string, unknown>): Promise<void> {
  const lock = await acquireLock(path);
  const own: unknown = JSON.parse(await readFile(path, 'utf8'));
  await lock.release();
  await writeFile(path, JSON.stringify({ ...(own as object), ...changes }));
}

const token = '00000000-0000-4000-8000-000000000000';

describe('a lock', () => {
  it('is a file while it is held, and leaves nothing behind', async () => {
    const lock = await acquireLock(path);
    expect(await readdir(directory)).toEqual(['lock']);
    await lock.release();
    expect(await readdir(directory)).toEqual([]);
  });

  it('is waited for while its holder lives, then refused naming the process', async () => {
    const lock = await acquireLock(path);
    await expect(acquireLock(path, 60)).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await lock.release();
    await expect(acquireLock(path, 60)).resolves.toBeDefined();
  });

  it('whose name is a link that leads nowhere is refused in time', async () => {
    await symlink(join(directory, 'nowhere'), path);
    await expect(acquireLock(path, 300)).rejects.toMatchObject({
      code: 'LOCKED',
      remedy: expect.stringContaining(path),
    });
  });

  it('is given back when the work under it fails', async () => {
    const work = withLock(path, () => Promise.reject(new Error('no')));
    await expect(work).rejects.toThrow('no');
    expect(await readdir(directory)).toEqual([]);
  });

  it('is taken over when its holder was killed', async () => {
    const program = await childProgram('lock-holder');
    const child = program.start([path, 'hold']);
    await printed(child, 'held');
    await expect(acquireLock(path, 60)).rejects.toMatchObject({ code: 'LOCKED' });
    child.kill('SIGKILL');
    await finished(child);
    const lock = await acquireLock(path, 1000);
    await lock.release();
    expect(await readdir(directory)).toEqual([]);
    await program.remove();
  });

  it('is taken over from a process that is dead but not yet reaped', async () => {
    const program = await childProgram('lock-holder');
    // A parent that never waits for its child leaves it a zombie.
    const parent = program.start(
      [path, 'hold-until-killed'],
      ['sh', '-c', '"$@" & exec sleep 60', 'sh'],
    );
    await printed(parent, 'held');
    const { pid } = JSON.parse(await readFile(path, 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await turnedZombie(pid);
    const lock = await acquireLock(path);
    await lock.release();
    parent.kill('SIGKILL');
    await finished(parent);
    await program.remove();
  });

  it.each([
    ['its process is gone', { pid: 2 ** 30, token }],
    ['its process id now belongs to another process', { startTime: '1', token }],
    ['the machine was started again', { bootId: 'another', token }],
  ])('is taken over when %s', async (_, changes) => {
    await writeHolder(changes);
    const lock = await acquireLock(path, 500);
    await lock.release();
    expect(await readdir(directory)).toEqual([]);
  });

  it('of another container or host is believed for ten minutes', async () => {
    await writeHolder({ place: `not-${hostname()}`, pid: 2 ** 30, token });
    await expect(acquireLock(path, 60)).rejects.toMatchObject({ code: 'LOCKED' });
    const longAgo = new Date(Date.now() - 11 * 60_000);
    await utimes(path, longAgo, longAgo);
    const lock = await acquireLock(path, 500);
    await lock.release();
  });

  it.each(['', '{"pid":', '{"pid":1,"token":"../../x"}'])(
    'with the content %j is believed for a minute only',
    async (content) => {
      await writeFile(path, content);
      await expect(acquireLock(path, 60)).rejects.toMatchObject({ code: 'LOCKED' });
      const longAgo = new Date(Date.now() - 2 * 60_000);
      await utimes(path, longAgo, longAgo);
      const lock = await acquireLock(path, 500);
      await lock.release();
    },
  );

  it('is succeeded even when an earlier successor died half-way', async () => {
    await writeHolder({ pid: 2 ** 30, token });
    const dead = await readFile(path);
    await writeFile(
      `${path}.after-${token}`,
      dead.toString().replace(token, token.replace(/0$/, '1')),
    );
    const lock = await acquireLock(path, 1000);
    await expect(acquireLock(path, 60)).rejects.toMatchObject({ code: 'LOCKED' });
    await lock.release();
    expect(await readdir(directory)).toEqual([]);
  });

  it('has one holder at a time when many find it abandoned', async () => {
    await writeHolder({ pid: 2 ** 30, token });
    let holders = 0;
    let most = 0;
    const work = async () => {
      holders += 1;
      most = Math.max(most, holders);
      await new Promise((resolve) => setTimeout(resolve, 2));
      holders -= 1;
    };
    await Promise.all(Array.from({ length: 12 }, () => withLock(path, work)));
    expect(most).toBe(1);
    expect(await readdir(directory)).toEqual([]);
  });

  it('loses no update of several processes, even when some are killed', {
    timeout: 60_000,
  }, async () => {
    const program = await childProgram('counter');
    const counter = join(directory, 'counter');
    await writeFile(counter, '0');
    const doomed = program.start([path, counter, '1000000']);
    await printedOrLater(counter, 5);
    const honest = [1, 2, 3].map(() => program.run([path, counter, '25']));
    doomed.kill('SIGKILL');
    await finished(doomed);
    const before = Number(await readFile(counter, 'utf8'));
    const results = await Promise.all(honest);
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(Number(await readFile(counter, 'utf8'))).toBeGreaterThanOrEqual(75);
    expect(Number(await readFile(counter, 'utf8'))).toBeLessThanOrEqual(before + 76);
    await program.remove();
  });

  it('fails as DISK naming the path when its directory cannot be made', async () => {
    await writeFile(join(directory, 'file'), '');
    await expect(acquireLock(join(directory, 'file', 'lock'))).rejects.toMatchObject({
      code: 'DISK',
    });
  });
});

async function turnedZombie(pid: number): Promise<void> {
  while (!/\) Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8'))) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function printedOrLater(counter: string, atLeast: number): Promise<void> {
  while (Number(await readFile(counter, 'utf8')) < atLeast) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
