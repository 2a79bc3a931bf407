import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { notary } from '../../../test/cli/world.ts';
import { parseCobra } from '../cobra/parse.ts';
import type { World } from '../world.ts';
import type { NotaryCall } from './command.ts';
import { notaryProgram } from './commands.ts';
import { type NotaryConfig, readConfig } from './config.ts';

let homeDir: string;
let workingDir: string;

beforeEach(() => {
  homeDir = mkdtempSync(join(tmpdir(), 'notary-config-'));
  workingDir = join(homeDir, 'work');
  mkdirSync(join(homeDir, '.notary'));
  mkdirSync(workingDir);
});
afterEach(() => rmSync(homeDir, { recursive: true, force: true }));

const pin = '0'.repeat(64);

function write(settings: unknown, name = join(homeDir, '.notary/config.json')): void {
  writeFileSync(name, typeof settings === 'string' ? settings : JSON.stringify(settings));
}

function config(...flags: readonly string[]): Promise<NotaryConfig> {
  return readConfig(callOf(['status', 'gun', ...flags]));
}

function callOf(argv: readonly string[]): NotaryCall {
  const read = parseCobra(argv, notaryProgram);
  if (read.kind !== 'run') throw new Error(JSON.stringify(read));
  const silent = { write: () => true };
  const world: World = {
    env: { HOME: homeDir },
    homeDir: '/nonexistent',
    workingDir,
    stdout: silent,
    stderr: silent,
    stdin: () => Readable.from([]),
    terminalStreams: () => ({ input: Readable.from([]), output: new PassThrough() }),
    nowMs: Date.now,
    interrupted: () => new Promise(() => undefined),
  };
  return { path: read.path, args: read.args, flags: read.flags, world };
}

describe('without a file', () => {
  it('there are the defaults of notary', async () => {
    expect(await config()).toMatchObject({
      trustDir: join(homeDir, '.notary'),
      server: {
        url: 'https://notary-server:4443',
        caFile: undefined,
        clientCertFile: undefined,
        clientKeyFile: undefined,
        isUnverified: false,
      },
      unknown: [],
    });
  });

  it('that -c names, it fails as in notary', async () => {
    await expect(config('-c', 'none.json')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'error opening config file: open none.json: no such file or directory',
    });
  });
});

describe('settings', () => {
  it('have paths from the file on, the trust directory from the working directory', async () => {
    write({
      trust_dir: 'trust',
      remote_server: {
        url: 'https://trust.example.com/base',
        root_ca: 'ca.crt',
        tls_client_cert: '../c.crt',
        tls_client_key: '/abs/c.key',
        skipTLSVerify: true,
      },
    });
    expect(await config()).toMatchObject({
      trustDir: join(workingDir, 'trust'),
      server: {
        url: 'https://trust.example.com/base',
        caFile: join(homeDir, '.notary/ca.crt'),
        clientCertFile: join(homeDir, 'c.crt'),
        clientKeyFile: '/abs/c.key',
        isUnverified: true,
      },
    });
  });

  it('give way to flags, whose paths are from the working directory on', async () => {
    write({
      trust_dir: 'a',
      remote_server: { url: 'https://a', root_ca: 'a', skiptlsverify: '1' },
    });
    const flags = '-d ~/b -s https://b --tlscacert b --tlscert c --tlskey d'.split(' ');
    expect(await config(...flags)).toMatchObject({
      trustDir: join(workingDir, '~/b'),
      server: {
        url: 'https://b',
        caFile: join(workingDir, 'b'),
        clientCertFile: join(workingDir, 'c'),
        clientKeyFile: join(workingDir, 'd'),
        isUnverified: true,
      },
    });
  });

  it.each([
    ['~/.docker/trust', '.docker/trust'],
    ['~', '.'],
    ['~other/x', 'work/~other/x'],
  ])('expand %s', async (written, meant) => {
    write({ trust_dir: written });
    expect((await config()).trustDir).toBe(join(homeDir, meant));
  });

  it('count in any case, as in viper, and null is not set', async () => {
    write({ Trust_Dir: '/t', REMOTE_SERVER: { URL: 'https://x', Root_CA: null } });
    const { trustDir, server } = await config();
    expect([trustDir, server.url, server.caFile]).toEqual(['/t', 'https://x', undefined]);
  });

  it.each([
    ['yaml', 'trust_dir: ~/t\nremote_server:\n  url: https://y\n'],
    ['yml', 'trust_dir: ~/t\nremote_server: {url: "https://y"}\n'],
    ['toml', 'trust_dir = "~/t"\n[remote_server]\nurl = "https://y"\n'],
  ])('are read from %s too', async (extension, text) => {
    const file = join(workingDir, `notary.${extension}`);
    write(text, file);
    const { trustDir, server } = await config('-c', `notary.${extension}`);
    expect([trustDir, server.url]).toEqual([join(homeDir, 't'), 'https://y']);
  });

  it('of the server that nobody reads are told', async () => {
    write({ remote_server: { url: 'https://x', rootca: 'x' } });
    expect((await config()).unknown).toEqual(['rootca']);
    const { status, stderr } = await notary(['status', 'gun'], { homeDir, env: { HOME: homeDir } });
    expect(status).toBe(0);
    expect(stderr).toContain('remote_server.rootca is not a setting');
  });
});

