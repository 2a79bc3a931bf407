// The commands on private keys, and rotation, in this process.

import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Publishing, startPublishing } from '../../../test/cli/publishing.ts';
import { notary, type Result, type WorldPlan } from '../../../test/cli/world.ts';

const gun = 'registry.test/team/app';
const passphrases = {
  NOTARY_ROOT_PASSPHRASE: 'root passphrase',
  NOTARY_TARGETS_PASSPHRASE: 'targets passphrase',
  NOTARY_SNAPSHOT_PASSPHRASE: 'snapshot passphrase',
  NOTARY_DELEGATION_PASSPHRASE: 'delegation passphrase',
};

let publishing: Publishing;
let homeDir: string;

beforeEach(async () => {
  publishing = await startPublishing();
  ({ homeDir } = publishing);
  mkdirSync(join(homeDir, '.notary'));
  writeFileSync(join(homeDir, 'ca.crt'), publishing.stack.tls.cert);
  const remote = { url: publishing.stack.trustServer, root_ca: '../ca.crt' };
  writeFileSync(join(homeDir, '.notary/config.json'), JSON.stringify({ remote_server: remote }));
});
afterEach(() => publishing.close());

function run(words: string, plan: WorldPlan = {}): Promise<Result> {
  const env = { HOME: homeDir, ...passphrases, ...plan.env };
  return notary(words.split(' '), { homeDir, ...plan, env });
}

async function must(words: string, plan: WorldPlan = {}): Promise<string> {
  const { status, stdout, stderr } = await run(words, plan);
  expect(status, stdout + stderr).toBe(0);
  return stdout;
}

const keyFile = (id: string): string => join(homeDir, '.notary/private', `${id}.key`);
const file = (name: string): string => join(homeDir, name);

/** The ids of all keys of `role`, in the order of the list. */
async function ids(role: string): Promise<readonly string[]> {
  const list = await must('key list');
  return [...list.matchAll(new RegExp(`^${role} .*?\\b([0-9a-f]{64})\\b`, 'gm'))].map(
    ([, id = '']) => id,
  );
}

describe('key generate', () => {
  it('makes a key of any role, a root key without', async () => {
    const root = await must('key generate');
    expect(root).toMatch(/^Generated new ecdsa root key with keyID: [0-9a-f]{64}\n$/);
    const alice = await must('key generate ECDSA -r alice');
    expect(alice).toMatch(/^Generated new ecdsa alice key with keyID: /);
    expect(root).toContain(`${(await ids('root'))[0]}`);
    expect(statSync(keyFile((await ids('alice'))[0] ?? '')).mode & 0o777).toBe(0o600);
  });

  it('makes a pair in files with -o, and stores nothing', async () => {
    expect(await must('key generate -r alice -o pair')).toBe('');
    expect(readFileSync(file('pair.pem'), 'utf8')).toMatch(
      /^-----BEGIN PUBLIC KEY-----\nrole: alice\n\n/,
    );
    expect(readFileSync(file('pair-key.pem'), 'utf8')).toMatch(
      /^-----BEGIN ENCRYPTED PRIVATE KEY-----\nrole: alice\n\n/,
    );
    expect(await must('key list')).toBe('\nNo signing keys found.\n\n');
    const before = readFileSync(file('pair-key.pem'));
    expect((await run('key generate -r alice -o pair')).status).toBe(1);
    expect(readFileSync(file('pair-key.pem'))).toEqual(before);
  });

  it('fails in the words of notary without a passphrase', async () => {
    const env = { NOTARY_DELEGATION_PASSPHRASE: '' };
    expect((await run('key generate -r alice', { env })).stdout).toBe(
      '\n* fatal: Failed to create a new alice key: maximum number of passphrase attempts exceeded\n',
    );
  });
});

describe('key list', () => {
  it('has root keys first, then repositories, and cuts long names from the left', async () => {
    mkdirSync(join(homeDir, '.notary/private'));
    const long = 'registry.example.test/a/long/name';
    for (const [index, headers] of [
      `gun: ${long}\nrole: targets`,
      'role: zoe',
      `gun: ${long}\nrole: snapshot`,
      'role: root',
    ].entries()) {
      // Listing opens nothing.
      const pem = `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${headers}\n\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n`;
      writeFileSync(keyFile(`${index}`.padStart(64, 'a')), pem);
    }
    const roles = [...(await must('key list')).matchAll(/^(\w+) +(\S+ +)?[0-9a-f]{64}/gm)];
    expect(roles.map(([, role, name = '']) => `${role} ${name.trim()}`.trim())).toEqual([
      'root',
      'zoe',
      'snapshot ...ample.test/a/long/name',
      'targets ...ample.test/a/long/name',
    ]);
  });
});

