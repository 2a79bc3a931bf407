import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tlsFixtures } from '../../test/daemon/tls-fixtures.ts';
import { type Environment, loadConfig } from '../daemon/config.ts';
import { readSignerConfig } from './config.ts';
import { readEmbeddedConfig } from './embedded-defaults.ts';

const nowMs = Date.now();
const prefixes = ['PARAPH_SIGNER_', 'NOTARY_SIGNER_'];
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paraph-config-'));
  const { server, authority } = tlsFixtures;
  await writeFile(join(dir, 'signer.crt'), server.cert);
  await writeFile(join(dir, 'signer.key'), server.key, { mode: 0o600 });
  await writeFile(join(dir, 'ca.crt'), authority.cert);
});
afterAll(() => rm(dir, { recursive: true }));

const base = {
  server: {
    grpc_addr: ':7899',
    tls_cert_file: './signer.crt',
    tls_key_file: './signer.key',
    client_ca_file: './ca.crt',
  },
  storage: { backend: 'sqlite', db_url: 'data/keys.db', default_alias: 'alias_one' },
  logging: { level: 'warn' },
};

async function read(settings: object, env: Environment = {}) {
  const file = join(dir, 'config.json');
  await writeFile(file, JSON.stringify(settings));
  return readSignerConfig(await loadConfig(file, { env, prefixes }), nowMs, () => {});
}

const without = (section: 'server' | 'storage', name: string) => ({
  ...base,
  [section]: { ...base[section], [name]: undefined },
});
const storage = (change: object) => ({ ...base, storage: { ...base.storage, ...change } });

it("reads notary-signer's settings", async () => {
  const { config, logLevel, warnings } = await read(base);
  expect(config).toEqual({
    listen: { host: '', port: 7899 },
    tls: {
      cert: Buffer.from(tlsFixtures.server.cert),
      key: Buffer.from(tlsFixtures.server.key),
      clientCa: Buffer.from(tlsFixtures.authority.cert),
    },
    storage: { backend: 'sqlite', file: join(dir, 'data/keys.db') },
    defaultAlias: 'alias_one',
    allowLockedKeys: false,
  });
  expect(logLevel).toBe('warning');
  expect(warnings).toEqual([]);
});

it('takes every setting from a variable, and the passphrases only from there or from files', async () => {
  const { config, passphrases } = await read(without('storage', 'default_alias'), {
    NOTARY_SIGNER_SERVER_GRPC_ADDR: '127.0.0.1:1',
    NOTARY_SIGNER_DEFAULT_ALIAS: 'alias_two',
    NOTARY_SIGNER_ALIAS_TWO: 'secret',
    PARAPH_SIGNER_STORAGE_ALLOW_LOCKED_KEYS: 'true',
  });
  expect(config).toMatchObject({
    listen: { host: '127.0.0.1', port: 1 },
    defaultAlias: 'alias_two',
    allowLockedKeys: true,
  });
  expect((await passphrases?.passphrase('alias_two'))?.toString()).toBe('secret');
  expect(JSON.stringify(config)).not.toContain('secret');
});

describe('the backend postgres', () => {
  const url = 'postgres://signer:s3cret-word@db.example.com:5433/notarysigner?sslmode=verify-full';
  const postgres = (change: object = {}) =>
    storage({ backend: 'postgres', db_url: url, ...change });

  it("is read from Go's settings, with the passphrases wherever they are", async () => {
    const { config, passphrases, warnings } = await read(postgres(), {
      NOTARY_SIGNER_ALIAS_ONE_FILE: join(dir, 'passphrase'),
    });
    expect(config.storage).toMatchObject({
      backend: 'postgres',
      settings: {
        maxConnections: 10,
        target: {
          host: 'db.example.com',
          port: 5433,
          user: 'signer',
          password: 's3cret-word',
          database: 'notarysigner',
          sslMode: 'verify-full',
        },
      },
    });
    await writeFile(join(dir, 'passphrase'), 'secret\n', { mode: 0o600 });
    expect((await passphrases?.passphrase('alias_one'))?.toString()).toBe('secret');
    expect(warnings).toEqual([]);
  });

  it('is overridden by variables, and completed by those of PostgreSQL', async () => {
    const { config, warnings } = await read(base, {
      NOTARY_SIGNER_STORAGE_BACKEND: 'postgres',
      NOTARY_SIGNER_STORAGE_DB_URL: 'postgres://db.example.com/keys?sslmode=disable',
      NOTARY_SIGNER_STORAGE_MAX_CONNECTIONS: '4',
      PGPASSWORD: 'from elsewhere',
    });
    expect(config.storage).toMatchObject({
      settings: { maxConnections: 4, target: { database: 'keys', password: 'from elsewhere' } },
    });
    expect(warnings).toEqual([expect.stringContaining('not encrypted')]);
  });

  it.each([
    { db_url: undefined },
    { db_url: 'mysql://signer:s3cret-word@db/keys' },
    { db_url: `${url}&sslcert=s3cret-word` },
    { db_url: `${url}&s3cret-word=1=2%` },
    { db_url: `${url}s3cret-word` },
    { default_alias: undefined },
    { max_connections: 1 },
  ])('stops the start, and shows no password: %#', async (change) => {
    const reading = read(postgres(change));
    await expect(reading).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const error = await reading.catch((reason: unknown) => inspect(reason, { depth: 9 }));
    expect(error).not.toContain('s3cret-word');
  });
});

