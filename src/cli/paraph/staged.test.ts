// Commands on what is staged: --stage, status, diff, publish, init and delete, before a whole stack. The change list is the
// one of notary.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Publishing, startPublishing, trust } from '../../../test/cli/publishing.ts';
import { notary, type Result, type WorldPlan } from '../../../test/cli/world.ts';
import { removeTargetChange } from '../../client/trustdir/change.ts';
import { TrustDirectory } from '../../client/trustdir/trust-directory.ts';

const manifest = ['--digest', `sha256:${'ab'.repeat(32)}`, '--size', '739'];
const codes = (text: string) => text.match(/\[[A-Z_]+\]/g);

let desk: Publishing;
let app: string;
let homeDir: string;
let count = 0;

beforeAll(async () => {
  desk = await startPublishing();
});
afterAll(() => desk.close());
beforeEach(() => {
  count += 1;
  app = `${desk.repository}-${count}`;
  homeDir = mkdtempSync(join(tmpdir(), 'paraph-staged-'));
  trust(homeDir, desk.stack.trustServer, desk.stack.tls.cert);
});
afterEach(() => rmSync(homeDir, { recursive: true, force: true }));

const run = (words: readonly string[], plan: WorldPlan = {}) =>
  desk.run(words, { homeDir, ...plan });

async function must(...words: readonly string[]): Promise<Result> {
  const result = await run(words);
  expect(result.status, result.stderr).toBe(0);
  return result;
}

const changeListPath = () => join(homeDir, '.docker/trust/tuf', app, 'changelist');

