// `paraph key rotate`, against a whole stack in this process.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Publishing, startPublishing, trust } from '../../../test/cli/publishing.ts';
import type { Result, WorldPlan } from '../../../test/cli/world.ts';

const digest = `sha256:${'a'.repeat(64)}`;

let desk: Publishing;
beforeAll(async () => {
  desk = await startPublishing();
  await signed(desk.repository);
});
afterAll(() => desk.close());

const run = (...words: string[]): Promise<Result> => desk.run(words);
const at = (plan: WorldPlan, ...words: string[]): Promise<Result> => desk.run(words, plan);

async function must(...words: string[]): Promise<Result> {
  const result = await run(...words);
  expect(result.status, result.stderr).toBe(0);
  return result;
}

/** Signs a tag of `repository`, which makes it; its name. */
async function signed(repository: string): Promise<string> {
  await must('sign', `${repository}:1`, '--digest', digest, '--size', '7');
  return repository;
}

interface ListedKey {
  readonly id: string;
  readonly role: string;
  readonly repository: string | null;
  readonly location: string;
}

async function keys(role: string, repository: string | null): Promise<readonly ListedKey[]> {
  const { stdout } = await must('key', 'list', '--output', 'json');
  const { keys: listed } = JSON.parse(stdout) as { keys: readonly ListedKey[] };
  return listed.filter((key) => key.role === role && key.repository === repository);
}

/** Whether a consumer who never saw it before can pull the tag. */
async function verifies(repository: string): Promise<void> {
  const homeDir = join(desk.homeDir, `consumer-${Math.random()}`);
  mkdirSync(homeDir);
  trust(homeDir, desk.stack.trustServer, desk.stack.tls.cert);
  const { status, stderr } = await at({ homeDir }, 'verify', `${repository}:1`);
  expect(status, stderr).toBe(0);
}

