import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedTrustServer } from '../../../test/cli/trust-server.ts';
import { paraph, type Result } from '../../../test/cli/world.ts';
import { answer, closeServers } from '../../../test/remote/local-servers.ts';
import { RepositorySimulator } from '../../../test/simulator/repository.ts';
import { digestOf } from '../../remote/manifest.ts';

let homeDir: string;
let app: RepositorySimulator;
let server: SimulatedTrustServer;

beforeEach(async () => {
  homeDir = mkdtempSync(join(tmpdir(), 'paraph-cli-'));
  app = new RepositorySimulator('registry.test/team/app');
  app.tag('1.4');
  app.delegate('targets/alice');
  app.tag('draft', 'draft', 'targets/alice');
  app.publish();
  server = await SimulatedTrustServer.start(app);
});
afterEach(() => {
  closeServers();
  rmSync(homeDir, { recursive: true, force: true });
});

function inspect(image: string, ...flags: readonly string[]): Promise<Result> {
  const words = ['inspect', image, ...flags, ...server.flags];
  return paraph(words, { homeDir, nowMs: () => app.nowMs });
}

describe('inspect', () => {
  it('shows tags and roles of a repository', async () => {
    const { status, stdout } = await inspect('registry.test/team/app');
    expect(status).toBe(0);
    expect(stdout.replaceAll(/[0-9a-f]{12}|root [0-9a-f]{7}/g, 'ID')).toMatchInlineSnapshot(`
      "registry.test/team/app   trusted since 2026-11-25, first use, ID

      TAG    DIGEST               SIGNED BY             SIZE
      1.4    sha256:ID  repository key           3
      draft  sha256:ID  alice (not released)     5

      ROLE           KEYS           NEEDS  VERSION  EXPIRES
      root           ID  1 of 1        1  2036-11-22
      targets        ID  1 of 1        2  2029-11-24
      targets/alice  ID  1 of 1        1  2029-11-24
      snapshot       ID  server        2  2029-11-24
      timestamp      ID  server        2  2026-12-09  in 14 days
      "
    `);
  });

  it('of a tag shows that tag and what a pull does', async () => {
    const { status, stdout } = await inspect('registry.test/team/app:1.4');
    expect(status).toBe(0);
    expect(stdout).toContain('1.4');
    expect(stdout).not.toMatch(/draft|timestamp/);
    expect(stdout).toMatch(/A pull takes this digest\.\n$/);
  });

  it('of a tag that nobody released shows it, and ends as a pull would', async () => {
    const { status, stdout, stderr } = await inspect('registry.test/team/app:draft');
    expect(status).toBe(4);
    expect(stdout).toMatch(/alice \(not released\)[^]*A pull refuses this tag\.\n$/);
    expect(stderr).toContain('[TAG_NOT_SIGNED]');
  });

  it('of a tag that nobody signed shows nothing but the refusal', async () => {
    const { status, stdout, stderr } = await inspect('registry.test/team/app:none');
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' });
    expect(stderr).toMatch(/^error: .*registry\.test\/team\/app:none.* \[TAG_NOT_SIGNED\]/m);
  });

  it('of a tag with a digest compares, as verify does', async () => {
    const signed = digestOf('sha256', Buffer.from('1.4'));
    const same = await inspect(`registry.test/team/app:1.4@${signed}`);
    expect(same.status, same.stderr).toBe(0);
    expect(same.stdout).toMatch(/A pull takes this digest\.\n$/);
    const asked = `sha256:${'0'.repeat(64)}`;
    const other = await inspect(`registry.test/team/app:1.4@${asked}`);
    expect(other.status).toBe(3);
    expect(other.stdout).toContain(signed.slice(0, 19));
    expect(other.stdout).toMatch(/A pull refuses the digest that was asked for\.\n$/);
    expect(other.stderr).toMatch(/\[DIGEST_MISMATCH\]\n {2}signed +sha256.*\n {2}asked +sha256:0/);
  });

  it('of a digest without a tag is refused, as by verify', async () => {
    const image = `registry.test/team/app@sha256:${'0'.repeat(64)}`;
    const { status, stdout, stderr } = await inspect(image);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(
      /\[REFERENCE_INVALID\]\n[^]*paraph inspect registry\.test\/team\/app:TAG/,
    );
  });

  it('of a repository without trust data is unsigned', async () => {
    expect(await inspect('registry.test/team/other')).toMatchObject({ status: 4, stdout: '' });
  });

  it('gives JSON, also for the refusal', async () => {
    const { stdout } = await inspect('registry.test/team/app', '--output', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      repository: 'registry.test/team/app',
      tags: [
        { tag: '1.4', accepted: true, signers: ['repository key'] },
        { tag: 'draft', accepted: false, signers: ['alice'] },
      ],
    });
    const refused = await inspect('registry.test/team/app:none', '--output', 'json');
    expect(JSON.parse(refused.stderr.split('\n').at(-2) ?? '')).toMatchObject({
      error: { code: 'TAG_NOT_SIGNED', subject: 'registry.test/team/app:none' },
    });
  });

  it('says of a skipped delegation in its row that it does not count', async () => {
    server.interfere = ({ url = '' }, response) => {
      if (!url.includes('targets/alice')) return false;
      answer(response, 404);
      return true;
    };
    const { status, stdout, stderr } = await inspect('registry.test/team/app');
    expect(status === 0 ? stdout : stderr).toMatch(/targets\/alice/);
  });
});