describe('what is staged', () => {
  it('by sign and revoke is shown, compared, published in order, and then gone', async () => {
    await must('sign', `${app}:1`, ...manifest);
    const staged = await must('sign', `${app}:2`, ...manifest, '--stage');
    expect(staged.stdout).toBe('staged  sign  targets  2  sha256:abababababab…  739 bytes\n');
    expect(staged.stderr).toBe(`Not published yet. Next: paraph publish ${app}\n`);
    await must('revoke', `${app}:1`, '--stage');
    expect((await must('status', app)).stdout).toBe(
      '0  staged  sign    targets  2  sha256:abababababab…  739 bytes\n' +
        '1  staged  revoke  targets  1\n',
    );
    expect((await must('diff', app)).stdout).toMatch(
      /would be published:\nadds +sign .*\nremoves +revoke .*\n\nsigns +targets +here/,
    );
    expect(await run(['verify', `${app}:2`])).toMatchObject({ status: 4 });
    expect((await must('publish', app)).stdout).toMatch(
      /^done {2}sign .*\ndone {2}revoke .*\npublished {2}targets 3, snapshot 2, timestamp 2\n$/,
    );
    expect(await run(['verify', `${app}:2`])).toMatchObject({ status: 0 });
    expect(await run(['verify', `${app}:1`])).toMatchObject({ status: 4 });
    expect(await must('status', app)).toMatchObject({
      stdout: '',
      stderr: `Nothing is staged for ${app}.\n`,
    });
  });

  it('is shared with notary, both ways', async () => {
    await must('sign', `${app}:1`, ...manifest);
    const ca = join(homeDir, 'ca.crt');
    writeFileSync(ca, desk.stack.tls.cert);
    const asNotary = (...words: readonly string[]) =>
      notary(
        [
          '-d',
          join(homeDir, '.docker/trust'),
          '-s',
          desk.stack.trustServer,
          '--tlscacert',
          ca,
          ...words,
        ],
        {
          homeDir,
          env: {
            NOTARY_TARGETS_PASSPHRASE: desk.env.DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE,
          },
        },
      );
    await must('sign', `${app}:2`, ...manifest, '--stage');
    expect((await asNotary('status', app)).stdout).toMatch(/^0 +create +targets +target +2$/m);
    expect(await asNotary('remove', app, '1')).toMatchObject({ status: 0 });
    expect((await must('status', app)).stdout).toMatch(/^1 +staged +revoke +targets +1$/m);
    await must('publish', app);
    expect((await asNotary('status', app)).stdout).toContain('No unpublished changes');
  });

  it('is taken back by number or as a whole; a number that there is not resets nothing', async () => {
    for (const tag of ['1', '2', '3']) await must('sign', `${app}:${tag}`, ...manifest, '--stage');
    const wrong = await run(['status', app, '--reset', '0,7']);
    expect([wrong.status, codes(wrong.stderr)]).toEqual([2, ['[USAGE]']]);
    expect((await must('status', app, '--reset', '0,2')).stdout).toMatch(
      /^0 +reset +sign +targets +1 .*\n2 +reset +sign +targets +3 .*\n$/,
    );
    expect(JSON.parse((await must('status', app, '--output', 'json')).stdout)).toEqual({
      repository: app,
      staged: [
        {
          number: 0,
          kind: 'set-tag',
          role: 'targets',
          tag: '2',
          digest: `sha256:${'ab'.repeat(32)}`,
          size: 739,
          file: expect.stringMatching(/\/changelist\/\d{20}_.*\.change$/),
        },
      ],
    });
    await must('status', app, '--reset', 'all');
    expect(readdirSync(changeListPath())).toEqual([]);
  });

  it('asks no server for its status', async () => {
    await must('sign', `${app}:1`, ...manifest, '--stage');
    const env = { DOCKER_CONTENT_TRUST_SERVER: 'https://localhost:1' };
    expect(await run(['status', app], { env })).toMatchObject({ status: 0 });
  });

  it('and cannot be read is shown, fits a terminal, and stops diff and publish', async () => {
    await must('sign', `${app}:1`, ...manifest);
    mkdirSync(changeListPath(), { recursive: true });
    const hostile = JSON.stringify({
      action: 'create',
      role: 'targets\u001b[2J\u202e',
      type: 'target\u001b]0;x\u0007',
      path: '1\u001b[1A\rsigned',
      data: null,
    });
    writeFileSync(join(changeListPath(), `${'0'.repeat(20)}_a.change`), hostile);
    writeFileSync(join(changeListPath(), `${'0'.repeat(19)}1_b.change`), '{"action":');
    const { stdout } = await must('status', app);
    expect(stdout.split('\n').map((line) => line.split(/ +/)[2])).toEqual([
      'unknown',
      'unreadable',
      undefined,
    ]);
    expect(stdout).not.toMatch(/[^\P{C}\n]/u);
    for (const words of [
      ['diff', app],
      ['publish', app],
    ]) {
      const refused = await run(words);
      expect([refused.status, codes(refused.stderr)], refused.stderr).toEqual([
        10,
        expect.arrayContaining(['[CACHE_DAMAGED]']),
      ]);
      expect(refused.stdout + refused.stderr).not.toMatch(/[^\P{C}\n]/u);
    }
    expect(readdirSync(changeListPath())).toHaveLength(2);
  });

  it('and cannot be signed here fails in diff as it would in publish', async () => {
    await must('sign', `${app}:1`, ...manifest);
    rmSync(join(homeDir, '.docker/trust/private'), { recursive: true });
    await must('sign', `${app}:2`, ...manifest, '--stage');
    const { status, stdout, stderr } = await run(['diff', app]);
    expect([status, codes(stderr)]).toEqual([8, ['[KEY_NOT_FOUND]']]);
    expect(stdout).toMatch(/could not be signed here:\nadds .*\n\nMISSING +targets +needs 1 of /);
    const json = await run(['publish', app, '--dry-run', '--output', 'json']);
    expect(json.status).toBe(8);
    expect(JSON.parse(json.stdout)).toMatchObject({ publishable: false });
    expect(await run(['publish', app])).toMatchObject({ status: 8 });
  });

  it('and changes nothing is told as nothing', async () => {
    await must('sign', `${app}:1`, ...manifest);
    const changeList = new TrustDirectory(join(homeDir, '.docker/trust')).repository(
      app,
    ).changeList;
    await changeList.add(1n, removeTargetChange('targets', 'mistyped'));
    const { stdout } = await must('publish', app, '--output', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      applied: [{ outcome: 'nothing', kind: 'remove-tag', tag: 'mistyped' }],
    });
    await changeList.add(1n, removeTargetChange('targets', 'mistyped'));
    expect((await must('publish', app)).stdout).toMatch(/^nothing +revoke +targets +mistyped$/m);
  });

  it('when it is nothing is a new snapshot', async () => {
    await must('sign', `${app}:1`, ...manifest);
    const { stdout, stderr } = await must('publish', app);
    expect(stdout).toBe('published  snapshot 2, timestamp 2\n');
    expect(stderr).toContain('Nothing was staged');
  });
});

