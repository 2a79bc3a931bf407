import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configuredPassphrases, isAlias, type PassphraseSettings } from './passphrases.ts';

let dir: string;
const at = (...names: string[]) => join(dir, ...names);
const file = (name: string, text: string, mode = 0o600) => writeFile(at(name), text, { mode });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paraph-pass-'));
  for (const name of ['data', 'secrets', 'creds']) await mkdir(at(name));
  await file('one', 'from file\n');
  await file('crlf', 'from file\r\n');
  await file('spaces', ' two lines \n\n');
  await file('empty', '\n');
  await file('long', 'x'.repeat(4097));
  await file('open', 'x', 0o644);
  await file('data/inside', 'x');
  await file('secrets/both', 'secrets');
  await file('creds/both', 'creds');
  await file('creds/mine', 'creds');
  await symlink(at('data/inside'), at('link'));
});
afterAll(() => rm(dir, { recursive: true }));

async function read(alias: string, settings: Partial<PassphraseSettings> = {}) {
  const warnings: string[] = [];
  const source = configuredPassphrases({
    env: {},
    prefixes: ['PARAPH_SIGNER_', 'NOTARY_SIGNER_'],
    directory: undefined,
    dataDir: at('data'),
    baseDir: dir,
    warn: (message) => warnings.push(message),
    ...settings,
  });
  const passphrase = await source.passphrase(alias);
  return { text: passphrase?.toString(), warnings };
}

describe('the sources', () => {
  it('are asked in order: variable, named file, directory, credentials', async () => {
    const env = {
      NOTARY_SIGNER_BOTH: 'variable',
      NOTARY_SIGNER_BOTH_FILE: 'one',
      CREDENTIALS_DIRECTORY: at('creds'),
    };
    const directory = at('secrets');
    expect((await read('both', { env, directory })).text).toBe('variable');
    const { NOTARY_SIGNER_BOTH: _, ...noVariable } = env;
    expect((await read('both', { env: noVariable, directory })).text).toBe('from file');
    const onlyCredentials = { CREDENTIALS_DIRECTORY: at('creds') };
    expect((await read('both', { env: onlyCredentials, directory })).text).toBe('secrets');
    expect((await read('both', { env: onlyCredentials })).text).toBe('creds');
    expect((await read('mine', { env: onlyCredentials, directory })).text).toBe('creds');
    expect((await read('none', { env: onlyCredentials, directory })).text).toBeUndefined();
  });

  it('fold the alias into a variable name as notary-signer does', async () => {
    const env = { NOTARY_SIGNER_ALIAS_ONE: 'a', PARAPH_SIGNER_A_B: 'b', NOTARY_SIGNER_EMPTY: '' };
    expect((await read('alias_one', { env })).text).toBe('a');
    expect((await read('a.b', { env })).text).toBe('b');
    expect((await read('empty', { env })).text).toBeUndefined();
  });

  it('keep a passphrase as it is but for one line end', async () => {
    const from = async (name: string) =>
      (await read('x', { env: { PARAPH_SIGNER_X_FILE: name } })).text;
    expect(await from('one')).toBe('from file');
    expect(await from('crlf')).toBe('from file');
    expect(await from('spaces')).toBe(' two lines \n');
    expect((await read('x', { env: { PARAPH_SIGNER_X: ' sp \n' } })).text).toBe(' sp \n');
  });

  it('never take an alias for a path', async () => {
    for (const alias of ['../creds/mine', '/etc/hostname', '.', '..', '', 'a/b', '.hidden']) {
      expect((await read(alias, { directory: at('secrets') })).text).toBeUndefined();
    }
  });
});

describe('a passphrase file', () => {
  it.each(['none', 'empty', 'long', 'data'])('that is %s is refused', async (name) => {
    const reading = read('x', { env: { PARAPH_SIGNER_X_FILE: name }, dataDir: at('elsewhere') });
    await expect(reading).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it.each(['data/inside', 'link'])(
    'in the directory of the database is refused: %s',
    async (name) => {
      const reading = read('x', { env: { PARAPH_SIGNER_X_FILE: name } });
      await expect(reading).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('directory of the database'),
      });
    },
  );

  it('that others can read is a warning', async () => {
    const { text, warnings } = await read('x', { env: { PARAPH_SIGNER_X_FILE: 'open' } });
    expect(text).toBe('x');
    expect(warnings).toEqual([expect.stringContaining('can be read by others')]);
  });

  it('shows nothing of its content in an error', async () => {
    const reading = read('x', { env: { PARAPH_SIGNER_X_FILE: 'long' } });
    await expect(reading).rejects.toMatchObject({ message: expect.not.stringContaining('xxx') });
  });
});

it('knows what can be an alias', () => {
  expect(['', 'a', 'x'.repeat(50), 'x'.repeat(51)].map(isAlias)).toEqual([
    false,
    true,
    true,
    false,
  ]);
});