describe('pins', () => {
  it('match names with capitals, which those of notary never do', async () => {
    write({ trust_pinning: { Certs: { 'Registry.Test/App': [pin] }, disable_TOFU: 'TRUE' } });
    const { pins } = await config();
    expect(pins.allowsFirstUse).toBe(false);
    expect(await pins.pinFor('Registry.Test/App', 0)).toMatchObject({
      rule: 'certs "Registry.Test/App"',
    });
    expect(await pins.pinFor('registry.test/app', 0)).toBeUndefined();
  });

  // Go reads each of these as no pin at all, in silence or with the first failure alone.
  it.each([
    [{ certs: 'x' }, 'invalid format for trust_pinning.certs'],
    [{ certs: { a: pin } }, 'invalid format for trust_pinning.certs'],
    [{ certs: { a: [1] } }, 'invalid format for trust_pinning.certs'],
    [{ certs: { a: [] } }, 'lists no id'],
    [{ certs: { a: ['abc'] } }, 'is not an id'],
    [{ ca: ['x'] }, 'is not an object'],
    [{ ca: { a: ['x'] } }, 'is not a string'],
    [{ disable_tofu: 'maybe' }, 'is not true or false'],
    [{ disable_tofu: 1 }, 'is not true or false'],
    [{ cert: {} }, 'is not a setting for pins'],
    ['x', 'is not an object'],
    [[], 'is not an object'],
  ])('%j stop the command', async (trustPinning, problem) => {
    write({ trust_pinning: trustPinning });
    await expect(config()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(problem),
    });
  });
});

describe('a hostile or broken file', () => {
  it.each([
    ['{', 'cannot be parsed'],
    ['', 'cannot be parsed'],
    ['{"a":1} x', 'cannot be parsed'],
    ['{"trust_dir":"a","trust_dir":"b"}', 'cannot be parsed'],
    ['[]', 'is not an object'],
    ['{"trust_dir":"a","Trust_Dir":"b"}', 'written twice'],
    ['{"trust_dir":{}}', 'is not a string'],
    ['{"trust_dir":5}', 'is not a string'],
    ['{"remote_server":"https://x"}', 'is not an object'],
    ['{"remote_server":{"skipTLSVerify":"zzz"}}', 'is not true or false'],
    ['['.repeat(5000), 'cannot be parsed'],
  ])('%j is a coded failure', async (text, problem) => {
    write(text);
    const failed = config();
    await expect(failed).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(failed).rejects.toThrow(problem);
  });

  it.each(['a.xml', 'config'])('of another kind, %s, is refused', async (name) => {
    write('{}', join(workingDir, name));
    await expect(config('-c', name)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('that is a directory or too large is refused', async () => {
    mkdirSync(join(workingDir, 'd.json'));
    await expect(config('-c', 'd.json')).rejects.toThrow('error opening config file: ');
    write(`"${'x'.repeat(1024 * 1024)}"`);
    await expect(config()).rejects.toThrow('larger than');
  });

  it('is told in the manner of notary, without its content', async () => {
    write('{"remote_server": {"url": "https://user:geheim@x" "y"}');
    const { status, stdout, stderr } = await notary(['status', 'gun'], {
      homeDir,
      env: { HOME: homeDir },
    });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^\n\* fatal: error opening config file: .*\n$/);
    expect(stderr).toMatch(/level=error msg="CONFIG_INVALID: /);
    expect(stdout + stderr).not.toContain('geheim');
  });
});

it('without HOME everything lies in the working directory, with a warning', async () => {
  const { status, stderr } = await notary(['key', 'list'], { homeDir, workingDir, env: {} });
  expect(status).toBe(0);
  expect(stderr).toContain('cannot get current user home directory');
  expect(stderr).toContain(`notary will use ${join(workingDir, '.notary')} to store`);
});
