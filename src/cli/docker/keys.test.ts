// `docker trust key generate` and `key load`: no server is asked.
import { generateKeyPairSync } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dockerTrust, type Result, type WorldPlan } from '../../../test/cli/world.ts';

let home: string;
const passphrase = 'repository passphrase';
const env = { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrase };

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'paraph-docker-keys-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function trust(words: readonly string[], plan: WorldPlan = {}): Promise<Result> {
  return dockerTrust(words, { homeDir: home, env, ...plan });
}

function keyFiles(): readonly string[] {
  try {
    const folder = join(home, '.docker/trust/private');
    return readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  } catch {
    return [];
  }
}

function keyFile(name: string, text: string, mode = 0o600): string {
  writeFileSync(join(home, name), text, { mode });
  return name;
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

describe('the name of a base role', () => {
  it.each(['root', 'targets', 'snapshot', 'timestamp'])('%s is no name of a key', async (name) => {
    const file = keyFile('a.key', ec.privateKey.export({ type: 'sec1', format: 'pem' }).toString());
    for (const words of [
      ['key', 'generate', name],
      ['key', 'load', '--name', name, file],
    ]) {
      expect(await trust(words)).toEqual({
        status: 1,
        stdout: '',
        stderr: `key name "${name}" is the name of a role, use a different key name\n`,
      });
    }
    expect(keyFiles()).toEqual([]);
  });
});

describe('docker trust key generate', () => {
  it('keeps the private half encrypted, and gives the public half away', async () => {
    const { status, stdout, stderr } = await trust(['key', 'generate', 'alice']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(
      `Generating key for alice...\nSuccessfully generated and loaded private key. Corresponding public key available: ${home}/alice.pub\n`,
    );
    expect(keyFiles()).toEqual([
      expect.stringMatching(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\nrole: alice\n\n/),
    ]);
    expect(readFileSync(join(home, 'alice.pub'), 'utf8')).toMatch(
      /^-----BEGIN PUBLIC KEY-----\nrole: alice\n\n/,
    );
    expect(statSync(join(home, 'alice.pub')).mode & 0o777).toBe(0o600);
  });

  it('writes the public half where --dir says', async () => {
    mkdirSync(join(home, 'sub'));
    const { stdout } = await trust(['key', 'generate', 'alice', '--dir', 'sub']);
    expect(stdout).toContain('available: sub/alice.pub\n');
    expect(statSync(join(home, 'sub/alice.pub')).isFile()).toBe(true);
  });

  it.each([
    [
      'Alice',
      [],
      'key name "Alice" must start with lowercase alphanumeric characters and can include "-" or "_" after the first character\n',
    ],
    ['../x', [], 'key name "../x" must start with'],
    ['alice', ['--dir', 'none'], 'public key path does not exist: "none"\n'],
    ['alice', ['--dir', 'taken.pub'], 'public key path does not exist: "taken.pub"\n'],
    ['taken', [], 'public key file already exists: "'],
    ['targets', [], 'key name "targets" is the name of a role'],
  ])('of %s %j makes nothing', async (name, flags, words) => {
    keyFile('taken.pub', 'theirs');
    const { status, stderr } = await trust(['key', 'generate', name, ...flags]);
    expect([status, stderr.startsWith(words)]).toEqual([1, true]);
    expect(keyFiles()).toEqual([]);
    expect(readFileSync(join(home, 'taken.pub'), 'utf8')).toBe('theirs');
  });

  it('ends at once where nobody can be asked', async () => {
    const { status, stdout, stderr } = await trust(['key', 'generate', 'alice'], { env: {} });
    expect(status).toBe(1);
    expect(stdout).toContain('Generating key for alice...\n');
    expect(stderr).toMatch(/^failed to generate key for alice: no passphrase: the input ended\n/);
    expect(keyFiles()).toEqual([]);
  });
});

describe('docker trust key load', () => {
  it.each([
    ['PKCS#1', rsa.export({ type: 'pkcs1', format: 'pem' })],
    ['PKCS#8', rsa.export({ type: 'pkcs8', format: 'pem' })],
    ['SEC1', ec.privateKey.export({ type: 'sec1', format: 'pem' })],
  ])('encrypts a key of form %s under a passphrase', async (_form, pem) => {
    const file = keyFile('my.key', String(pem));
    const { status, stdout } = await trust(['key', 'load', '--name', 'carol', file]);
    expect([status, stdout]).toEqual([
      0,
      'Loading key from "my.key"...\nSuccessfully imported key from my.key\n',
    ]);
    expect(keyFiles()).toEqual([
      expect.stringMatching(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\nrole: carol\n/),
    ]);
  });

  it('stores an encrypted key, which docker loses and calls imported', async () => {
    const cipher = { cipher: 'aes-256-cbc', passphrase };
    const file = keyFile(
      'my.key',
      String(ec.privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher })),
    );
    expect(await trust(['key', 'load', file])).toMatchObject({ status: 0 });
    expect(keyFiles()).toEqual([expect.stringContaining('role: signer\n')]);
  });

  it('of an encrypted key with another passphrase stores nothing, and names it', async () => {
    const cipher = { cipher: 'aes-256-cbc', passphrase: 'something else' };
    const file = keyFile(
      'my.key',
      String(ec.privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher })),
    );
    const { status, stderr } = await trust(['key', 'load', file]);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^error importing key from my\.key: /),
    ]);
    expect(keyFiles()).toEqual([]);
  });

  it('again keeps the file that is there, and says so', async () => {
    const file = keyFile('my.key', String(ec.privateKey.export({ type: 'sec1', format: 'pem' })));
    await trust(['key', 'load', '--name', 'first', file]);
    const before = keyFiles();
    const { status, stderr } = await trust(['key', 'load', '--name', 'second', file]);
    expect([status, stderr]).toEqual([0, expect.stringContaining('is here already, as first')]);
    expect(keyFiles()).toEqual(before);
  });

  it.each([
    ['a file that others may read', 0o644, 'my.key must not be readable or writable by others\n'],
    [
      'no private key',
      0o600,
      "my.key is not a supported private key - to add a signer's public key use docker trust signer add\n",
    ],
  ])('refuses %s', async (_what, mode, words) => {
    const text =
      mode === 0o600
        ? ec.publicKey.export({ type: 'spki', format: 'pem' })
        : ec.privateKey.export({ type: 'sec1', format: 'pem' });
    const file = keyFile('my.key', String(text), mode);
    const { status, stderr } = await trust(['key', 'load', file]);
    expect([status, stderr]).toEqual([1, expect.stringContaining(words)]);
    expect(keyFiles()).toEqual([]);
  });

  it('tells a file that is missing as docker does', async () => {
    const { status, stdout, stderr } = await trust(['key', 'load', 'none.key']);
    expect([status, stdout]).toEqual([1, 'Loading key from "none.key"...\n']);
    expect(stderr).toMatch(
      /^refusing to load key from none\.key: stat none\.key: no such file or directory\n/,
    );
  });
});
