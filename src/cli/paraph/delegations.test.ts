// The commands on delegations, against a whole stack in this process. One repository serves all tests; each has roles of
// its own.
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Publishing, startPublishing, trust } from '../../../test/cli/publishing.ts';
import type { Result, WorldPlan } from '../../../test/cli/world.ts';
import { readPublicKeys } from '../../keys/public-key-file.ts';

let desk: Publishing;
let app: string;
beforeAll(async () => {
  desk = await startPublishing();
  app = desk.repository;
  const digest = `sha256:${'a'.repeat(64)}`;
  await must('sign', `${app}:1`, '--digest', digest, '--size', '7');
});
afterAll(() => desk.close());

const run = (...words: string[]): Promise<Result> => desk.run(words);

async function must(...words: string[]): Promise<Result> {
  const result = await run(...words);
  expect(result.status, result.stderr).toBe(0);
  return result;
}

const at = (plan: WorldPlan, ...words: string[]): Promise<Result> => desk.run(words, plan);

/** A public key in a file of that name; its id. */
function publicKey(name: string): string {
  const { publicKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = key.export({ type: 'spki', format: 'pem' }).toString();
  writeFileSync(join(desk.homeDir, name), pem);
  return readPublicKeys(pem, Date.now()).canonicalId;
}

interface Listed {
  readonly role: string;
  readonly keys: readonly { readonly id: string }[];
  readonly threshold: number;
  readonly paths: readonly string[];
}

async function delegation(role: string): Promise<Listed | undefined> {
  const { stdout } = await must('delegation', 'list', app, '--output', 'json');
  const { delegations } = JSON.parse(stdout) as { delegations: readonly Listed[] };
  return delegations.find((one) => one.role === role);
}

describe('delegation add', () => {
  it('makes a role, told when the server has confirmed it; the same again changes nothing', async () => {
    const id = publicKey('bob.pub');
    const words = ['delegation', 'add', app, 'team/../x', '--key', 'bob.pub', '--path', '1.'];
    expect((await run(...words)).status).toBe(2);
    words[3] = 'nightly';
    const { stdout } = await must(...words);
    expect(stdout).toMatch(
      new RegExp(
        `^done       delegate  targets/nightly  add key ${id.slice(0, 7)}, for tags 1\\.\\*\npublished  targets \\d`,
      ),
    );
    expect(await delegation('targets/nightly')).toMatchObject({
      keys: [{ id }],
      threshold: 1,
      paths: ['1.'],
    });
    const again = await must(...words);
    expect(again.stdout).toMatch(/^unchanged  delegate/);
    expect(again.stdout).not.toContain('published');
  });

  it('a role that is not there needs a key and tags, so that a slip makes none', async () => {
    publicKey('bob.pub');
    const noTags = await run('delegation', 'add', app, 'relaeses', '--key', 'bob.pub');
    expect(noTags).toMatchObject({ status: 2, stdout: '' });
    expect(noTags.stderr).toContain('is not made without the tags that it may sign');
    const noKey = await run('delegation', 'add', app, 'relaeses', '--all-paths');
    expect(noKey.stderr).toContain('is not made without a key');
    expect(await delegation('targets/relaeses')).toBeUndefined();
  });

  it('takes a threshold for a new role and for one that is there, which cannot be staged', async () => {
    publicKey('one.pub');
    publicKey('two.pub');
    const words = ['delegation', 'add', app, 'both', '--key', 'one.pub', '--threshold', '2'];
    const { stderr } = await must(...words, '--all-paths');
    expect(stderr).toContain('targets/both has 1 keys and needs 2');
    await must('delegation', 'add', app, 'both', '--key', 'two.pub');
    expect(await delegation('targets/both')).toMatchObject({ threshold: 2, paths: [''] });
    const staged = await run('delegation', 'add', app, 'both', '--threshold', '1', '--stage');
    expect(staged.stderr).toContain('a new threshold cannot be staged');
    await must('delegation', 'add', app, 'both', '--threshold', '1');
    expect(await delegation('targets/both')).toMatchObject({ threshold: 1 });
  });

  it.each([
    [['targets', '--all-paths'], 'is signed with the repository key'],
    [['Releases', '--all-paths'], 'is not a role'],
    [['releases'], 'nothing is added'],
    [['releases', '--path', ''], '--path is empty'],
    [['releases', '--path', '\u001b[2J'], '--path has a control character'],
    [['releases', '--path', '1', '--all-paths'], 'do not go together'],
    [['releases', '--threshold', '0'], 'is not a number of keys'],
    [['releases', '--key', 'missing.pub'], 'missing.pub'],
    [['releases', '--dry-run', '--stage', '--all-paths'], 'do not go together'],
  ])('%j: wrong', async (words, problem) => {
    const { status, stdout, stderr } = await run('delegation', 'add', app, ...words);
    expect(stderr).toContain(problem);
    expect([status, stdout]).toEqual([2, '']);
  });

  it.each([
    ['a private key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
    ['an escape', '\u001b[2J-----BEGIN \u001b[2J-----\nAAAA\n'],
    ['nothing', ''],
    ['far too much', 'A'.repeat(2_000_000)],
  ])('a key file that holds %s is refused, and none of it is shown', async (_, content) => {
    writeFileSync(join(desk.homeDir, 'evil.pub'), content);
    const result = await run('delegation', 'add', app, 'evil', '--key', 'evil.pub', '--all-paths');
    expect(result.status).not.toBe(0);
    expect(result.stderr).toContain('evil.pub');
    expect(result.stderr).not.toContain('\u001b');
    expect(result.stderr).not.toContain('AAAA');
    expect(await delegation('targets/evil')).toBeUndefined();
  });
});

describe('delegation remove', () => {
  it('takes keys by the beginning of their IDs, and tags', async () => {
    const [one, two] = [publicKey('one.pub'), publicKey('two.pub')];
    const keys = ['--key', 'one.pub', '--key', 'two.pub'];
    await must('delegation', 'add', app, 'pair', ...keys, '--path', '1.', '--path', '2.');
    const words = ['delegation', 'remove', app, 'pair', '--key', one.slice(0, 8), '--path', '2.'];
    const { stdout } = await must(...words);
    expect(stdout).toContain(`take out key ${one.slice(0, 7)}, take away tags 2.*`);
    expect(await delegation('targets/pair')).toMatchObject({ keys: [{ id: two }], paths: ['1.'] });
    const again = await run(...words);
    expect(again).toMatchObject({ status: 8, stdout: '' });
    expect(again.stderr).toContain('targets/pair has no key');
    await must('delegation', 'remove', app, 'pair', '--all-paths');
    expect(await delegation('targets/pair')).toMatchObject({ keys: [{ id: two }], paths: [] });
  });

  it('asks before a whole role goes, and takes its name for a yes', async () => {
    publicKey('gone.pub');
    await must('delegation', 'add', app, 'gone', '--key', 'gone.pub', '--all-paths');
    const words = ['delegation', 'remove', app, 'gone'];
    const silent = await run(...words);
    expect(silent.status).toBe(2);
    expect(silent.stderr).toContain('--yes');
    expect(await at({ answers: ['no'] }, ...words)).toMatchObject({ status: 1 });
    expect(await delegation('targets/gone')).toBeDefined();
    const answered = await at({ answers: ['targets/gone'] }, ...words);
    expect(answered.stderr).toContain('goes, with its keys');
    expect(answered.stdout).toMatch(/^done +remove +targets\/gone/);
    expect(await delegation('targets/gone')).toBeUndefined();
  });

  it('a role that is not there is a slip, or gone already: refused with those that are', async () => {
    publicKey('here.pub');
    await must('delegation', 'add', app, 'here', '--key', 'here.pub', '--all-paths');
    const { status, stderr } = await run('delegation', 'remove', app, 'hre', '--yes');
    expect(status).toBe(2);
    expect(stderr).toContain('has no role targets/hre [ROLE_INVALID]');
    expect(stderr).toContain('targets/here');
  });
});

describe('delegation purge', () => {
  it('takes a key out of every role', async () => {
    const stolen = publicKey('stolen.pub');
    const kept = publicKey('kept.pub');
    const keys = ['--key', 'stolen.pub', '--key', 'kept.pub', '--all-paths'];
    await must('delegation', 'add', app, 'first', ...keys);
    await must('delegation', 'add', app, 'second', ...keys);
    await must('delegation', 'purge', app, '--key', stolen.slice(0, 9));
    for (const role of ['targets/first', 'targets/second'])
      expect(await delegation(role)).toMatchObject({ keys: [{ id: kept }] });
    const again = await run('delegation', 'purge', app, '--key', stolen);
    expect(again.status).toBe(8);
    expect(again.stderr).toContain('has no key');
  });

  it('fails, naming the role, when the key goes on counting where this machine cannot sign', async () => {
    const homeDir = join(desk.homeDir, 'team');
    mkdirSync(homeDir);
    trust(homeDir, desk.stack.trustServer, desk.stack.tls.cert);
    await at({ homeDir }, 'key', 'generate', 'team');
    const bob = publicKey('bob.pub');
    writeFileSync(join(homeDir, 'bob.pub'), readFileSync(join(desk.homeDir, 'bob.pub')));
    const every = ['--all-paths', '--key'];
    await must('delegation', 'add', app, 'team', ...every, join(homeDir, 'team.pub'));
    const nested = await at({ homeDir }, 'delegation', 'add', app, 'team/x', ...every, 'bob.pub');
    expect(nested.status, nested.stderr).toBe(0);
    const words = ['delegation', 'purge', app, '--key', bob];
    const none = await run(...words);
    expect(none).toMatchObject({ status: 8, stdout: '' });
    expect(none.stderr).toContain('no role that lists the keys can be signed here');
    await must('delegation', 'add', app, 'own', ...every, 'bob.pub');
    const part = await run(...words);
    expect(part.stdout).toMatch(/^done +purge/);
    expect(part.stderr).toContain('targets/team cannot be signed here, and still lists the keys');
    expect(part.status).toBe(8);
    expect(await delegation('targets/own')).toMatchObject({ keys: [] });
    expect(await delegation('targets/team/x')).toMatchObject({ keys: [{ id: bob }] });
  });

  it.each([
    [[], 'no key is named'],
    [['--key', '123'], 'at least 7 digits'],
  ])('%j: wrong', async (words, problem) => {
    const { status, stderr } = await run('delegation', 'purge', app, ...words);
    expect(status).toBe(2);
    expect(stderr).toContain(problem);
  });
});

describe('staging, looking ahead, and witnessing', () => {
  it('a dry run opens no key, sends nothing, and says who would sign', async () => {
    const id = publicKey('dry.pub');
    const words = ['delegation', 'add', app, 'dry', '--key', 'dry.pub', '--all-paths', '--dry-run'];
    const { status, stdout } = await at(
      { env: { DOCKER_CONTENT_TRUST_SERVER: desk.stack.trustServer } },
      ...words,
    );
    expect(status).toBe(0);
    expect(stdout).toContain(
      `adds  delegate  targets/dry  add key ${id.slice(0, 7)}, for every tag`,
    );
    expect(stdout).toMatch(/signs +targets +here/);
    expect(await delegation('targets/dry')).toBeUndefined();
  });

  it('what is staged is published by paraph publish, in the change list that notary has', async () => {
    publicKey('staged.pub');
    const words = ['delegation', 'add', app, 'staged', '--key', 'staged.pub', '--all-paths'];
    const { stdout } = await must(...words, '--stage');
    expect(stdout).toMatch(/^staged +delegate +targets\/staged/);
    expect(await delegation('targets/staged')).toBeUndefined();
    await must('publish', app);
    expect(await delegation('targets/staged')).toMatchObject({ paths: [''] });
  });

  it('a role that has signed nothing cannot be witnessed', async () => {
    publicKey('away.pub');
    await must('delegation', 'add', app, 'away', '--key', 'away.pub', '--all-paths');
    const { status, stderr } = await run('delegation', 'witness', app, 'away');
    expect(status).toBe(2);
    expect(stderr).toContain('targets/away has signed nothing yet');
    const unknown = await run('delegation', 'witness', app, 'awy');
    expect(unknown.stderr).toContain('has no role targets/awy');
  });

  it('targets is signed again as it is', async () => {
    const { stdout } = await must('delegation', 'witness', app, 'targets', '--output', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      repository: app,
      changes: [{ outcome: 'done', kind: 'witness', role: 'targets' }],
      uploaded: ['targets'],
    });
  });

  it('a repository that is not there is not made', async () => {
    publicKey('bob.pub');
    const other = `${app}-not-there`;
    const words = ['delegation', 'add', other, 'releases', '--key', 'bob.pub', '--all-paths'];
    expect(await run(...words)).toMatchObject({ status: 4, stdout: '' });
    expect(await run(...words, '--output', 'json')).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('"code":"NO_TRUST_DATA"'),
    });
  });
});

