import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeServers, temporaryDirectory } from '../../test/remote/local-servers.ts';
import { type Credentials, dockerCredentials, notaryAuthCredentials } from './credentials.ts';

let directory: string;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(closeServers);

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function loginFor(
  registry: string,
  config: unknown,
  timeoutMs = 5_000,
): Promise<Credentials | undefined> {
  const file = join(directory, 'config.json');
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
  const environment = {
    PATH: `${directory}${delimiter}/usr/bin${delimiter}/bin`,
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'geheim',
    NOTARY_AUTH: 'geheim',
    TOKEN_PIN: 'geheim',
    AWS_SESSION_TOKEN: 'kept',
  };
  return dockerCredentials(file, { environment, timeoutMs }).credentials(registry);
}

/** A credential helper `docker-credential-test` that runs `script` in sh. */
function helper(script: string): void {
  const file = join(directory, 'docker-credential-test');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

describe('config.json', () => {
  it('gives the login of exactly the registry that is asked for', async () => {
    const config = {
      auths: { 'registry.example.com:5000': { auth: base64('alice:pw:with:colons') } },
    };
    expect(await loginFor('registry.example.com:5000', config)).toEqual({
      kind: 'password',
      username: 'alice',
      password: 'pw:with:colons',
    });
  });

  it.each([
    'registry.example.com',
    'registry.example.com:5001',
    'example.com:5000',
    'evil-registry.example.com:5000',
    '__proto__',
  ])('gives nothing to %s', async (other) => {
    const config = { auths: { 'registry.example.com:5000': { auth: base64('alice:pw') } } };
    expect(await loginFor(other, config)).toBeUndefined();
  });

  it('knows keys of older docker versions, with scheme and path', async () => {
    const config = { auths: { 'https://registry.example.com/v2/': { auth: base64('a:b') } } };
    expect(await loginFor('registry.example.com', config)).toMatchObject({ username: 'a' });
    expect(await loginFor('registry.example.com.evil', config)).toBeUndefined();
  });

  it('knows Docker Hub by its old index address', async () => {
    const config = { auths: { 'https://index.docker.io/v1/': { auth: base64('a:b') } } };
    expect(await loginFor('docker.io', config)).toMatchObject({ username: 'a' });
    expect(await loginFor('registry.docker.io', config)).toBeUndefined();
  });

  it('gives refresh tokens and ready-made tokens as such', async () => {
    const auths = {
      a: { auth: base64('x:'), identitytoken: 'refresh' },
      b: { registrytoken: 'ready' },
    };
    expect(await loginFor('a', { auths })).toEqual({ kind: 'identity', token: 'refresh' });
    expect(await loginFor('b', { auths })).toEqual({ kind: 'bearer', token: 'ready' });
  });

  it('drops the zero bytes that docker pads with, and the line breaks of encoders', async () => {
    const auth = base64('alice:pw\0\0').replace(/(.{6})/, '$1\n');
    expect(await loginFor('a', { auths: { a: { auth } } })).toMatchObject({ password: 'pw' });
  });

  it.each([
    {},
    { auths: {} },
    { auths: { a: {} } },
    { auths: { a: { auth: '' } } },
    { credsStore: '' },
  ])('may know nothing: %j', async (config) => {
    expect(await loginFor('a', config)).toBeUndefined();
  });

  it('may be missing', async () => {
    const source = dockerCredentials(join(directory, 'none.json'), { environment: {} });
    expect(await source.credentials('a')).toBeUndefined();
  });

  it.each([
    '{"auths": {"a": {"auth": "geheim',
    '[]',
    '{"auths": {"a": {"auth": "geheim!"}}}',
    `{"auths": {"a": {"auth": "${base64('geheim')}"}}}`,
    '{"auths": {"a": "geheim"}}',
    '{"auths": {"a": {"auth": 7}}}',
    '{"credsStore": 7}',
  ])('that is damaged is refused without being quoted: %s', async (text) => {
    const failure = loginFor('a', text);
    await expect(failure).rejects.toMatchObject({ code: 'CREDENTIALS_UNREADABLE' });
    const error = await failure.catch((cause: unknown) => cause);
    expect(JSON.stringify(error) + String(error)).not.toContain('geheim');
  });

  it('that is a directory cannot be read', async () => {
    const failure = dockerCredentials(directory, { environment: {} }).credentials('a');
    await expect(failure).rejects.toMatchObject({ code: 'DISK' });
  });
});

describe('a credential helper', () => {
  const config = { credsStore: 'test' };

  it('is asked on its input for the server, and never on its command line', async () => {
    helper(`printf '{"ServerURL":"%s","Username":"%s","Secret":"s"}' "$(cat)" "$*"`);
    expect(await loginFor('registry.example.com', config)).toEqual({
      kind: 'password',
      username: 'get',
      password: 's',
    });
  });

  it('of the registry goes before the one for all, and before the file', async () => {
    helper(`echo '{"Username":"helper","Secret":"s"}'`);
    const auths = { a: { auth: base64('file:x') } };
    const both = { credHelpers: { a: 'test' }, credsStore: 'missing', auths };
    expect(await loginFor('a', both)).toMatchObject({ username: 'helper' });
  });

  it('is asked once', async () => {
    helper(`echo x >> ${directory}/asked; echo '{"Username":"u","Secret":"s"}'`);
    const file = join(directory, 'config.json');
    writeFileSync(file, JSON.stringify(config));
    const source = dockerCredentials(file, { environment: { PATH: `${directory}:/usr/bin:/bin` } });
    await Promise.all([source.credentials('a'), source.credentials('a')]);
    await source.credentials('a');
    expect(readFileSync(`${directory}/asked`, 'utf8')).toBe('x\n');
  });

  it('marks a refresh token with a user name of its own', async () => {
    helper(`echo '{"Username":"<token>","Secret":"refresh"}'`);
    expect(await loginFor('a', config)).toEqual({ kind: 'identity', token: 'refresh' });
  });

  it('may store nothing', async () => {
    helper(`echo 'credentials not found in native keychain'; exit 1`);
    expect(await loginFor('a', config)).toBeUndefined();
  });

  it('gets no passphrase, PIN or login of ours in its environment, but what it may need itself', async () => {
    helper(`printf '{"Username":"%s","Secret":"x"}' "$(env | tr '\\n' ' ' | tr -d '"')"`);
    const login = await loginFor('a', config);
    expect(login).toMatchObject({ username: expect.stringContaining('AWS_SESSION_TOKEN=kept') });
    expect(JSON.stringify(login)).not.toContain('geheim');
  });

  it.each([
    ['is missing', undefined],
    ['ends with an error', 'echo "gpg: no secret key"; exit 2'],
    ['answers garbage', 'echo geheim'],
    ['answers nothing', 'true'],
    ['answers half a login', `echo '{"Username":"u","Secret":"geheim"'`],
    ['answers without a secret', `echo '{"Username":"u"}'`],
    ['answers and fails', `echo '{"Username":"u","Secret":"geheim"}'; exit 1`],
    [
      'answers without end',
      'while :; do echo geheimgeheimgeheimgeheimgeheimgeheimgeheimgeheim; done',
    ],
    ['is killed', 'kill -9 $$'],
  ])('that %s is one coded failure that quotes no secret', async (_what, script) => {
    if (script !== undefined) helper(script);
    const failure = loginFor('a', config);
    await expect(failure).rejects.toMatchObject({ code: 'CREDENTIALS_UNREADABLE' });
    const error = await failure.catch((cause: unknown) => cause);
    expect(JSON.stringify(error) + String(error)).not.toContain('geheim');
  });

  it('that fails is quoted where it says why', async () => {
    helper('echo "gpg: decryption failed"; exit 2');
    await expect(loginFor('a', config)).rejects.toMatchObject({
      facts: { said: 'gpg: decryption failed' },
    });
  });

  it('that hangs, with children that hang, is given up', async () => {
    helper('sleep 30 & sleep 30');
    const started = performance.now();
    await expect(loginFor('a', config, 200)).rejects.toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
    });
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it.each(['../evil', '/bin/sh', '', '-x', 'a b', 'a;b', '$(id)', '.'])(
    'with the name %j is never started',
    async (name) => {
      const failure = loginFor('a', { credHelpers: { a: name }, auths: {} });
      if (name === '') expect(await failure).toBeUndefined();
      else await expect(failure).rejects.toThrow('has a name that cannot be a program');
    },
  );
});

describe('NOTARY_AUTH', () => {
  it('is the login of one server, port included', async () => {
    const source = notaryAuthCredentials(`${base64('alice:pw\n')}\n`, 'trust.example.com:4443');
    const expected = { kind: 'password', username: 'alice', password: 'pw' };
    expect(await source.credentials('trust.example.com:4443')).toEqual(expected);
    expect(await source.credentials('trust.example.com')).toBeUndefined();
    expect(await source.credentials('registry.example.com')).toBeUndefined();
  });

  it.each(['alice:pw', base64('alice'), base64(':pw'), ''])('is refused when it is %j', (value) => {
    expect(() => notaryAuthCredentials(value, 'trust.example.com')).toThrow(
      expect.objectContaining({ code: 'CREDENTIALS_UNREADABLE' }),
    );
  });
});
