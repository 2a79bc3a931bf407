import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedTrustServer } from '../../../test/cli/trust-server.ts';
import { paraph, type Result, type WorldPlan } from '../../../test/cli/world.ts';
import { answer, closeServers } from '../../../test/remote/local-servers.ts';
import { RepositorySimulator } from '../../../test/simulator/repository.ts';
import { digestOf } from '../../remote/manifest.ts';

let homeDir: string;
let app: RepositorySimulator;
let base: RepositorySimulator;
let server: SimulatedTrustServer;

beforeEach(async () => {
  homeDir = mkdtempSync(join(tmpdir(), 'paraph-cli-'));
  app = new RepositorySimulator('registry.test/team/app');
  base = new RepositorySimulator('registry.test/team/base');
  for (const repository of [app, base]) {
    repository.tag('1.4', `${repository.gun} 1.4`);
    repository.tag('latest', `${repository.gun} latest`);
    repository.delegate('targets/alice');
    repository.tag('draft', 'draft', 'targets/alice');
    repository.publish();
  }
  server = await SimulatedTrustServer.start(app, base);
});
afterEach(() => {
  closeServers();
  rmSync(homeDir, { recursive: true, force: true });
});

function verify(images: readonly string[], plan: WorldPlan = {}): Promise<Result> {
  const words = ['verify', ...images, ...server.flags];
  return paraph(words, { homeDir, nowMs: () => app.nowMs, ...plan });
}

const pinned = (repository: RepositorySimulator, content: string): string =>
  `${repository.gun}@${digestOf('sha256', Buffer.from(`${repository.gun} ${content}`))}`;

