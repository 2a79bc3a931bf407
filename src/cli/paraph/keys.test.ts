// The commands on private keys that need no server, in this process.
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { paraph, type Result, type WorldPlan } from '../../../test/cli/world.ts';
import { readPublicKeys } from '../../keys/public-key-file.ts';

const passphrase = 'passphrase of the test';
const env = {
  DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: passphrase,
  DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrase,
};
const gun = 'registry.test/team/app';

let homeDir: string;
let other: string;
/** A home with a key of alice, made once: that takes its time. */
let template: string;
beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), 'paraph-keys-'));
  await must('key generate alice', { homeDir: template });
});
afterAll(() => rmSync(template, { recursive: true, force: true }));
beforeEach(() => {
  homeDir = mkdtempSync(join(tmpdir(), 'paraph-keys-'));
  other = mkdtempSync(join(tmpdir(), 'paraph-keys-'));
});
afterEach(() => {
  for (const directory of [homeDir, other]) rmSync(directory, { recursive: true, force: true });
});

function run(words: string, plan: WorldPlan = {}): Promise<Result> {
  return paraph(words.split(' '), { homeDir, env, ...plan });
}

async function must(words: string, plan: WorldPlan = {}): Promise<Result> {
  const result = await run(words, plan);
  expect(result.status, result.stderr).toBe(0);
  return result;
}

async function json(words: string, plan: WorldPlan = {}): Promise<Record<string, unknown>> {
  return JSON.parse((await must(`${words} --output json`, plan)).stdout) as Record<string, unknown>;
}

interface ListedKey {
  readonly id: string;
  readonly role: string;
  readonly repository: string | null;
  readonly location: string;
}

async function keys(plan: WorldPlan = {}): Promise<readonly ListedKey[]> {
  return (await json('key list', plan))['keys'] as readonly ListedKey[];
}

/** A key of alice with its public file, as if it was made here. */
async function makeAlice(): Promise<ListedKey> {
  cpSync(template, homeDir, { recursive: true });
  const [key] = await keys();
  if (key === undefined) throw new Error('no key was made');
  return key;
}

const file = (name: string): string => join(homeDir, name);
const bareKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'pem',
    type: 'pkcs8',
  }) as string;

/** A private key file that is for its owner alone. */
function write(name: string, text: string): void {
  writeFileSync(file(name), text, { mode: 0o600 });
}

describe('key generate', () => {
  it('keeps the private half here, and writes the public half for the owner of a repository', async () => {
    const { stdout, stderr } = await must('key generate alice');
    const [key] = await keys();
    const { publicBytes, canonicalId } = readPublicKeys(
      readFileSync(file('alice.pub'), 'utf8'),
      Date.now(),
    );
    expect(key).toMatchObject({ id: canonicalId, role: 'alice', repository: null });
    expect(publicBytes.length).toBeGreaterThan(0);
    expect(stdout).toBe(
      `made    alice  ${canonicalId.slice(0, 7)}  encrypted in ~/.docker/trust/private\n` +
        'public  alice           ~/alice.pub\n',
    );
    expect(stderr).toContain('paraph signer add alice IMAGE --key ~/alice.pub');
    expect(readFileSync(key?.location ?? '', 'utf8')).toContain('ENCRYPTED');
  });

  it('makes a root key without a public file', async () => {
    expect(await json('key generate root')).toMatchObject({
      key: { role: 'root', repository: null },
      publicFile: null,
    });
    expect(readdirSync(homeDir)).toEqual(['.docker']);
  });

  it('makes a pair of files and keeps nothing here', async () => {
    await must('key generate ci --pair ci');
    expect(await keys()).toEqual([]);
    expect(statSync(file('ci-key.pem')).mode & 0o777).toBe(0o600);
    expect(readFileSync(file('ci-key.pem'), 'utf8')).toContain('ENCRYPTED');
    readPublicKeys(readFileSync(file('ci.pem'), 'utf8'), Date.now());
  });

  it.each([
    ['key generate targets', 'made for one repository'],
    ['key generate Alice', 'cannot be the name of a key'],
    ['key generate ../alice', 'cannot be the name of a key'],
    ['key generate alice --pair a --public-file b', 'do not go together'],
    ['key generate alice --public-file nowhere/alice.pub', 'there is no directory'],
  ])('%s: wrong, and nothing is made', async (words, problem) => {
    const { status, stderr } = await run(words);
    expect(status).toBe(2);
    expect(stderr).toContain(problem);
    expect(existsSync(file('.docker'))).toBe(false);
  });

  it('refuses to replace a file before a key is made', async () => {
    write('alice.pub', 'the public half of a key in use');
    expect(await run('key generate alice')).toMatchObject({
      status: 10,
      stderr: expect.stringContaining('~/alice.pub is there already [DISK]'),
    });
    expect(readFileSync(file('alice.pub'), 'utf8')).toBe('the public half of a key in use');
    expect(await keys()).toEqual([]);
  });

  it('without a passphrase and without a terminal: names what would answer', async () => {
    const { status, stderr } = await run('key generate alice', { env: {} });
    expect(status).toBe(8);
    expect(stderr).toContain('DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE');
    expect(stderr).toContain('--passphrase-file FILE');
    expect(existsSync(file('alice.pub'))).toBe(false);
  });

  it('asks twice at a terminal', async () => {
    const { stderr } = await must('key generate alice', {
      env: {},
      answers: [passphrase, passphrase],
    });
    expect(stderr).toMatch(
      /New passphrase for the alice key [0-9a-f]{7}.*\nThe same passphrase again/s,
    );
  });
});