describe('delegation list', () => {
  it('shows keys, threshold and tags, and fits a terminal', async () => {
    const id = publicKey('list.pub');
    await must('delegation', 'add', app, 'listed', '--key', 'list.pub', '--path', '1.');
    const { stdout } = await must('delegation', 'list', app);
    expect(stdout).toMatch(/^ROLE +KEYS +NEEDS +MAY SIGN +SIGNED UNTIL\n/);
    expect(stdout).toMatch(
      new RegExp(`^targets/listed +${id.slice(0, 12)} +1 of 1 +tags 1\\.\\* +nothing yet$`, 'm'),
    );
  });

  it('tags that another publisher has named do not reach the terminal as they are', async () => {
    publicKey('evil.pub');
    const words = ['delegation', 'add', app, 'escapes', '--key', 'evil.pub'];
    const added = await must(...words, '--path', '\u202e1');
    const { stdout } = await must('delegation', 'list', app);
    const json = await must('delegation', 'list', app, '--output', 'json');
    for (const text of [added.stdout, stdout, json.stdout]) expect(text).not.toContain('\u202e');
    expect(await delegation('targets/escapes')).toMatchObject({ paths: ['\u202e1'] });
  });

  it('needs no key', async () => {
    const homeDir = join(desk.homeDir, 'consumer');
    mkdirSync(homeDir);
    const env = { DOCKER_CONTENT_TRUST_SERVER: desk.stack.trustServer };
    writeFileSync(join(homeDir, 'ca.crt'), desk.stack.tls.cert);
    const words = ['delegation', 'list', app, '--tls-ca', 'ca.crt'];
    expect(await at({ homeDir, env }, ...words)).toMatchObject({ status: 0 });
    expect(readdirSync(join(homeDir, '.docker/trust'))).not.toContain('private');
  });
});