describe('verify', () => {
  it('prints name@digest alone on stdout', async () => {
    const { status, stdout, stderr } = await verify(['registry.test/team/app:1.4']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${pinned(app, '1.4')}\n` });
    expect(stderr).toMatch(
      /^registry\.test\/team\/app: trusted from now on, first use: root [0-9a-f]{7}\n$/,
    );
  });

  it('says nothing else the second time, and nothing on the first with --quiet', async () => {
    expect((await verify(['registry.test/team/app:1.4', '--quiet'])).stderr).toBe('');
    expect((await verify(['registry.test/team/app:1.4'])).stderr).toBe('');
  });

  it('means latest without a tag, and says so', async () => {
    const { stdout, stderr } = await verify(['registry.test/team/app']);
    expect(stdout).toBe(`${pinned(app, 'latest')}\n`);
    expect(stderr).toContain('latest');
  });

  it('prints a line for each image in order, and asks each repository once', async () => {
    const images = [
      'registry.test/team/base:1.4',
      'registry.test/team/app:1.4',
      'registry.test/team/base',
    ];
    const { status, stdout } = await verify(images);
    const lines = [pinned(base, '1.4'), pinned(app, '1.4'), pinned(base, 'latest')];
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${lines.join('\n')}\n` });
    expect(server.asked.filter((path) => path.endsWith('timestamp.json'))).toHaveLength(2);
  });

  it('prints the verified ones, and ends with the status of the worst', async () => {
    server.interfere = ({ url = '' }, response) => {
      if (!url.includes('team/base') || !url.includes('/targets.')) return false;
      answer(response, 200, '{}');
      return true;
    };
    const images = [
      'registry.test/team/app:none',
      'registry.test/team/base:1.4',
      'registry.test/team/app:1.4',
      'A!',
    ];
    const { status, stdout, stderr } = await verify(images);
    expect({ status, stdout }).toEqual({ status: 3, stdout: `${pinned(app, '1.4')}\n` });
    expect(stderr.match(/\[[A-Z_]+\]/g)).toEqual([
      '[TAG_NOT_SIGNED]',
      '[HASH_MISMATCH]',
      '[REFERENCE_INVALID]',
    ]);
  });

  it('refuses a tag that only a signer who does not count has signed', async () => {
    const { status, stdout, stderr } = await verify(['registry.test/team/app:draft']);
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' });
    expect(stderr).toContain('alice');
  });

  it('refuses a tag that is signed without a sha256 digest', async () => {
    const odd = { length: 3, hashes: new Map([['sha512', Buffer.alloc(64, 1)]]) };
    const draft = app.targets('targets');
    draft.targets = draft.targets.with(new Map([['odd', odd]]));
    app.publish();
    const { status, stdout, stderr } = await verify(['registry.test/team/app:odd']);
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' });
    expect(stderr).toContain('sha512');
  });

  it('compares a digest that stands beside the tag, and wants a tag', async () => {
    const [, digest = ''] = pinned(app, '1.4').split('@');
    expect(await verify([`registry.test/team/app:1.4@${digest}`])).toMatchObject({ status: 0 });
    const other = await verify([`registry.test/team/app:latest@${digest}`]);
    expect(other).toMatchObject({ status: 3, stdout: '' });
    // The content was not looked at: nothing says that anybody altered it.
    expect(other.stderr).not.toContain('altered');
    expect(other.stderr).toContain('paraph verify registry.test/team/app:latest');
    expect(await verify([`registry.test/team/app@${digest}`])).toMatchObject({
      status: 2,
      stdout: '',
    });
  });

  it('gives one JSON document of results, and one object a line of the rest', async () => {
    const images = ['registry.test/team/app:1.4', 'registry.test/team/app:none'];
    const { status, stdout, stderr } = await verify([...images, '--output', 'json']);
    expect(status).toBe(4);
    expect(JSON.parse(stdout)).toEqual({
      images: [
        {
          asked: 'registry.test/team/app:1.4',
          image: pinned(app, '1.4'),
          repository: 'registry.test/team/app',
          tag: '1.4',
          digest: pinned(app, '1.4').split('@')[1],
          size: 26,
          role: 'targets',
          source: 'server',
        },
      ],
    });
    const [notice, error, ...rest] = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(notice).toMatchObject({ notice: { kind: 'trust-began', reason: 'first-use' } });
    expect(error).toMatchObject({
      error: { code: 'TAG_NOT_SIGNED', exit: 4, subject: 'registry.test/team/app:none' },
    });
    expect(rest).toEqual([]);
  });

  it('works from the cache while the server is down, with a warning, until the cache expires', async () => {
    await verify(['registry.test/team/app:1.4']);
    server.interfere = (_, response) => (answer(response, 500), true);
    const offline = await verify(['registry.test/team/app:1.4']);
    expect(offline).toMatchObject({ status: 0, stdout: `${pinned(app, '1.4')}\n` });
    expect(offline.stderr).toMatch(
      /did not say what is newest.*\[SERVER_ERROR\]\n.*good until 2026-12-09/,
    );
    server.interfere = (_, response) => (answer(response, 404), true);
    const empty = await verify(['registry.test/team/app:1.4']);
    expect(empty).toMatchObject({ status: 0, stdout: `${pinned(app, '1.4')}\n` });
    expect(empty.stderr).toMatch(/says that it has nothing.*\n.*good until 2026-12-09/);
    server.interfere = (_, response) => (answer(response, 500), true);
    const late = app.nowMs + 15 * 24 * 60 * 60 * 1000;
    const expired = await verify(['registry.test/team/app:1.4'], { nowMs: () => late });
    expect(expired).toMatchObject({ status: 6, stdout: '' });
  });

  it('speaks of a coming expiry to consumers only when it is near', async () => {
    const soon = app.root.expires.ms - 20 * 24 * 60 * 60 * 1000;
    expect((await verify(['registry.test/team/app:1.4'])).stderr).not.toContain('ends');
    app.nowMs = soon;
    app.publish();
    const { status, stderr } = await verify(['registry.test/team/app:1.4'], { nowMs: () => soon });
    expect(status).toBe(0);
    expect(stderr).toContain('the metadata of root ends');
  });
});
