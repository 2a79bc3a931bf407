// Configuration files of both daemons and of the notary grammar with faults in them, as bytes and as trees: either
// they are read, or the refusal is coded, names the file or the setting, and quotes no secret. What a file may be
// instead of a file is in configuration-files.test.ts.
//
// Runs are seeded: test/fuzz/settings.ts says how to make them long, and others.
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { stringify as tomlOf } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify as yamlOf } from 'yaml';
import { parseCobra } from '../../src/cli/cobra/parse.ts';
import { notaryProgram } from '../../src/cli/notary/commands.ts';
import { readConfig } from '../../src/cli/notary/config.ts';
import { type Environment, loadConfig } from '../../src/daemon/config.ts';
import { isFailure } from '../../src/errors.ts';
import { readServerConfig } from '../../src/server/config.ts';
import { readSignerConfig } from '../../src/signer/config.ts';
import { tlsFixtures } from '../daemon/tls-fixtures.ts';
import { mutatedBytes } from '../fuzz/mutated-bytes.ts';
import { mutatedJson } from '../fuzz/mutated-json.ts';
import { holds, timeoutMs } from '../fuzz/settings.ts';
import { worldAt } from '../fuzz/silent-world.ts';

const secret = 'OpenSesame';
const serverFile = {
  server: { http_addr: ':4443', tls_cert_file: 'a.crt', tls_key_file: '/k/a.key' },
  trust_service: {
    type: 'remote',
    hostname: 'notarysigner',
    port: '7899',
    tls_ca_file: './root-ca.crt',
    key_algorithm: 'ecdsa',
  },
  storage: { backend: 'postgres', db_url: `postgres://server:${secret}@db:5432/s?sslmode=disable` },
  logging: { level: 'debug' },
  auth: {
    type: 'token',
    options: { realm: 'https://a/token', service: 's', issuer: 'i', rootcertbundle: 'b.crt' },
  },
  caching: { max_age: { current_metadata: 600, consistent_metadata: 0 } },
  repositories: { gun_prefixes: ['docker.io/', 'registry.example.com/team/'] },
};
const signerFile = {
  server: { grpc_addr: ':7899', tls_cert_file: 'signer.crt', tls_key_file: 'signer.key' },
  storage: {
    backend: 'postgres',
    db_url: `postgres://signer:${secret}@db:5432/s?sslmode=disable`,
    default_alias: 'alias_1',
  },
  logging: { level: 'info' },
};
const notaryFile = {
  trust_dir: '~/.docker/trust',
  remote_server: { url: 'https://notary:4443', root_ca: 'ca.crt', skipTLSVerify: 'false' },
  trust_pinning: { certs: { 'example.com/app': ['0'.repeat(64)] }, ca: {}, disable_tofu: true },
};

const kinds = ['json', 'yaml', 'toml'] as const;
type Kind = (typeof kinds)[number];

function written(kind: Kind, settings: object): Buffer {
  if (kind === 'json') return Buffer.from(JSON.stringify(settings, undefined, 2));
  return Buffer.from(kind === 'yaml' ? yamlOf(settings) : tomlOf(settings));
}

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'paraph-config-'));
  await mkdir(join(directory, '.notary'));
  await writeFile(join(directory, 'signer.crt'), tlsFixtures.server.cert);
  await writeFile(join(directory, 'signer.key'), tlsFixtures.server.key, { mode: 0o600 });
});
afterAll(() => rm(directory, { recursive: true }));

type Read = (file: string, env: Environment) => Promise<unknown>;

const readers: Readonly<Record<string, { readonly settings: object; readonly read: Read }>> = {
  server: {
    settings: serverFile,
    read: async (file, env) =>
      readServerConfig(await loadConfig(file, { env, prefixes: ['PARAPH_SERVER_'] })),
  },
  signer: {
    settings: signerFile,
    read: async (file, env) => {
      const view = await loadConfig(file, { env, prefixes: ['PARAPH_SIGNER_'] });
      return readSignerConfig(view, Date.now(), () => undefined);
    },
  },
  notary: {
    settings: notaryFile,
    read: async (file) => {
      const call = parseCobra(['status', 'gun', '-c', file], notaryProgram);
      if (call.kind !== 'run') throw new Error(`no command: ${call.kind}`);
      return readConfig({ ...call, world: worldAt(directory) });
    },
  },
};

/** The file itself, a file that it names, a setting, or the place of one. */
const names = /fuzzed\.| file \/|[a-z]+[._][a-z_]+|setting|database/;

/** Reads `bytes` as a file of that kind; what comes of it must be an answer or a coded refusal that helps. */
async function isAnswered(read: Read, kind: string, bytes: Uint8Array, env: Environment = {}) {
  const file = join(directory, `fuzzed.${kind}`);
  await writeFile(file, bytes);
  try {
    await read(file, env);
  } catch (error) {
    if (!isFailure(error, 'CONFIG_INVALID', 'BACKEND_UNAVAILABLE')) throw error;
    const said = JSON.stringify([error.message, error.facts, error.remedy, causesOf(error)]);
    expect(said).not.toContain(secret);
    expect(said).toMatch(names);
  }
}

function causesOf(error: Error): readonly string[] {
  return error.cause instanceof Error ? [error.cause.message, ...causesOf(error.cause)] : [];
}

describe.each(Object.entries(readers))('a configuration of %s', (_, { settings, read }) => {
  it.each(kinds)(
    'with mutated bytes as %s is read or refused by name',
    (kind) =>
      holds(60, mutatedBytes([written(kind, settings)]), (bytes) => isAnswered(read, kind, bytes)),
    timeoutMs(60),
  );

  it(
    'with a mutated tree is read or refused by name',
    () =>
      holds(
        100,
        // JSON is YAML too, which has other limits.
        fc.tuple(fc.constantFrom('json', 'yaml'), mutatedJson([settings])),
        ([kind, bytes]) => isAnswered(read, kind, bytes),
      ),
    timeoutMs(100),
  );
});

