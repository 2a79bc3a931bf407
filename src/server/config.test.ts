import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Environment, loadConfig } from '../daemon/config.ts';
import { type ReadConfig, readServerConfig } from './config.ts';
import { readEmbeddedConfig } from './embedded-defaults.ts';

const prefixes = ['PARAPH_SERVER_', 'NOTARY_SERVER_'];
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'paraph-config-'));
});
afterAll(() => rm(directory, { recursive: true }));

const minimal = {
  server: { http_addr: ':4443' },
  trust_service: { type: 'local' },
  storage: { backend: 'memory' },
};

async function read(settings: object, env: Environment = {}): Promise<ReadConfig> {
  const file = join(directory, 'server.json');
  await writeFile(file, JSON.stringify({ ...minimal, ...settings }));
  return readServerConfig(await loadConfig(file, { env, prefixes }));
}

async function refusal(settings: object, env: Environment = {}): Promise<unknown> {
  return read(settings, env).then(
    () => 'accepted',
    (error: unknown) => error,
  );
}

const refused = (message: string) => ({
  code: 'CONFIG_INVALID',
  message: expect.stringContaining(message),
});

describe('a configuration of notary-server', () => {
  it('is taken unchanged', async () => {
    const { config, logLevel, warnings } = await read({
      server: { http_addr: 'notary:4443', tls_cert_file: 'a.crt', tls_key_file: '/k/a.key' },
      trust_service: {
        type: 'remote',
        hostname: 'notarysigner',
        port: '7899',
        tls_ca_file: './root-ca.crt',
        key_algorithm: 'ecdsa',
        tls_client_cert: 'c.crt',
        tls_client_key: 'c.key',
      },
      storage: { backend: 'sqlite3', db_url: 'server.db' },
      logging: { level: 'debug' },
      auth: {
        type: 'token',
        options: { realm: 'https://a/token', service: 's', issuer: 'i', rootcertbundle: 'b.crt' },
      },
      caching: { max_age: { current_metadata: 600, consistent_metadata: 0 } },
      repositories: { gun_prefixes: ['docker.io/', 'my-own-registry.com/team/'] },
      reporting: { bugsnag: { api_key: 'x', release_stage: 'y' } },
    });
    expect(config).toEqual({
      listen: { host: 'notary', port: 4443 },
      tls: { certFile: join(directory, 'a.crt'), keyFile: '/k/a.key' },
      trust: {
        type: 'remote',
        host: 'notarysigner',
        port: 7899,
        algorithm: 'ecdsa',
        authorityFile: join(directory, 'root-ca.crt'),
        certFile: join(directory, 'c.crt'),
        keyFile: join(directory, 'c.key'),
      },
      storage: { backend: 'sqlite', file: join(directory, 'server.db') },
      auth: {
        realm: 'https://a/token',
        service: 's',
        issuer: 'i',
        bundleFile: resolve('b.crt'),
        isAutoRedirect: false,
      },
      gunPrefixes: ['docker.io/', 'my-own-registry.com/team/'],
      cacheSeconds: { current: 600, consistent: 0 },
    });
    expect([logLevel, warnings]).toEqual(['debug', []]);
  });

  it('has Go’s defaults', async () => {
    const { config, logLevel } = await read({});
    expect(config).toEqual({
      listen: { host: '', port: 4443 },
      trust: { type: 'local' },
      storage: { backend: 'memory' },
      gunPrefixes: [],
      cacheSeconds: { current: 300, consistent: 2_592_000 },
    });
    // Go is silent here up to level error.
    expect(logLevel).toBe('info');
  });

  it('names a database, also by the variables that lib/pq reads', async () => {
    const db_url = 'postgres://server@db.internal:5433/notaryserver?sslmode=verify-full';
    const storage = { backend: 'postgres', db_url, max_connections: 20 };
    const { config, warnings } = await read(
      { storage, server: { http_addr: 'localhost:1' } },
      { PGPASSWORD: 'from the environment' },
    );
    expect(config.storage).toMatchObject({
      backend: 'postgres',
      settings: {
        maxConnections: 20,
        target: {
          host: 'db.internal',
          port: 5433,
          user: 'server',
          password: 'from the environment',
          database: 'notaryserver',
          sslMode: 'verify-full',
        },
      },
    });
    expect(warnings).toEqual([expect.stringContaining('forgets its keys')]);
  });

  it('is overridden by the environment, under either name', async () => {
    const env = {
      NOTARY_SERVER_SERVER_HTTP_ADDR: '127.0.0.1:1',
      NOTARY_SERVER_STORAGE_BACKEND: 'sqlite',
      PARAPH_SERVER_STORAGE_DB_URL: '/data/x.db',
      PARAPH_SERVER_SERVER_HTTP_ADDR: '[::1]:2',
    };
    const { config } = await read({}, env);
    expect(config.listen).toEqual({ host: '::1', port: 2 });
    expect(config.storage).toEqual({ backend: 'sqlite', file: '/data/x.db' });
  });
});

