import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type EngineEndpoint,
  type EngineFlags,
  findEngine,
  isEngineNamed,
} from './engine-endpoint.ts';

let dockerDir: string;

beforeEach(() => {
  dockerDir = mkdtempSync(join(tmpdir(), 'paraph-endpoint-'));
});
afterEach(() => rmSync(dockerDir, { recursive: true, force: true }));

const idOf = (name: string) => createHash('sha256').update(name).digest('hex');

function context(name: string, docker: object, files: readonly string[] = []): void {
  const meta = join(dockerDir, 'contexts', 'meta', idOf(name));
  const tls = join(dockerDir, 'contexts', 'tls', idOf(name), 'docker');
  mkdirSync(meta, { recursive: true });
  // As docker context create writes it.
  writeFileSync(
    join(meta, 'meta.json'),
    JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker } }),
  );
  if (files.length > 0) mkdirSync(tls, { recursive: true });
  for (const file of files) writeFileSync(join(tls, file), 'pem');
}

function find(
  environment: Readonly<Record<string, string>> = {},
  flags: EngineFlags = {},
): EngineEndpoint {
  return findEngine(flags, { environment, dockerDir });
}

function shownOf(environment: Readonly<Record<string, string>>, flags: EngineFlags = {}): string {
  return find(environment, flags).address.shown;
}

function current(name: string): void {
  writeFileSync(
    join(dockerDir, 'config.json'),
    JSON.stringify({ auths: {}, currentContext: name }),
  );
}

describe('the engine that is meant', () => {
  it('is the socket of this machine when nothing is said', () => {
    expect(find()).toEqual({
      address: { kind: 'unix', path: '/var/run/docker.sock', shown: 'unix:///var/run/docker.sock' },
      tls: undefined,
    });
  });

  it('comes from --context, then -H, DOCKER_HOST, DOCKER_CONTEXT and the current context', () => {
    context('flag', { Host: 'unix:///flag' });
    context('variable', { Host: 'unix:///variable' });
    context('file', { Host: 'unix:///file' });
    current('file');
    const all = { DOCKER_HOST: 'unix:///host', DOCKER_CONTEXT: 'variable' };
    expect(shownOf(all, { context: 'flag' })).toBe('unix:///flag');
    expect(shownOf(all, { hosts: ['unix:///dash-h'] })).toBe('unix:///dash-h');
    expect(shownOf(all)).toBe('unix:///host');
    expect(shownOf({ DOCKER_CONTEXT: 'variable' })).toBe('unix:///variable');
    expect(shownOf({})).toBe('unix:///file');
  });

  it('is DOCKER_HOST for the context named default', () => {
    context('file', { Host: 'unix:///file' });
    current('file');
    expect(shownOf({ DOCKER_CONTEXT: 'default' })).toBe('unix:///var/run/docker.sock');
    expect(shownOf({ DOCKER_HOST: 'unix:///host' }, { context: 'default' })).toBe('unix:///host');
  });

  it('may be named in one way only', () => {
    expect(() => find({}, { context: 'x', hosts: ['tcp://y'] })).toThrow(
      'conflicting options: cannot specify both --host and --context',
    );
    expect(() => find({}, { hosts: ['tcp://x', 'tcp://y'] })).toThrow('Specify only one -H');
  });
});

describe('an engine is named', () => {
  const named = (environment: Readonly<Record<string, string>>, flags: EngineFlags = {}) =>
    isEngineNamed(flags, { environment, dockerDir });

  it('by -H, --context, DOCKER_HOST, DOCKER_CONTEXT or the current context', () => {
    expect(named({}, { hosts: ['unix:///x'] })).toBe(true);
    expect(named({}, { context: 'build' })).toBe(true);
    expect(named({ DOCKER_HOST: 'unix:///x' })).toBe(true);
    expect(named({ DOCKER_CONTEXT: 'build' })).toBe(true);
    current('build');
    expect(named({})).toBe(true);
  });

  it('by nothing else', () => {
    expect(named({})).toBe(false);
    expect(named({ DOCKER_HOST: '', DOCKER_CONTEXT: '', DOCKER_TLS_VERIFY: '1' })).toBe(false);
    expect(named({}, { context: 'default' })).toBe(false);
    current('default');
    expect(named({})).toBe(false);
  });
});

