// `paraph signer add`, `remove` and `list`, before a whole stack.
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Publishing, startPublishing } from '../../../test/cli/publishing.ts';
import type { Result, WorldPlan } from '../../../test/cli/world.ts';

const manifest = ['--digest', `sha256:${'ab'.repeat(32)}`, '--size', '739'];
const codes = (text: string) => text.match(/\[[A-Z_]+\]/g);
const withoutIds = (text: string) => text.replaceAll(/\b[0-9a-f]{7,12}\b/g, 'ID');

let desk: Publishing;
/** Public keys as collaborators send them; the private half of alice's is in the trust directory as well. */
let workingDir: string;
let app: string;
let count = 0;

beforeAll(async () => {
  desk = await startPublishing();
  workingDir = mkdtempSync(join(tmpdir(), 'paraph-keys-of-others-'));
  for (const name of ['alice', 'bob', 'carol']) publicKeyOf(name);
});
afterAll(async () => {
  rmSync(workingDir, { recursive: true, force: true });
  await desk.close();
});
beforeEach(() => {
  count += 1;
  app = `${desk.repository}-${count}`;
});

function publicKeyOf(name: string): void {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  file(`${name}.pub`, publicKey.export({ type: 'spki', format: 'pem' }).toString());
  file(`${name}.key`, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}

function file(name: string, text: string): void {
  writeFileSync(join(workingDir, name), text, { mode: 0o600 });
}

const run = (words: readonly string[], plan: WorldPlan = {}) =>
  desk.run(words, { workingDir, ...plan });

async function must(...words: readonly string[]): Promise<Result> {
  const result = await run(words);
  expect(result.status, result.stderr).toBe(0);
  return result;
}

const importKeyOf = (name: string) => must('key', 'import', `${name}.key`, '--name', name);

const addSigner = (name: string, ...more: readonly string[]) =>
  must('signer', 'add', name, app, '--key', `${name}.pub`, ...more);

async function list(): Promise<readonly Record<string, unknown>[]> {
  const { stdout } = await must('signer', 'list', app, '--output', 'json');
  return (JSON.parse(stdout) as { signers: Record<string, unknown>[] }).signers;
}

describe('signer add', () => {
  it('makes the repository when there is none, and tells its keys', async () => {
    const { stdout, stderr } = await addSigner('alice');
    expect(withoutIds(stdout)).toBe(
      `added      alice to ${app}, key ID\npublished  root 1, targets 2, snapshot 1, timestamp 1\n`,
    );
    expect(stderr).toContain(`${app} is not signed yet. Its keys:`);
    expect(await list()).toMatchObject([
      {
        name: 'alice',
        role: 'targets/alice',
        keys: [{ type: 'ecdsa' }],
        paths: [''],
        releasingKeys: 1,
      },
    ]);
  });

  it('adds to several repositories, of which one may fail; a further key; and nothing twice', async () => {
    const other = `${app}-other`;
    await must('init', app);
    const both = await run(['signer', 'add', 'alice', app, other, '--key', 'alice.pub']);
    expect([both.status, both.stdout.match(/^added/gm)?.length]).toEqual([0, 2]);
    const key = await must('signer', 'add', 'alice', app, '--key', 'bob.pub');
    expect(withoutIds(key.stdout)).toMatch(
      /^added key {2}alice to .*, key ID\npublished {2}targets 4/,
    );
    const again = await must('signer', 'add', 'alice', app, '--key', 'bob.pub', '--output', 'json');
    expect(JSON.parse(again.stdout)).toMatchObject({
      repositories: [{ signer: 'alice', outcome: 'unchanged', uploaded: [] }],
    });
    const wrong = await run(['signer', 'add', 'bob', `${app}:1`, app, '--key', 'bob.pub']);
    expect([wrong.status, codes(wrong.stderr)]).toEqual([2, ['[REFERENCE_INVALID]']]);
    expect(await list()).toMatchObject([{ name: 'alice', keys: { length: 2 } }]);
  });

  it('--stage and --dry-run publish nothing', async () => {
    await must('init', app);
    const dry = await addSigner('alice', '--dry-run');
    expect(withoutIds(dry.stdout)).toContain(
      'adds  delegate  targets/releases  add key ID, for every tag\n',
    );
    expect((await addSigner('alice', '--stage')).stdout).toMatch(/^staged +delegate/);
    expect(await list()).toEqual([]);
    await must('publish', app);
    expect(await list()).toMatchObject([{ name: 'alice' }]);
  });

  it.each([
    ['a name in capitals', 'Alice', 'alice.pub', 2, 'ROLE_INVALID'],
    ['a name that leads elsewhere', '../root', 'alice.pub', 2, 'ROLE_INVALID'],
    ['the name of a base role', 'root', 'alice.pub', 2, 'ROLE_INVALID'],
    ['a name that moves the cursor', 'al\u001b[2Jice', 'alice.pub', 2, 'ROLE_INVALID'],
    ['the name of the releases role', 'releases', 'alice.pub', 2, 'ROLE_INVALID'],
    ['a private key', 'alice', 'alice.key', 8, 'KEY_UNREADABLE'],
    ['a file that is not there', 'alice', 'none.pub', 2, 'USAGE'],
    ['a directory', 'alice', '.', 2, 'USAGE'],
    ['no key at all', 'alice', 'garbage.pub', 8, 'KEY_UNREADABLE'],
    ['half a key', 'alice', 'half.pub', 8, 'KEY_UNREADABLE'],
    ['a short RSA key', 'alice', 'short.pub', 8, 'ALGORITHM_UNSUPPORTED'],
    ['a file without an end', 'alice', 'huge.pub', 2, 'USAGE'],
  ])('refuses %s before any server is asked', async (_, name, key, status, code) => {
    file('garbage.pub', '\u001b]0;owned\u0007 not a key');
    file('half.pub', '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0C\n-----END PUBLIC KEY-----\n');
    file('huge.pub', 'x'.repeat(2 * 1024 * 1024));
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
    file('short.pub', short.publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const env = { DOCKER_CONTENT_TRUST_SERVER: 'https://localhost:1' };
    const result = await run(['signer', 'add', name, app, '--key', key], { env });
    expect({ ...result, stderr: codes(result.stderr) }).toEqual({
      status,
      stdout: '',
      stderr: [`[${code}]`],
    });
    expect(result.stderr).not.toMatch(/[^\P{C}\n]|PRIVATE KEY-----/u);
  });

  it('without a key says what to give', async () => {
    const { status, stderr } = await run(['signer', 'add', 'alice', app]);
    expect(status).toBe(2);
    expect(stderr).toContain('--key FILE');
  });
});

describe('signer list', () => {
  it('shows who may sign what, or that nobody may', async () => {
    await must('init', app);
    expect(await must('signer', 'list', app)).toMatchObject({
      stdout: '',
      stderr: `${app} has no signer: its own key signs every tag.\n`,
    });
    await addSigner('alice');
    expect(withoutIds((await must('signer', 'list', app)).stdout)).toMatch(
      /^SIGNER +KEYS +MAY SIGN +RELEASES +SIGNED UNTIL\nalice +ID +every tag +yes +nothing yet\n$/,
    );
    const { stdout } = await must('signer', 'list', app, '--no-trunc');
    expect(stdout).toMatch(/[0-9a-f]{64}/);
  });

  it('of a repository that is not there exits with 4', async () => {
    expect(await run(['signer', 'list', app])).toMatchObject({ status: 4, stdout: '' });
  });
});

describe('signer remove', () => {
  it('takes the signer out of both roles in one publish', async () => {
    await addSigner('alice');
    await addSigner('bob');
    const { stdout } = await must('signer', 'remove', 'bob', app);
    expect(withoutIds(stdout)).toMatch(/^removed +bob from .*, key ID\npublished +targets 4/);
    expect(await list()).toMatchObject([{ name: 'alice', releasingKeys: 1 }]);
  });

  it('--key takes one key of a signer, by the beginning of its ID', async () => {
    await addSigner('alice');
    await must('signer', 'add', 'alice', app, '--key', 'bob.pub');
    const [alice] = await list();
    const [{ id }] = (alice as { keys: [{ id: string }] }).keys;
    for (const [text, status, code] of [
      ['123', 2, 'USAGE'],
      ['0000000', 8, 'KEY_ROLE_MISMATCH'],
    ] as const) {
      const refused = await run(['signer', 'remove', 'alice', app, '--key', text]);
      expect([refused.status, codes(refused.stderr)]).toEqual([status, [`[${code}]`]]);
    }
    const { stdout } = await must('signer', 'remove', 'alice', app, '--key', id.slice(0, 7));
    expect(stdout).toMatch(new RegExp(`^removed +key ${id.slice(0, 7)} of alice from `));
    expect(await list()).toMatchObject([{ name: 'alice', keys: { length: 1 }, releasingKeys: 1 }]);
  });

  it('of nobody is refused, and names who there is', async () => {
    await addSigner('alice');
    const { status, stderr } = await run(['signer', 'remove', 'bob', app, '--yes']);
    expect([status, codes(stderr)]).toEqual([2, ['[ROLE_INVALID]']]);
    expect(stderr).toContain('alice');
  });

  it('of the last who signed asks; without a terminal it names --yes; a no changes nothing', async () => {
    await addSigner('alice');
    await importKeyOf('alice');
    await must('sign', `${app}:1`, ...manifest);
    const words = ['signer', 'remove', 'alice', app];
    const unasked = await run(words);
    expect([unasked.status, codes(unasked.stderr)]).toEqual([2, ['[USAGE]']]);
    expect(unasked.stderr).toContain('--yes');
    const no = await run([...words, '--output', 'json'], { answers: ['no'] });
    expect(no.status).toBe(1);
    expect(JSON.parse(no.stdout)).toEqual({
      repositories: [{ repository: app, outcome: 'declined' }],
    });
    expect(await run(['verify', `${app}:1`])).toMatchObject({ status: 0 });
    const yes = await run(words, { answers: ['alice'] });
    expect([yes.status, yes.stdout.split(' ')[0]]).toEqual([0, 'removed']);
    expect(await run(['verify', `${app}:1`])).toMatchObject({ status: 4 });
  });
});

describe('a tag of the repository key beside signers', () => {
  it('is not revoked unasked: the role is named in the advice, and naming it revokes', async () => {
    await must('sign', `${app}:1`, ...manifest);
    await addSigner('carol');
    const refused = await run(['revoke', `${app}:1`]);
    expect([refused.status, codes(refused.stderr)]).toEqual([8, ['[KEY_NOT_FOUND]']]);
    expect(refused.stderr).toContain(`paraph revoke ${app}:1 --role targets`);
    expect(refused.stderr).toMatch(/`paraph\s+key import FILE`/);
    await must('revoke', `${app}:1`, '--role', 'targets');
    expect(await run(['verify', `${app}:1`])).toMatchObject({ status: 4 });
  });

  it('that can still be pulled is an error, whatever was revoked', async () => {
    await must('sign', `${app}:1`, ...manifest);
    await addSigner('alice');
    await importKeyOf('alice');
    const { status, stdout, stderr } = await run(['revoke', `${app}:1`, '--output', 'json']);
    expect(status).toBe(8);
    expect(JSON.parse(stdout)).toMatchObject({
      repositories: [{ tags: [{ tag: '1', outcome: 'still-signed' }] }],
    });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'KEY_NOT_FOUND' } });
    expect(await run(['verify', `${app}:1`])).toMatchObject({ status: 0 });
  });
});