const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    'null',
    '{}',
    '[]',
    '-1',
    '1e9',
    '99999999999999999999',
    '\n',
    'x'.repeat(70_000),
  ),
  fc.constantFrom('postgres://', 'postgres://%', 'postgres://a:b@[::1', 'postgres', 'true'),
);

it.each(['server', 'signer'])(
  'variables of the %s with anything in them are read or refused by name',
  (name) => {
    const { settings, read } = readers[name]!;
    const paths = Object.entries(settings).flatMap(([section, members]) =>
      Object.keys(members as object).map((member) => `${section}_${member}`),
    );
    const variable = fc.tuple(
      fc.constantFrom(...paths, 'storage', 'server', 'storage_db_url_x', 'logging_level'),
      odd,
    );
    return holds(100, fc.array(variable, { minLength: 1, maxLength: 4 }), (variables) =>
      isAnswered(
        read,
        'json',
        written('json', settings),
        Object.fromEntries(
          variables.map(([path, value]) => [
            `PARAPH_${name.toUpperCase()}_${path.toUpperCase()}`,
            value,
          ]),
        ),
      ),
    );
  },
  timeoutMs(100),
);

const bombs: Readonly<Record<string, string>> = {
  'aliases that multiply': [
    'a0: &a0 [x, x, x, x, x, x, x, x, x]',
    ...Array.from({ length: 12 }, (_, at) => {
      const list = Array(9).fill(`*a${at}`).join(', ');
      return `a${at + 1}: &a${at + 1} [${list}]`;
    }),
  ].join('\n'),
  'an alias of itself': 'server: &s {a: *s, b: *s}\n',
  'a list of itself': '&a [*a, *a, *a]\n',
  'merge keys of itself': '&a\n<<: *a\nserver: 1\n',
  'very deep nesting of tables': '{a: '.repeat(100_000),
  'lists in lists': '- '.repeat(100_000),
  'very deep nesting': '['.repeat(100_000),
  'very deep blocks': Array.from({ length: 700 }, (_, at) => `${' '.repeat(at)}a:\n`).join(''),
  'a million quotes': '"'.repeat(1_000_000),
  'many documents': '---\n'.repeat(200_000),
  'many anchors': Array.from({ length: 5000 }, (_, at) => `k${at}: &n${at} ${at}`).join('\n'),
  'many keys': Array.from({ length: 40_000 }, (_, at) => `k${at}: ${at}`).join('\n'),
  'tags that name code': 'server: !!js/function "function(){}"\n',
  'a key that is a table': '? {a: 1}\n: 1\n',
};

it.each(Object.entries(bombs))('%s is no way to keep a start from its end', async (_, text) => {
  const startedMs = performance.now();
  for (const { read } of Object.values(readers)) {
    for (const kind of kinds) await isAnswered(read, kind, Buffer.from(text));
  }
  expect(performance.now() - startedMs).toBeLessThan(10_000);
});

it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
  'a setting named %s is a setting like others, and changes no other',
  async (name) => {
    for (const [kind, text] of [
      ['json', `{"server": {"${name}": {"http_addr": ":1"}}}`],
      ['yaml', `server:\n  ${name}:\n    http_addr: ":1"\n`],
      ['toml', `[server.${name}]\nhttp_addr = ":1"\n`],
    ] as const) {
      const file = join(directory, `named.${kind}`);
      await writeFile(file, text);
      await expect(readers['server']!.read(file, {})).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(`server.${name.toLowerCase()}`),
      });
    }
    expect(Reflect.get({}, 'http_addr')).toBeUndefined();
  },
);

it.each([
  ['json', '{"server": {"http_addr": ":1"}, "Server": {}}'],
  ['json', '{"server": {"http_addr": ":1", "http_addr": ":2"}}'],
  ['yaml', 'server: {http_addr: ":1"}\nserver: {}\n'],
  ['yaml', 'server: {http_addr: ":1", HTTP_ADDR: ":2"}\n'],
  ['toml', '[server]\nhttp_addr = ":1"\nhttp_addr = ":2"\n'],
  ['toml', '[server]\nhttp_addr = ":1"\n[SERVER]\n'],
])('a name twice in %s is refused: %s', async (kind, text) => {
  const file = join(directory, `twice.${kind}`);
  await writeFile(file, text);
  for (const daemon of ['server', 'signer']) {
    await expect(readers[daemon]!.read(file, {})).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  }
});

it.each(kinds)(
  'a byte-order mark and lines of Windows in %s change nothing that is read',
  async (kind) => {
    const plain = written(kind, serverFile);
    const read = async (bytes: Uint8Array): Promise<unknown> => {
      const file = join(directory, `marked.${kind}`);
      await writeFile(file, bytes);
      return readers['server']!.read(file, {});
    };
    const expected = await read(plain);
    expect(await read(Buffer.from(plain.toString().replaceAll('\n', '\r\n')))).toEqual(expected);
    const marked = read(Buffer.concat([Buffer.from('\uFEFF'), plain]));
    // JSON has no such mark, and Go refuses it.
    if (kind === 'json') await expect(marked).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    else expect(await marked).toEqual(expected);
  },
);

it('random bytes are refused, in whatever kind', async () => {
  for (const { read } of Object.values(readers)) {
    for (const kind of kinds) await isAnswered(read, kind, randomBytes(5000));
  }
});