describe('key export and key import', () => {
  it('take every key to another machine, and ask nothing', async () => {
    const key = await makeAlice();
    await must('key export --file keys.pem', { env: {} });
    expect(statSync(file('keys.pem')).mode & 0o777).toBe(0o600);
    const { stdout } = await must(`key import ${file('keys.pem')}`, { homeDir: other, env: {} });
    expect(stdout).toContain(`stored   alice  ${key.id.slice(0, 7)}`);
    expect(await keys({ homeDir: other })).toMatchObject([{ id: key.id, role: 'alice' }]);
    const again = await json(`key import ${file('keys.pem')}`, { homeDir: other, env: {} });
    expect(again).toMatchObject({ keys: [{ id: key.id, outcome: 'present' }] });
  });

  it('export to stdout, and by the beginning of an ID', async () => {
    const key = await makeAlice();
    const { stdout } = await must(`key export ${key.id.slice(0, 7)}`);
    expect(stdout).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    expect(await json('key export')).toMatchObject({ keys: [{ id: key.id }], pem: stdout });
  });

  it('export the public half of a key that is here', async () => {
    const key = await makeAlice();
    const { stdout } = await must(`key export --public ${key.id.slice(0, 9)}`);
    expect(stdout).toBe(readFileSync(file('alice.pub'), 'utf8'));
  });

  it.each([
    ['key export', 8, 'there is no key in ~/.docker/trust [KEY_NOT_FOUND]'],
    ['key export 1234567', 8, 'there is no key 1234567 here [KEY_NOT_FOUND]'],
    [`key export --repository ${gun}`, 8, `there is no key of ${gun} here [KEY_NOT_FOUND]`],
    ['key export 123456', 2, 'at least 7 digits'],
    ['key export ../../etc/passwd', 2, 'is not an ID'],
    [`key export 1234567 --repository ${gun}`, 2, 'not by both'],
    ['key export --public', 2, '--public takes one key'],
    [`key export --repository ${gun}:1.4`, 2, 'names one image'],
  ])('%s: refused', async (words, status, problem) => {
    const result = await run(words);
    expect(result.stderr).toContain(problem);
    expect(result).toMatchObject({ status, stdout: '' });
  });

  it('an export is complete or nothing, and replaces no file', async () => {
    await makeAlice();
    write('keys.pem', 'an older back-up');
    expect(await run('key export --file keys.pem')).toMatchObject({ status: 10, stdout: '' });
    expect(readFileSync(file('keys.pem'), 'utf8')).toBe('an older back-up');
    writeFileSync(file(`.docker/trust/private/${'0'.repeat(64)}.key`), 'damaged');
    expect(await run('key export --file all.pem')).toMatchObject({ status: 8, stdout: '' });
    expect(existsSync(file('all.pem'))).toBe(false);
  });

  it('an import encrypts a bare key, under the name given', async () => {
    write('bare.pem', bareKey());
    const { stdout } = await must('key import bare.pem --name alice');
    expect(stdout).toMatch(/^stored +alice/);
    const [key] = await keys();
    expect(readFileSync(key?.location ?? '', 'utf8')).toContain('ENCRYPTED');
  });

  it('an import of a repository key needs the repository', async () => {
    write('bare.pem', bareKey());
    expect(await run('key import bare.pem --name targets')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Add --repository IMAGE'),
    });
    await must(`key import bare.pem --name targets --repository ${gun}`);
    expect(await keys()).toMatchObject([{ role: 'targets', repository: gun }]);
  });

  it('one file that cannot be taken does not keep the others out, and the status tells', async () => {
    write('good.pem', bareKey());
    write(
      'half.pem',
      `${bareKey()}-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n`,
    );
    const { status, stdout, stderr } = await run(
      'key import half.pem missing.pem good.pem --output json',
    );
    expect(status).toBe(8);
    expect(JSON.parse(stdout)).toMatchObject({ keys: [{ file: 'good.pem', outcome: 'stored' }] });
    expect(
      stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      { error: { subject: 'half.pem', exit: 8 } },
      { error: { subject: 'missing.pem', code: 'DISK' } },
    ]);
    expect(await keys()).toHaveLength(1);
  });

  it('an import refuses a file that others may read, and one that is no file', async () => {
    write('open.pem', bareKey());
    chmodSync(file('open.pem'), 0o644);
    const { status, stderr } = await run('key import open.pem /dev/zero');
    expect(status).toBe(10);
    expect(stderr).toContain('chmod 600 open.pem');
    expect(await keys()).toEqual([]);
  });

  it('names in a hostile file do not reach the terminal as they are', async () => {
    const body = bareKey().split('\n').slice(1).join('\n');
    write('evil.pem', `-----BEGIN PRIVATE KEY-----\nrole: \u001b[2Jalice\n\n${body}`);
    const { stdout, stderr } = await run('key import evil.pem');
    expect(stdout + stderr).not.toContain('\u001b');
    expect((await run('key list')).stdout).not.toContain('\u001b');
  });
});