describe('what stops the start', () => {
  it('is an unknown kind of authentication, or options that protect nothing', async () => {
    expect(await refusal({ auth: { type: 'htpasswd' } })).toMatchObject(refused('auth.type'));
    expect(await refusal({ auth: { type: 'Token' } })).toMatchObject(refused('auth.type'));
    expect(await refusal({ auth: { options: { realm: 'x' } } })).toMatchObject(
      refused('nothing would be protected'),
    );
  });

  it('is a kind of authentication that is there and empty', async () => {
    for (const type of ['', null]) {
      expect(await refusal({ auth: { type } })).toMatchObject(refused('auth.type is empty'));
      expect(await refusal({ auth: { type } }, { NOTARY_SERVER_AUTH_TYPE: '' })).toMatchObject(
        refused('auth.type is empty'),
      );
    }
    expect((await read({ auth: {} })).config.auth).toBeUndefined();
  });

  it('is a missing option of token authentication, in the words of Go', async () => {
    const options = { realm: 'r', service: 's', issuer: 'i', rootcertbundle: 'b' };
    for (const name of Object.keys(options)) {
      const rest = Object.fromEntries(Object.entries(options).filter(([key]) => key !== name));
      expect(await refusal({ auth: { type: 'token', options: rest } })).toMatchObject(
        refused(`token auth requires a valid option string: "${name}"`),
      );
    }
  });

  it('is an unknown name where security depends on it', async () => {
    const cases = [
      { auth: { typ: 'token' } },
      { trust_service: { type: 'local', tls_ca: 'x' } },
      { storage: { backend: 'memory', dburl: 'x' } },
      { server: { http_addr: ':1', client_ca: 'x' } },
    ];
    for (const settings of cases) {
      expect(await refusal(settings)).toMatchObject(refused('unknown setting'));
    }
    expect((await read({ colour: 'blue' })).warnings).toContainEqual(
      expect.stringContaining('colour'),
    );
  });

  it('is a backend that is not here, by name', async () => {
    for (const backend of ['mysql', 'rethinkdb']) {
      const settings = { storage: { backend, db_url: 'x', database: 'd', username: 'u' } };
      expect(await refusal(settings)).toMatchObject({
        code: 'BACKEND_UNAVAILABLE',
        message: `storage.backend ${backend} is not in this release`,
      });
    }
    expect(await refusal({ storage: { backend: 'oracle' } })).toMatchObject(
      refused('storage.backend'),
    );
    expect(await refusal({ storage: { backend: 'sqlite' } })).toMatchObject(
      refused('storage.db_url'),
    );
  });

  it('is a database whose address is missing or not understood, without a word of it', async () => {
    const cases = [
      [{ backend: 'postgres' }, 'storage.db_url must say where the database is'],
      [{ backend: 'postgres', db_url: 'postgres://u:hidden@h:port/d' }, 'is not a URL'],
      [{ backend: 'postgres', db_url: 'postgres://u:hidden@h/d?sslmode=prefer' }, 'sslmode'],
    ] as const;
    for (const [storage, words] of cases) {
      const failure = await refusal({ storage });
      expect(failure).toMatchObject(refused(words));
      expect(JSON.stringify(failure)).not.toContain('hidden');
    }
    const few = { backend: 'postgres', db_url: 'postgres://h/d', max_connections: 1 };
    expect(await refusal({ storage: few })).toMatchObject(refused('storage.max_connections'));
  });

  it('is an incomplete or impossible setting', async () => {
    const remote = { type: 'remote', hostname: 'h', port: 1, key_algorithm: 'ecdsa' };
    const cases = [
      [{ server: { http_addr: '' } }, 'http listen address required for server'],
      [{ server: { http_addr: 'x' } }, 'is not HOST:PORT'],
      [{ server: { http_addr: ':99999' } }, 'is not HOST:PORT'],
      [{ server: { http_addr: ':1', tls_cert_file: 'x' } }, 'both tls_cert_file and tls_key_file'],
      [{ server: { http_addr: ':1', client_ca_file: 'x' } }, 'needs tls_cert_file'],
      [{ trust_service: { type: '' } }, 'must specify either a "local" or "remote" type'],
      [{ trust_service: { type: 'other' } }, 'trust_service.type'],
      [{ trust_service: { ...remote, hostname: '' } }, 'trust_service.hostname'],
      [{ trust_service: { ...remote, port: 'x' } }, 'trust_service.port'],
      [{ trust_service: { ...remote, key_algorithm: 'rsa' } }, 'trust_service.key_algorithm'],
      [{ trust_service: { ...remote, tls_client_cert: 'x' } }, 'both client key and cert'],
      [
        { caching: { max_age: { current_metadata: 31_536_001 } } },
        'caching.max_age.current_metadata',
      ],
      [{ logging: { level: 'loud' } }, 'logging.level'],
    ] as const;
    for (const [settings, message] of cases) {
      expect(await refusal(settings)).toMatchObject(refused(message));
    }
    for (const prefix of ['nope', '/a/', '../a/', 'a//', 'a/./b/', ' a/', '/']) {
      expect(await refusal({ repositories: { gun_prefixes: [prefix] } })).toMatchObject(
        refused('invalid GUN prefix'),
      );
    }
  });
});