describe('init', () => {
  it('makes a repository without a tag, once', async () => {
    const look = await must('init', app, '--dry-run');
    expect(look.stdout).toContain('would be made');
    expect(existsSync(join(homeDir, '.docker/trust/private'))).toBe(false);
    const { stdout, stderr } = await must('init', app);
    expect(stdout).toBe(
      `made       ${app}, with no tag yet\npublished  root 1, targets 2, snapshot 1, timestamp 1\n`,
    );
    expect(stderr).toMatch(/ {2}root +[0-9a-f]{7} {2}made now/);
    expect(stderr).toContain('The root key exists once.');
    expect((await must('inspect', app)).stdout).toContain('No tag is signed.');
    for (const flags of [[], ['--dry-run'], ['--stage']]) {
      const again = await run(['init', app, ...flags]);
      expect([again.status, codes(again.stderr)]).toEqual([9, ['[ALREADY_INITIALISED]']]);
    }
  });

  it('--stage prepares it, and publish sends it', async () => {
    const { stdout } = await must('init', app, '--stage');
    expect(stdout).toBe(`prepared   ${app}\n`);
    expect(await run(['inspect', app])).toMatchObject({ status: 4 });
    await must('sign', `${app}:1`, ...manifest, '--stage');
    expect((await must('diff', app)).stdout).toMatch(/would be made:\nadds +sign/);
    await must('publish', app);
    expect(await run(['verify', `${app}:1`])).toMatchObject({ status: 0 });
  });

  it('that cannot reach the server makes no key', async () => {
    const env = { ...desk.env, DOCKER_CONTENT_TRUST_SERVER: 'https://localhost:1' };
    expect(await run(['init', app], { env })).toMatchObject({ status: 6, stdout: '' });
    expect(existsSync(join(homeDir, '.docker/trust/private'))).toBe(false);
  });

  it('of a repository that nothing was staged for, and publish of one, are two things', async () => {
    const { status, stderr } = await run(['publish', app]);
    expect([status, codes(stderr)]).toEqual([4, ['[NO_TRUST_DATA]']]);
  });
});

describe('delete', () => {
  it('asks, names what is lost, and forgets here alone; keys stay', async () => {
    await must('sign', `${app}:1`, ...manifest);
    await must('sign', `${app}:2`, ...manifest, '--stage');
    expect(await run(['delete', app])).toMatchObject({ status: 2, stdout: '' });
    const no = await run(['delete', app], { answers: ['n'] });
    expect(no).toMatchObject({ status: 1, stdout: '' });
    expect(no.stderr).toContain('1 staged change that nobody has published will be gone');
    const { status, stdout, stderr } = await run(['delete', app], { answers: [app] });
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `forgot     ${app} in ~/.docker/trust, and 1 staged change\n`,
    });
    expect(stderr).toMatch(/Private keys are kept: root [0-9a-f]{7}, targets [0-9a-f]{7}/);
    expect(await run(['verify', `${app}:1`])).toMatchObject({ status: 0 });
  });

  it('--remote deletes it for everybody; one that is unknown here is told as that', async () => {
    await must('sign', `${app}:1`, ...manifest);
    const elsewhere = mkdtempSync(join(homeDir, 'home-'));
    trust(elsewhere, desk.stack.trustServer, desk.stack.tls.cert);
    const { stdout } = await run(['delete', app, '--remote', '--yes'], { homeDir: elsewhere });
    expect(stdout).toBe(
      `deleted    ${app} on ${desk.stack.trustServer}\n` +
        `unknown    ${app}: there was nothing of it in ~/.docker/trust\n`,
    );
    const { status, stderr } = await run(['verify', `${app}:1`]);
    expect([status, codes(stderr)?.[0]]).toEqual([0, '[NO_TRUST_DATA]']);
    expect(await run(['inspect', app], { homeDir: elsewhere })).toMatchObject({ status: 4 });
  });
});