it('needs no alias, database or passphrase for the memory store', async () => {
  const { config, passphrases } = await read({ ...base, storage: { backend: 'memory' } });
  expect(config.storage).toEqual({ backend: 'memory' });
  expect(passphrases).toBeUndefined();
});

it("takes notary's name for sqlite", async () => {
  const { config } = await read(storage({ backend: 'sqlite3' }));
  expect(config.storage).toMatchObject({ backend: 'sqlite' });
});

describe('the start is refused', () => {
  it.each([
    [without('server', 'grpc_addr'), /grpc listen address required for server/],
    [without('server', 'tls_cert_file'), /server\.tls_cert_file.*unable to set up TLS/],
    [without('server', 'tls_key_file'), /server\.tls_key_file/],
    [without('storage', 'backend'), /storage\.backend is required/],
    [without('storage', 'db_url'), /storage\.db_url is required/],
    [without('storage', 'default_alias'), /must provide a default alias/],
    [storage({ default_alias: 'x'.repeat(51) }), /longer than 50/],
    [storage({ backend: 'leveldb' }), /not an allowed backend/],
    [storage({ allow_locked_keys: 'perhaps' }), /not true or false/],
    [storage({ passphrase: 'x' }), /unknown setting: storage\.passphrase/],
    [{ ...base, server: { ...base.server, client_ca: 'x' } }, /unknown setting: server\.client_ca/],
    [{ ...base, server: { ...base.server, client_ca_file: 'none' } }, /none cannot be read/],
    [{ ...base, server: { ...base.server, client_ca_file: 'signer.key' } }, /no PEM certificate/],
    [{ ...base, server: { ...base.server, grpc_addr: '7899' } }, /not HOST:PORT/],
    [{ ...base, logging: { level: 'loud' } }, /logging\.level must be one of/],
  ])('%#', async (settings, message) => {
    await expect(read(settings)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it.each(['mysql', 'rethinkdb'])('for the backend %s by name', async (backend) => {
    await expect(read(storage({ backend }))).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringContaining(backend),
    });
  });
});

it('warns about what it ignores', async () => {
  const { warnings } = await read({
    ...base,
    server: { ...base.server, http_addr: ':4444' },
    reporting: { bugsnag: { api_key: 'x' } },
    extra: 1,
  });
  expect(warnings).toEqual([
    'unknown setting extra is ignored',
    expect.stringContaining('server.http_addr is ignored'),
    expect.stringContaining('reporting is ignored'),
  ]);
});

describe('without a configuration file', () => {
  const embedded = async (env: Environment) => {
    const all = { PARAPH_SIGNER_DATA_DIR: join(dir, 'embedded'), ...env };
    return readEmbeddedConfig({ env: all, prefixes }, dir, nowMs, () => {});
  };

  it('it is a signer on loopback with its keys and certificate in the data directory', async () => {
    const { config, passphrases, warnings } = await embedded({ PARAPH_SIGNER_PASSPHRASE: 'p' });
    expect(config).toMatchObject({
      listen: { host: '127.0.0.1', port: 7899 },
      storage: { backend: 'sqlite', file: join(dir, 'embedded', 'signer.db') },
      defaultAlias: 'passphrase',
    });
    expect(config.tls.clientCa).toBeUndefined();
    expect((await passphrases?.passphrase('passphrase'))?.toString()).toBe('p');
    expect(warnings).toEqual([]);
    const again = await embedded({ PARAPH_SIGNER_PASSPHRASE: 'p' });
    expect(again.config.tls.cert).toEqual(config.tls.cert);
  });

  it('variables override its defaults', async () => {
    const { config } = await embedded({
      NOTARY_SIGNER_SERVER_GRPC_ADDR: 'localhost:1',
      PARAPH_SIGNER_STORAGE_BACKEND: 'memory',
    });
    expect(config).toMatchObject({
      listen: { host: 'localhost', port: 1 },
      storage: { backend: 'memory' },
    });
  });

  it('a passphrase file in the data directory is refused', async () => {
    await writeFile(join(dir, 'embedded', 'pass'), 'x', { mode: 0o600 });
    const { passphrases } = await embedded({
      PARAPH_SIGNER_PASSPHRASE_FILE: join(dir, 'embedded', 'pass'),
    });
    await expect(passphrases?.passphrase('passphrase')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});