describe('key remove', () => {
  it('removes after a yes, and not otherwise', async () => {
    await must('key generate -r alice');
    const [id = ''] = await ids('alice');
    const place = join(homeDir, '.notary/private');
    const question = `\nAre you sure you want to remove ${id} (role alice) from ${place}?  (yes/no)  `;
    for (const input of ['n\n', '', 'yes sure\n']) {
      expect(await must(`key remove ${id}`, { input })).toBe(`${question}\nAborting action.\n\n`);
    }
    expect(existsSync(keyFile(id))).toBe(true);
    expect(await must(`key remove ${id}`, { input: 'y\n' })).toBe(
      `${question}\nDeleted ${id} (role alice) from ${place}.\n\n`,
    );
    expect(existsSync(keyFile(id))).toBe(false);
  });

  it('fails for a key that there is not', async () => {
    const none = '0'.repeat(64);
    expect(await run(`key remove ${none}`)).toMatchObject({
      status: 1,
      stdout: `\n\n\n* fatal: No key with ID ${none} found\n`,
    });
    for (const odd of ['abc', '../../etc/passwd', `${'0'.repeat(63)}é`]) {
      expect((await run(`key remove ${odd}`)).stdout).toContain(`invalid key ID provided: ${odd}`);
    }
    const path = `${'../'.repeat(20)}etc/`.padEnd(64, 'x');
    expect((await run(`key remove ${path}`)).stdout).toContain('No key with ID ');
  });
});

describe('key passwd', () => {
  it('has one message for whatever keeps a key shut, and a code for each', async () => {
    await must('key generate -r alice');
    const [id = ''] = await ids('alice');
    const words = `\n* fatal: could not retrieve local key for key ID provided: `;
    const wrong = await run(`key passwd ${id}`, {
      env: { NOTARY_DELEGATION_PASSPHRASE: 'another passphrase' },
    });
    expect(wrong.stdout).toBe(`${words}${id}\n`);
    expect(wrong.stderr).toContain('PASSPHRASE_WRONG');
    const none = '0'.repeat(64);
    const missing = await run(`key passwd ${none}`);
    expect(missing.stdout).toBe(`${words}${none}\n`);
    expect(missing.stderr).toContain('KEY_NOT_FOUND');
  });

  // Go takes the new passphrase from the same variable and reports a change that is none.
  it('changes nothing without anybody to ask for the new one', async () => {
    await must('key generate -r alice');
    const [id = ''] = await ids('alice');
    const before = readFileSync(keyFile(id));
    const { status, stdout } = await run(`key passwd ${id}`);
    expect(status).toBe(1);
    expect(stdout).not.toContain('Successfully');
    expect(readFileSync(keyFile(id))).toEqual(before);
  });
});