describe('key passphrase', () => {
  it('takes the old one from a variable and asks for the new one', async () => {
    const key = await makeAlice();
    const { stdout } = await must(`key passphrase ${key.id.slice(0, 7)}`, {
      answers: ['another passphrase', 'another passphrase'],
    });
    expect(stdout).toBe(`changed  passphrase of alice ${key.id.slice(0, 7)}\n`);
    expect(await run(`key export --public ${key.id}`)).toMatchObject({ status: 8 });
    writeFileSync(file('new'), 'another passphrase\n');
    await must(`key export --public ${key.id} --passphrase-file new`);
  });

  it('fails at once without a terminal, and the key keeps the old one', async () => {
    const key = await makeAlice();
    const before = readFileSync(key.location);
    expect(await run(`key passphrase ${key.id}`)).toMatchObject({
      status: 8,
      stdout: '',
      stderr: expect.stringContaining('[PASSPHRASE_MISSING]'),
    });
    expect(readFileSync(key.location).equals(before)).toBe(true);
  });

  it('a wrong one changes nothing', async () => {
    const key = await makeAlice();
    const before = readFileSync(key.location);
    const { status, stderr } = await run(`key passphrase ${key.id}`, {
      env: { ...env, DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'not this one' },
      answers: ['another passphrase', 'another passphrase'],
    });
    expect(status).toBe(8);
    expect(stderr).toContain('[PASSPHRASE_WRONG]');
    expect(readFileSync(key.location).equals(before)).toBe(true);
  });
});

describe('key remove', () => {
  it('says what is lost and takes yes, or the beginning of the ID', async () => {
    for (const answer of ['yes', 'id']) {
      const key = await makeAlice();
      const { stdout, stderr } = await must(`key remove ${key.id.slice(0, 8)}`, {
        answers: [answer === 'id' ? key.id.slice(0, 7) : answer],
      });
      expect(stderr).toContain('its signer needs a new key in every repository');
      expect(stdout).toBe(`removed  alice ${key.id.slice(0, 7)}\n`);
      expect(await keys()).toEqual([]);
    }
  });

  it.each([{ answers: ['no'] }, { answers: ['y'] }, { answers: [''] }, { answers: [] }])(
    'keeps the key for $answers',
    async ({ answers }) => {
      const key = await makeAlice();
      const { status, stdout } = await run(`key remove ${key.id}`, { answers });
      expect([status, stdout]).toEqual([1, '']);
      expect(await keys()).toHaveLength(1);
    },
  );

  it('without a terminal fails at once, names --yes, and removes nothing', async () => {
    const key = await makeAlice();
    const { status, stderr } = await run(`key remove ${key.id}`);
    expect(status).toBe(2);
    expect(stderr).toContain('--yes');
    expect(await keys()).toHaveLength(1);
    expect(await json(`key remove ${key.id} --yes`)).toMatchObject({ removed: { id: key.id } });
    expect(await keys()).toEqual([]);
  });

  it('refuses a beginning that two keys have', async () => {
    const key = await makeAlice();
    const twin = `${key.id.slice(0, 63)}${key.id.endsWith('0') ? '1' : '0'}`;
    writeFileSync(file(`.docker/trust/private/${twin}.key`), readFileSync(key.location, 'utf8'));
    const { status, stderr } = await run(`key remove ${key.id.slice(0, 12)} --yes`);
    expect(status).toBe(8);
    expect(stderr).toContain('is the beginning of 2 keys [KEY_NOT_FOUND]');
    expect(existsSync(key.location)).toBe(true);
  });
});