describe('what an operator hears', () => {
  it('is that a public address has neither encryption nor authentication', async () => {
    expect((await read({})).warnings).toHaveLength(2);
    // No address, but a name of somebody else.
    expect((await read({ server: { http_addr: '127.evil.com:1' } })).warnings).toHaveLength(2);
    for (const host of ['127.0.0.1', '127.8.9.10', 'localhost', '[::1]']) {
      expect((await read({ server: { http_addr: `${host}:1` } })).warnings).toEqual([]);
    }
  });

  it.each([
    ['db.internal', 1],
    ['127.evil.com', 1],
    ['127.0.0.1', 0],
    ['[::1]', 0],
    ['localhost', 0],
  ])('is that a database on %s without TLS is read on the way', async (host, warnings) => {
    const db_url = `postgres://server@${host}/d?sslmode=disable`;
    const { warnings: heard } = await read({
      server: { http_addr: '127.0.0.1:1' },
      trust_service: { type: 'remote', hostname: 'h', port: 1, key_algorithm: 'ecdsa' },
      storage: { backend: 'postgres', db_url },
    });
    expect(heard).toHaveLength(warnings);
  });

  it('is that local keys do not outlive the process', async () => {
    const { warnings } = await read({
      server: { http_addr: 'localhost:1' },
      storage: { backend: 'sqlite', db_url: 'x' },
    });
    expect(warnings).toEqual([expect.stringContaining('forgets its keys')]);
  });
});

describe('the embedded default', () => {
  const readFrom = (env: Environment) =>
    readEmbeddedConfig({ env: { HOME: directory, ...env }, prefixes }, directory, Date.now());

  it('keeps to this machine and its directories, and can be overridden', async () => {
    const data = join(directory, '.local/share/paraph');
    const { config: defaults, logLevel, warnings } = await readFrom({});
    expect([logLevel, warnings]).toEqual(['info', []]);
    const certFile = join(data, 'server/server.crt');
    expect(defaults).toMatchObject({
      listen: { host: '127.0.0.1', port: 4443 },
      tls: { certFile, keyFile: join(data, 'server/server.key'), isSelfMade: true },
      trust: {
        type: 'remote',
        host: 'localhost',
        port: 7899,
        authorityFile: join(data, 'signer/signer.crt'),
        isAuthorityAwaited: true,
      },
      storage: { backend: 'sqlite', file: join(data, 'server/server.db') },
    });
    const { config } = await readFrom({ NOTARY_SERVER_SERVER_HTTP_ADDR: ':1' });
    expect(config.listen.port).toBe(1);
    const memory = await readFrom({ PARAPH_SERVER_STORAGE_BACKEND: 'memory' });
    expect(memory.config.storage).toEqual({ backend: 'memory' });
  });

  it('knows the signer whose data directory was moved, and is not told of a certificate of others', async () => {
    const moved = join(directory, 'moved');
    const { config } = await readFrom({
      PARAPH_SIGNER_DATA_DIR: moved,
      PARAPH_SERVER_SERVER_TLS_CERT_FILE: '/etc/tls.crt',
      PARAPH_SERVER_SERVER_TLS_KEY_FILE: '/etc/tls.key',
    });
    expect(config.trust).toMatchObject({ authorityFile: join(moved, 'signer.crt') });
    expect(config.tls).toMatchObject({ certFile: '/etc/tls.crt', isSelfMade: false });
  });
});