describe('key export and import', () => {
  it('carry keys from one directory to another', async () => {
    await must(`init ${gun} -p`);
    await must('key export -o all.pem');
    expect(statSync(file('all.pem')).mode & 0o777).toBe(0o600);
    const exported = readFileSync(file('all.pem'), 'utf8');
    expect(exported.match(/^path: [0-9a-f]{64}$/gm)).toHaveLength(3);
    expect(exported).not.toContain('BEGIN PRIVATE KEY');
    expect(await must(`key export --key ${(await ids('root'))[0]}`)).toMatch(/^role: root$/m);
    expect((await must(`key export --gun ${gun}`)).match(/^gun: /gm)).toHaveLength(2);
    expect(await must('key import all.pem -d other')).toBe('');
    expect(readdirSync(file('other/private'))).toEqual(
      readdirSync(join(homeDir, '.notary/private')),
    );
  });

  // Go writes an empty file, and a back-up holds nothing.
  it('fail for a key or repository that there is not', async () => {
    await must('key generate');
    for (const flags of [`--key ${'0'.repeat(64)}`, '--key abc', '--gun registry.test/none']) {
      expect(await run(`key export ${flags} -o none.pem`)).toMatchObject({ status: 1 });
      expect(existsSync(file('none.pem'))).toBe(false);
    }
  });

  it('give a key without a passphrase a new one, and the role that is named', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(file('bare.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await must('key import bare.pem -r alice');
    const [id = ''] = await ids('alice');
    expect(readFileSync(keyFile(id), 'utf8')).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    await must(`key import bare.pem -r targets -g ${gun} -d other`);
    expect(await must('key list -d other')).toMatch(/^targets +registry/m);
  });

  // Go exits 0 as soon as one of several keys was stored.
  it('import all of a file or nothing, and say so', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const good = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const damaged = good.replace(/\n(.{20})/, '\nAAAAAAAAAAAAAAAAAAAA');
    writeFileSync(file('mixed.pem'), good + damaged);
    writeFileSync(file('none.pem'), 'no keys');
    for (const name of ['mixed.pem', 'none.pem', 'nowhere.pem', '.']) {
      expect(await run(`key import ${name} -r alice`)).toMatchObject({ status: 1 });
    }
    expect(await must('key list')).toBe('\nNo signing keys found.\n\n');
  });
});

describe('key rotate', () => {
  const done = (role: string): string => `Successfully rotated ${role} key for repository ${gun}\n`;

  it('replaces keys, and removes old files of targets and snapshot', async () => {
    await must(`init ${gun} -p`);
    const [before = ''] = await ids('targets');
    expect(await must(`key rotate ${gun} targets`)).toBe(done('targets'));
    expect(await ids('targets')).not.toContain(before);
    expect(await ids('targets')).toHaveLength(1);
    expect(await must(`key rotate ${gun} snapshot -r`)).toBe(done('snapshot'));
    expect(await ids('snapshot')).toEqual([]);
    expect(await must(`key rotate ${gun} snapshot`)).toBe(done('snapshot'));
    expect(await must(`key rotate ${gun} timestamp -r`)).toBe(done('timestamp'));
    await must(`list ${gun}`);
  });

  it('asks before a root key goes', async () => {
    await must(`init ${gun} -p`);
    const question = [
      'Warning: you are about to rotate your root key.',
      '',
      'You must use your old key to sign this root rotation.',
      'Are you sure you want to proceed?  (yes/no)  ',
    ].join('\n');
    expect(await must(`key rotate ${gun} root`, { input: 'no\n' })).toBe(
      `${question}\nAborting action.\n`,
    );
    expect(await ids('root')).toHaveLength(1);
    expect(await must(`key rotate ${gun} root`, { input: 'yes\n' })).toBe(question + done('root'));
    expect(await ids('root')).toHaveLength(2);
    await must(`list ${gun} -d fresh`);
  });

  it('takes a key from a file, of root only an encrypted one, and none after a no', async () => {
    await must(`init ${gun} -p`);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(file('bare.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await must('key generate -r root -o new', {
      env: { NOTARY_DELEGATION_PASSPHRASE: 'root passphrase' },
    });
    expect(await run(`key rotate ${gun} root -k bare.pem`, { input: 'yes\n' })).toMatchObject({
      stdout: expect.stringContaining('* fatal: only encrypted root keys may be imported\n'),
    });
    await must(`key rotate ${gun} root -k new-key.pem`, { input: 'no\n' });
    expect(await ids('root')).toHaveLength(1);
    await must(`key rotate ${gun} root -k new-key.pem`, { input: 'yes\n' });
    expect(await ids('root')).toHaveLength(2);
    await must(`key rotate ${gun} targets -k bare.pem`);
    expect((await run(`key rotate ${gun} targets -k nowhere`)).stdout).toBe(
      '\n* fatal: Error reading input root key file: open nowhere: no such file or directory\n',
    );
  });

  it.each([
    ['timestamp', 'notary does not permit the client managing the timestamp key'],
    ['root -r', 'notary does not permit the server managing the root key'],
    ['targets -r', 'notary does not permit the server managing the targets key'],
    ['targets/a', 'notary does not currently permit rotating the targets/a key'],
  ])('refuses %s before anything is asked', async (role, words) => {
    const { status, stdout } = await run(`key rotate ${gun} ${role} -k nowhere`, {
      input: 'yes\n',
    });
    expect(status).toBe(1);
    expect(stdout).toBe(`\n* fatal: ${words}\n`);
  });

  it('with --legacy -1 has every root key sign that is here, with 0 the last one alone', async () => {
    await must(`init ${gun} -p`);
    const signers = async (flags: string): Promise<number> => {
      await must(`key rotate ${gun} root ${flags}`, { input: 'yes\n' });
      const root = readFileSync(file(`.notary/tuf/${gun}/metadata/root.json`), 'utf8');
      return (JSON.parse(root) as { signatures: unknown[] }).signatures.length;
    };
    expect(await signers('--legacy 0')).toBe(2);
    expect(await signers('')).toBe(2);
    expect(await signers('--legacy -1')).toBe(4);
  });
});