describe('a context', () => {
  it('that is not there is refused as docker does', () => {
    const path = join(dockerDir, 'contexts', 'meta', idOf('nope'), 'meta.json');
    expect(() => find({ DOCKER_CONTEXT: 'nope' })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: `unable to resolve docker endpoint: context "nope": context not found: open ${path}: no such file or directory`,
      }),
    );
  });

  it('with a name that would lead elsewhere is looked for by its hash', () => {
    expect(() => find({ DOCKER_CONTEXT: '../../secret' })).toThrow('context not found');
  });

  it('with TLS files speaks TLS with them', () => {
    context('tls', { Host: 'tcp://engine', SkipTLSVerify: false }, [
      'ca.pem',
      'cert.pem',
      'key.pem',
    ]);
    const folder = join(dockerDir, 'contexts', 'tls', idOf('tls'), 'docker');
    expect(find({ DOCKER_CONTEXT: 'tls' })).toMatchObject({
      address: { shown: 'tcp://engine:2376' },
      tls: {
        caFile: join(folder, 'ca.pem'),
        certFile: join(folder, 'cert.pem'),
        keyFile: join(folder, 'key.pem'),
      },
    });
  });

  it('that skips verification is verified all the same', () => {
    context('skip', { Host: 'tcp://engine:1', SkipTLSVerify: true });
    expect(find({ DOCKER_CONTEXT: 'skip' })).toMatchObject({
      address: { url: new URL('https://engine:1') },
      tls: { caFile: undefined },
    });
  });

  it.each([
    ['{', 'is not valid JSON'],
    ['[]', 'is not an object'],
    ['{"Endpoints":{"docker":{"Host":7}}}', 'is not a string'],
    ['{"Endpoints":{"docker":{"Host":"unix:///a","Host":"unix:///b"}}}', 'is not valid JSON'],
    [' '.repeat(300 * 1024), 'is not valid JSON'],
  ])('that is damaged is refused: %#', (text, words) => {
    context('bad', {});
    writeFileSync(join(dockerDir, 'contexts', 'meta', idOf('bad'), 'meta.json'), text);
    expect(() => find({ DOCKER_CONTEXT: 'bad' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(words) }),
    );
  });
});

describe('DOCKER_TLS_VERIFY', () => {
  it('takes the files of DOCKER_CERT_PATH', () => {
    for (const file of ['ca.pem', 'cert.pem', 'key.pem'])
      writeFileSync(join(dockerDir, file), 'pem');
    const environment = {
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: dockerDir,
      DOCKER_HOST: 'tcp://engine',
    };
    expect(find(environment)).toMatchObject({
      address: { url: new URL('https://engine:2376') },
      tls: { caFile: join(dockerDir, 'ca.pem'), keyFile: join(dockerDir, 'key.pem') },
    });
  });

  it('without the authority is refused as docker does', () => {
    expect(() => find({ DOCKER_TLS_VERIFY: '1', DOCKER_HOST: 'tcp://engine' })).toThrow(
      `unable to resolve docker endpoint: open ${join(dockerDir, 'ca.pem')}: no such file or directory`,
    );
  });

  it('does not concern a socket', () => {
    const environment = { DOCKER_TLS_VERIFY: '1', DOCKER_HOST: 'unix:///run/engine.sock' };
    expect(find(environment).tls).toBeUndefined();
  });
});

describe('a damaged config.json', () => {
  it('is refused without quoting the logins in it', () => {
    writeFileSync(join(dockerDir, 'config.json'), '{"auths":{"r":{"auth":"c2VjcmV0"},}');
    const failure = thrown(() => find());
    expect(failure).toMatchObject({
      code: 'CONFIG_INVALID',
      message: `${join(dockerDir, 'config.json')} is not valid JSON`,
    });
    expect(failure).not.toHaveProperty('cause');
  });
});

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