describe('key rotate', () => {
  it('targets: the old file goes, the new key signs, and tags stay signed', async () => {
    const app = desk.repository;
    const [before] = await keys('targets', app);
    const { stdout } = await must('key', 'rotate', app, 'targets');
    const after = await keys('targets', app);
    expect(after).toHaveLength(1);
    const [oldId, newId] = [before?.id.slice(0, 7), after[0]?.id.slice(0, 7)];
    expect(newId).not.toBe(oldId);
    expect(stdout).toMatch(
      new RegExp(
        `^rotated +targets +${newId} +encrypted in ~/\\.docker/trust/private\n` +
          `removed +old key +${oldId} +its file is gone from this machine\n` +
          'published  root 2, targets \\d',
      ),
    );
    expect(existsSync(before?.location ?? '')).toBe(false);
    await verifies(app);
  });

  it('snapshot goes where it is told, and nowhere unless it is told', async () => {
    const app = await signed(`${desk.repository}-snapshot`);
    const undecided = await run('key', 'rotate', app, 'snapshot');
    expect(undecided.status).toBe(2);
    expect(undecided.stderr).toContain(`paraph key rotate ${app} snapshot --to-here`);
    await must('key', 'rotate', app, 'snapshot', '--to-here');
    expect(await keys('snapshot', app)).toHaveLength(1);
    const { stdout } = await must(
      'key',
      'rotate',
      app,
      'snapshot',
      '--to-server',
      '--output',
      'json',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      repository: app,
      role: 'snapshot',
      holder: 'server',
      outcome: 'rotated',
      oldKeys: [{ fate: 'removed' }],
    });
    expect(await keys('snapshot', app)).toEqual([]);
    await verifies(app);
  });

  it('timestamp is made anew by the server', async () => {
    const { stdout } = await must('key', 'rotate', desk.repository, 'timestamp');
    expect(stdout).toMatch(/^rotated +timestamp +[0-9a-f]{7} +held by 127\.0\.0\.1|localhost/);
    await verifies(desk.repository);
  });

  it('root asks first, keeps the old key, and says that the new one exists once', async () => {
    const app = desk.repository;
    const before = await keys('root', null);
    const words = ['key', 'rotate', app, 'root'];
    expect(await run(...words)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('--yes'),
    });
    expect(await at({ answers: ['no'] }, ...words)).toMatchObject({ status: 1 });
    expect(await keys('root', null)).toEqual(before);
    const { stdout, stderr } = await must(...words, '--yes', '--former-roots', 'all');
    expect(stdout).toContain(before[0]?.id.slice(0, 7));
    expect(stderr).toContain('The new root key exists once');
    expect(await keys('root', null)).toHaveLength(2);
    await verifies(app);
  });

  it('takes a key that is here already, by the beginning of its ID', async () => {
    const app = await signed(`${desk.repository}-named`);
    await must('key', 'generate', 'root');
    const inUse = (await run('inspect', app)).stdout;
    const other = (await keys('root', null)).find(({ id }) => !inUse.includes(id.slice(0, 12)));
    const id = other?.id ?? '';
    await must('key', 'rotate', app, 'root', '--yes', '--key', id.slice(0, 9));
    expect((await run('inspect', app, '--no-trunc')).stdout).toContain(id);
  });

  it('a dry run opens and changes nothing, and says which keys it takes', async () => {
    const app = desk.repository;
    const before = await keys('targets', app);
    const env = { DOCKER_CONTENT_TRUST_SERVER: desk.stack.trustServer };
    const words = ['key', 'rotate', app, 'targets', '--dry-run'];
    const { status, stdout } = await at({ env }, ...words);
    expect(status).toBe(0);
    expect(stdout).toContain(`${before[0]?.id.slice(0, 7)} to a key that is made here`);
    expect(stdout).toMatch(/signs +root +here, with [0-9a-f]{7}/);
    expect(await keys('targets', app)).toEqual(before);
  });

  it('without the root key nothing is made, and a dry run tells beforehand', async () => {
    const app = desk.repository;
    const homeDir = join(desk.homeDir, 'elsewhere');
    mkdirSync(homeDir);
    trust(homeDir, desk.stack.trustServer, desk.stack.tls.cert);
    for (const manner of [[], ['--dry-run']]) {
      const result = await at({ homeDir }, 'key', 'rotate', app, 'targets', ...manner);
      expect(result.status).toBe(8);
      expect(result.stderr).toContain('[KEY_NOT_FOUND]');
    }
    const { stdout } = await at({ homeDir }, 'key', 'list', '--output', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ keys: [] });
  });

  it('tells who goes on trusting the old key, and how that ends', async () => {
    const app = await signed(`${desk.repository}-still`);
    const [key] = await keys('targets', app);
    const { stdout: pem } = await must(
      'key',
      'export',
      '--public',
      key?.id ?? '',
      '--file',
      'old.pub',
    );
    expect(pem).toContain('written');
    expect(readFileSync(join(desk.homeDir, 'old.pub'), 'utf8')).toContain('PUBLIC KEY');
    await must('delegation', 'add', app, 'releases', '--key', 'old.pub', '--all-paths');
    const { stderr } = await must('key', 'rotate', app, 'targets');
    expect(stderr).toContain('targets/releases');
    const [, purge = ''] = /paraph (delegation purge .*)\n/.exec(stderr) ?? [];
    await must(...purge.split(' '));
  });

  it.each([
    [['releases'], 'are not rotated'],
    [['targets/releases'], 'are not rotated'],
    [['\u001b[2J'], 'are not rotated'],
    [['root', '--to-server'], 'the server cannot hold the root key'],
    [['targets', '--to-server'], 'the server cannot hold the targets key'],
    [['timestamp', '--to-here'], 'always with the server'],
    [['targets', '--to-here', '--to-server'], 'do not go together'],
    [['timestamp', '--key', '1234567'], 'none can be given to it'],
    [['targets', '--key', '123'], 'at least 7 digits'],
    [['targets', '--former-roots', '1'], 'is for the root key'],
    [['root', '--former-roots', '-1'], 'is neither a number nor all'],
  ])('%j: refused before anything is asked', async (words, problem) => {
    const { status, stdout, stderr } = await at(
      { env: { DOCKER_CONTENT_TRUST_SERVER: 'https://127.0.0.1:1' } },
      'key',
      'rotate',
      desk.repository,
      ...words,
    );
    expect(stderr).toContain(problem);
    expect(stderr).not.toContain('\u001b');
    expect([status, stdout]).toEqual([2, '']);
  });
});