describe('init with a key from a file', () => {
  it('uses it, encrypted only', async () => {
    const env = { NOTARY_DELEGATION_PASSPHRASE: 'root passphrase' };
    await must('key generate -r root -o root', { env });
    const out = await must(`init ${gun} --rootkey root-key.pem -p`);
    expect(out).toContain(`Root key found, using: ${(await ids('root'))[0]}\n`);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(file('plain.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    expect((await run('init other --rootkey plain.pem')).stdout).toBe(
      '\n* fatal: only encrypted root keys may be imported\n',
    );
    expect((await run('init other --rootkey nowhere')).stdout).toContain(
      'Error reading input root key file: open nowhere: no such file or directory',
    );
  });

  it('wants the certificate to be of a key that is here', async () => {
    writeFileSync(file('foreign.crt'), publishing.stack.tls.cert);
    await must('key generate');
    const { status, stdout } = await run(`init ${gun} --rootcert foreign.crt`);
    expect(status).toBe(1);
    expect(stdout).toContain('cannot find matching private key id');
    expect((await run(`init ${gun} --rootcert nowhere`)).stdout).toContain(
      'error reading certificate file: open nowhere: no such file or directory',
    );
    expect(await ids('targets')).toEqual([]);
  });
});

describe('a delegation', () => {
  it('is added with keys and paths, used, listed and emptied', async () => {
    await must(`init ${gun} -p`);
    await must('key generate -r alice -o alice');
    await must('key import alice-key.pem');
    writeFileSync(file('v1'), 'content');
    const [id = ''] = await ids('alice');
    expect(await must(`delegation add ${gun} targets/a alice.pem --paths team/,b/ -p`)).toBe(
      [
        '',
        `Addition of delegation role targets/a with keys [${id}], with paths [b/`,
        `team/], to repository "${gun}" staged for next publish.`,
        '',
        `Auto-publishing changes to ${gun}`,
        `Successfully published changes for repository ${gun}`,
        '',
      ].join('\n'),
    );
    await must(`add ${gun} team/v1 v1 -r targets/a -p`);
    expect(await must(`list ${gun}`)).toMatch(/^team\/v1 .* targets\/a$/m);
    expect(await must(`delegation list ${gun}`)).toContain(id);
    await must(`delegation add ${gun} targets/a --all-paths -p`);
    expect(await must(`delegation list ${gun}`)).toContain('"" <all paths>');
    await must(`delegation remove ${gun} targets/a ${id} -p`);
    expect(await must(`delegation list ${gun}`)).not.toContain(id);
  });

  it.each([
    ['targets/UP alice.pem', 'failed to create delegation: tuf: invalid role targets/UP. invalid'],
    ['targets/a nowhere', 'file for public key does not exist: nowhere'],
    ['targets/a .', 'unable to read public key from file: .'],
    [
      'targets/a v1',
      'unable to parse valid public key certificate from PEM file v1: no valid public key found',
    ],
    ['targets/a alice-key.pem', 'unable to parse valid public key certificate from PEM file'],
  ])('is not staged with %s', async (words, problem) => {
    await must('key generate -r alice -o alice');
    writeFileSync(file('v1'), 'content');
    const { status, stdout } = await run(`delegation add ${gun} ${words} --paths x`);
    expect(status).toBe(1);
    expect(stdout).toContain(`\n* fatal: ${problem}`);
    expect(await must(`status ${gun}`)).toContain('No unpublished changes');
  });
});
