import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { configFromEnvironment, loadConfig } from './config.ts';
import { checkSettings, strictSections } from './config-keys.ts';
import { createLog } from './log.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paraph-config-'));
});
afterAll(() => rm(dir, { recursive: true }));

const prefixes = ['PARAPH_SERVER_', 'NOTARY_SERVER_'];

async function config(text: string, env: Record<string, string> = {}, name = 'config.json') {
  const file = join(dir, name);
  await writeFile(file, text);
  return loadConfig(file, { env, prefixes });
}

const invalid = (message: RegExp) => ({
  code: 'CONFIG_INVALID',
  message: expect.stringMatching(message),
});

describe('formats', () => {
  it.each([
    ['config.json', '{"server":{"http_addr":":4443"},"repositories":{"gun_prefixes":["a/","b/"]}}'],
    ['config.yaml', 'server:\n  http_addr: ":4443"\nrepositories:\n  gun_prefixes: [a/, b/]\n'],
    ['config.yml', 'server: {http_addr: ":4443"}\nrepositories: {gun_prefixes: [a/, b/]}\n'],
    ['config.toml', '[server]\nhttp_addr = ":4443"\n[repositories]\ngun_prefixes = ["a/","b/"]\n'],
  ])('reads %s', async (name, text) => {
    const view = await config(text, {}, name);
    expect(view.member('server.http_addr').text()).toBe(':4443');
    expect(view.member('repositories.gun_prefixes').textList()).toEqual(['a/', 'b/']);
  });

  it.each([
    ['a.hcl', 'a = 1', /does not end in/],
    ['a.json', '{"a":', /cannot be parsed/],
    ['a.json', '[]', /not a table/],
    ['a.json', '{"a":1,"a":2}', /cannot be parsed/],
    ['a.json', '{"server":{},"Server":{}}', /names server twice/],
    ['a.json', '{"storage.db_url":"x"}', /must be nested/],
    ['a.yaml', 'a: 1\na: 2\n', /cannot be parsed/],
    ['a.yaml', 'a: &a [1]\nb: *c\n', /cannot be parsed/],
    ['a.toml', 'a = 1\na = 2\n', /cannot be parsed/],
    ['a.toml', 'a = 2026-11-24T00:00:00Z\n', /of a kind/],
    ['a.json', `{"a":${'['.repeat(40)}${']'.repeat(40)}}`, /nests too deep/],
    ['a.json', ' '.repeat(1024 * 1024 + 1), /larger than/],
  ])('refuses %s with %j', async (name, text, message) => {
    await expect(config(text, {}, name)).rejects.toMatchObject(invalid(message));
  });

  it('refuses a YAML bomb of aliases', async () => {
    const bomb = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 9; i++) {
      bomb.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(',')}]`);
    }
    await expect(config(bomb.join('\n'), {}, 'bomb.yaml')).rejects.toMatchObject(invalid(/parsed/));
  });

  it.each([
    ['a.toml', '[storage]\ndb_url = "postgres://server:hunter2@db/notary\n', /at line 2, column/],
    ['a.toml', 'password = hunter2', /at line 1, column/],
    ['a.yaml', 'password: *hunter2', /cannot be parsed/],
    ['a.yaml', 'password: !hunter2 x', /at line 1, column/],
    ['a.yaml', 'password: "hunter2', /at line 1, column/],
    ['a.yaml', 'password: hunter2: x', /at line 1, column/],
    ['a.json', '{"password":"hunter2', /at byte/],
    ['a.json', '{"password":hunter2}', /at byte/],
  ])('never repeats a password of a broken file: %s %j', async (name, text, message) => {
    const lines: string[] = [];
    const log = createLog({
      level: 'info',
      service: 'test',
      stream: { write: (line) => lines.push(line) },
    });
    const written = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      const error: unknown = await config(text, {}, name).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject(invalid(message));
      log.error('no start', { error });
      expect(lines.join('')).toContain('CONFIG_INVALID');
      expect(lines.join('')).not.toContain('hunter2');
      expect(written).not.toHaveBeenCalled();
    } finally {
      written.mockRestore();
    }
  });

  it('says which file cannot be read', async () => {
    await expect(loadConfig(join(dir, 'none.json'), { env: {}, prefixes })).rejects.toMatchObject(
      invalid(/none\.json cannot be read/),
    );
  });

  it('keeps a setting called __proto__ an ordinary name', async () => {
    const view = await config('{"__proto__":{"admin":"yes"}}');
    expect(view.member('admin').exists).toBe(false);
    expect(view.member('__proto__.admin').text()).toBe('yes');
  });
});

describe('names and overrides', () => {
  it('compares names without case', async () => {
    const view = await config('{"Server":{"HTTP_Addr":":1"}}');
    expect(view.member('server.http_addr').text()).toBe(':1');
  });

  it('lets a variable override a leaf that the file has, and one that it has not', async () => {
    const view = await config('{"storage":{"backend":"mysql"}}', {
      NOTARY_SERVER_STORAGE_BACKEND: 'memory',
      NOTARY_SERVER_STORAGE_DB_URL: 'there',
      NOTARY_SERVER_AUTH_OPTIONS_REALM: 'r',
    });
    expect(view.member('storage.backend').text()).toBe('memory');
    expect(view.member('storage').member('db_url').text()).toBe('there');
    expect(view.member('auth.options').member('realm').text()).toBe('r');
  });

  it('ignores an empty variable, and prefers the first prefix', async () => {
    const view = await config('{"a":"file","b":"file"}', {
      NOTARY_SERVER_A: '',
      NOTARY_SERVER_B: 'notary',
      PARAPH_SERVER_B: 'paraph',
    });
    expect(view.member('a').text()).toBe('file');
    expect(view.member('b').text()).toBe('paraph');
  });

  it('works without a file', () => {
    const source = { env: { NOTARY_SERVER_SERVER_HTTP_ADDR: ':9' }, prefixes };
    const view = configFromEnvironment(source, '/base');
    expect(view.member('server.http_addr').text()).toBe(':9');
    expect(view.member('storage.db_url').text()).toBeUndefined();
  });
});

describe('typed readers', () => {
  it('convert as viper does', async () => {
    const view = await config(
      '{"port":7899,"age":"300","on":"true","off":false,"none":null,"blank":""}',
      {
        NOTARY_SERVER_LIST: 'a/ b/',
      },
    );
    expect(view.member('port').text()).toBe('7899');
    expect(view.member('age').integer({ min: 0, max: 1000 })).toBe(300);
    expect(view.member('on').boolean()).toBe(true);
    expect(view.member('off').boolean()).toBe(false);
    expect(view.member('list').textList()).toEqual(['a/', 'b/']);
    expect(view.member('none').exists).toBe(false);
    expect(view.member('blank').text()).toBeUndefined();
    expect(view.member('missing').integer({ min: 0, max: 1 })).toBeUndefined();
  });

  it('resolve paths from the directory of the file', async () => {
    const view = await config('{"a":"certs/a.crt","b":"/etc/b.crt"}', { NOTARY_SERVER_C: '../c' });
    expect(view.member('a').filePath()).toBe(join(dir, 'certs/a.crt'));
    expect(view.member('b').filePath()).toBe('/etc/b.crt');
    expect(view.member('c').filePath()).toBe(join(dir, '../c'));
    expect(view.member('d').filePath()).toBeUndefined();
  });

  it('name the setting and the place of the fault, never its value', async () => {
    const view = await config('{"a":{"b":{}},"n":"12x","c":"up"}', { NOTARY_SERVER_T: 's3cret' });
    expect(() => view.member('a.b').text()).toThrow(/^a\.b is not text$/);
    expect(() => view.member('n.deeper').text()).toThrow(/^n is not a table of settings$/);
    expect(() => view.member('n').integer({ min: 0, max: 9 })).toThrow(/^n is not a whole number/);
    expect(() => view.member('c').choice(['a', 'b'])).toThrow(/^c must be one of a, b$/);
    expect(() => view.member('c').choice(['a'])).toThrow(/^c must be a$/);
    expect(() => view.member('x.y').requiredText()).toThrow(/^x\.y is required$/);
    expect(() => view.member('a').textList()).toThrow(/^a is not a list of texts$/);
    try {
      view.member('t').boolean();
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        code: 'CONFIG_INVALID',
        facts: { setting: 't', place: 'NOTARY_SERVER_T' },
      });
      expect(JSON.stringify(error)).not.toContain('s3cret');
    }
  });

  it.each(['9007199254740993', '1e3', '0x10', '-1', ''])(
    'refuses %j as a bounded number',
    async (text) => {
      const view = await config(JSON.stringify({ n: text }));
      const read = () => view.member('n').integer({ min: 0, max: 100 });
      if (text === '') expect(read()).toBeUndefined();
      else expect(read).toThrow(/whole number/);
    },
  );
});

describe('unknown settings', () => {
  const settings = {
    known: ['server.http_addr', 'auth.options', 'logging.level'],
    strict: strictSections,
  };

  it.each([
    ['{"server":{"http_adr":":1"}}', 'server.http_adr'],
    ['{"auth":{"typ":"token"}}', 'auth.typ'],
    ['{"storage":"x"}', 'storage'],
    ['{"trust_service":{"tls_ca":{}}}', 'trust_service.tls_ca'],
    ['{"server":{"http_addr":":1","deep":{"x":1}}}', 'server.deep.x'],
  ])('stop the start within a strict section: %s', async (text, name) => {
    const view = await config(text);
    expect(() => checkSettings(view, settings)).toThrow(`unknown setting: ${name}`);
  });

  it('are not an empty section, which sets nothing', async () => {
    const view = await config('{"auth":{},"server":{"http_addr":":1"},"logging":{}}');
    expect(checkSettings(view, settings)).toEqual([]);
  });

  it('are a warning elsewhere', async () => {
    const view = await config(
      '{"logging":{"level":"info","colour":"red"},"extra":1,"auth":{"options":{"x":1}}}',
    );
    expect(checkSettings(view, settings)).toEqual([
      'unknown setting logging.colour is ignored',
      'unknown setting extra is ignored',
    ]);
  });

  it('stop the start when a variable carries them, unless the daemon says otherwise', async () => {
    const view = await config('{}', {
      NOTARY_SERVER_AUTH_TYP: 'token',
      NOTARY_SERVER_PORT: 'tcp://1.2.3.4:5',
    });
    expect(() => checkSettings(view, settings)).toThrow('unknown setting: NOTARY_SERVER_AUTH_TYP');
    expect(checkSettings(view, { ...settings, strictVariables: false })).toEqual([
      'unknown setting NOTARY_SERVER_AUTH_TYP is ignored',
    ]);
  });
});
