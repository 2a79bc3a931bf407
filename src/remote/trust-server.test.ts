import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { TestAuthority } from '../../test/remote/authority.ts';
import {
  answer,
  closeServers,
  httpServer,
  httpsServer,
  testClient,
  unusedPort,
} from '../../test/remote/local-servers.ts';
import {
  always,
  bodyForError,
  gun,
  page,
  type Reply,
  serving,
} from '../../test/remote/trust-server.ts';
import { anonymous, type CredentialSource } from './credentials.ts';
import { connectTrustServer, type TrustServer } from './trust-server.ts';

afterEach(closeServers);

const fetchRoot = (server: TrustServer): Promise<Buffer | undefined> =>
  server.fetch(gun, { role: 'root' }, 10_000);

describe('fetch', () => {
  it('asks by name, by checksum and by version, below the path of the server', async () => {
    const [server, seen] = await serving(() => [200, '{"signed":1}'], '/trust/base/');
    const sha256 = 'ab'.repeat(32);
    for (const name of [
      { role: 'timestamp' },
      { role: 'targets/releases', sha256 },
      { role: 'root', version: 3 },
    ] as const) {
      expect((await server.fetch(gun, name, 100))?.toString()).toBe('{"signed":1}');
    }
    const at = `GET /trust/base/v2/${gun}/_trust/tuf`;
    expect(seen.map(({ line }) => line)).toEqual([
      `${at}/timestamp.json`,
      `${at}/targets/releases.${sha256}.json`,
      `${at}/3.root.json`,
    ]);
    expect(server.url).toMatch(/^https:\/\/localhost:\d+\/trust\/base$/);
  });

  it('keeps the port of the registry in the name', async () => {
    const [server, seen] = await always(200, '{}');
    await server.fetch('localhost:5000/x/y', { role: 'root' }, 100);
    expect(seen[0]?.line).toBe('GET /v2/localhost:5000/x/y/_trust/tuf/root.json');
  });

  it('returns the bytes as received', async () => {
    const bytes = Buffer.from('{"a" : "\u00e9",\n"b":1.0}  \n');
    const [server] = await always(200, bytes);
    expect(await fetchRoot(server)).toEqual(bytes);
  });

  it.each([
    [bodyForError('METADATA_NOT_FOUND', {})],
    [bodyForError('METADATA_NOT_FOUND')],
    ['404 page not found\n'],
    [''],
  ])('finds nothing when the server answers 404 %j', async (body) => {
    const [server] = await always(404, body);
    expect(await fetchRoot(server)).toBeUndefined();
  });

  it('finds nothing when Go answers 500 for a role that the snapshot does not list', async () => {
    const [server] = await always(500, bodyForError('UNKNOWN', { Role: 'targets/none' }));
    expect(await server.fetch(gun, { role: 'targets/none' }, 100)).toBeUndefined();
    await expect(server.fetch(gun, { role: 'targets/other' }, 100)).rejects.toMatchObject({
      code: 'SERVER_ERROR',
    });
  });

  it('refuses more than the limit', async () => {
    const [server] = await always(200, `{"a":"${'x'.repeat(200)}"}`);
    await expect(server.fetch(gun, { role: 'root' }, 100)).rejects.toMatchObject({
      code: 'RESPONSE_TOO_LARGE',
    });
  });

  it.each<readonly [string, Reply, string]>([
    ['a web page', [200, page], 'NOT_A_TRUST_SERVER'],
    [
      'a web page that says nothing of itself',
      [200, `\n ${page}`, { 'content-type': 'x/y' }],
      'NOT_A_TRUST_SERVER',
    ],
    ['an empty body', [200, ''], 'NOT_A_TRUST_SERVER'],
    ['a word', [200, 'OK'], 'NOT_A_TRUST_SERVER'],
    ['a web page that says 404', [404, page], 'NOT_A_TRUST_SERVER'],
    ['a web page that says 403', [400, page], 'NOT_A_TRUST_SERVER'],
    ['405', [405], 'NOT_A_TRUST_SERVER'],
    ['a redirect to itself', [302, '', { location: '' }], 'SERVER_ERROR'],
    ['400', [400, bodyForError('INVALID_ROLE')], 'SERVER_ERROR'],
    ['401', [401, bodyForError('UNAUTHORIZED')], 'UNAUTHORIZED'],
    ['403', [403, ''], 'FORBIDDEN'],
    ['418', [418, 'teapot'], 'SERVER_ERROR'],
    ['429', [429, bodyForError('TOOMANYREQUESTS')], 'RATE_LIMITED'],
    ['500', [500, bodyForError('UNKNOWN', {})], 'SERVER_ERROR'],
    ['a web page of a gateway', [502, page], 'SERVER_ERROR'],
    ['503', [503, ''], 'SERVER_ERROR'],
    ['a compressed answer', [200, '{}', { 'content-encoding': 'gzip' }], 'SERVER_ERROR'],
  ])('ends in one coded failure when the answer is %s', async (_what, reply, code) => {
    const [server] = await always(...reply);
    const failure = fetchRoot(server);
    await expect(failure).rejects.toMatchObject({ code });
    const error = await failure.catch((cause: unknown) => cause as Error);
    expect(error).toMatchObject({ remedy: expect.stringMatching(/./) });
  });

  it('shows what the server says without giving it the terminal', async () => {
    const words = `\u001b[31mred\u001b[0m ${'x'.repeat(5_000)}`;
    const [server] = await always(500, bodyForError('UNKNOWN', {}, words));
    const error: unknown = await fetchRoot(server).catch((cause: unknown) => cause);
    const said = (error as { facts: { answer: string } }).facts.answer;
    expect(said).toMatch(/^\\u\{1b\}\[31mred/);
    expect(said.length).toBeLessThanOrEqual(300);
  });

  it.each([
    '',
    'a//b',
    'a/../b',
    '/a',
    'a/',
    'a?b',
    'a#b',
    'a%2e/b',
    'a\\b',
    'a b',
    'a\nb',
    'a*',
    'x'.repeat(256),
  ])('is refused for a name that would lead elsewhere: %j', async (name) => {
    const [server, seen] = await always(200, '{}');
    await expect(server.fetch(name, { role: 'root' }, 100)).rejects.toMatchObject({
      code: 'REFERENCE_INVALID',
    });
    expect(seen).toEqual([]);
  });

  it.each([
    { sha256: '../x' },
    { sha256: 'AB'.repeat(32) },
    { version: 0 },
    { version: 1.5 },
    { version: -1 },
  ])('is refused for a file that cannot be: %j', async (name) => {
    const [server, seen] = await always(200, '{}');
    await expect(server.fetch(gun, { role: 'root', ...name }, 100)).rejects.toMatchObject({
      code: 'INTERNAL',
    });
    expect(seen).toEqual([]);
  });
});

describe('ping', () => {
  it.each<readonly [string, Reply]>([
    ['200', [200, '{}']],
    ['401, which only asks for a login', [401, bodyForError('UNAUTHORIZED')]],
  ])('is content with %s', async (_what, reply) => {
    const [server, seen] = await serving(() => reply, '/base');
    await server.ping();
    expect(seen[0]?.line).toBe('GET /base/v2/');
  });

  it.each<readonly [string, Reply, string]>([
    ['a web page', [200, page], 'NOT_A_TRUST_SERVER'],
    ['404', [404, 'not found'], 'NOT_A_TRUST_SERVER'],
    ['500', [500, ''], 'SERVER_ERROR'],
  ])('fails with %s', async (_what, reply, code) => {
    const [server] = await always(...reply);
    await expect(server.ping()).rejects.toMatchObject({ code });
  });

  it('tells which login is wanted, so that the next call needs no extra round', async () => {
    const credentials: CredentialSource = {
      credentials: (host) =>
        Promise.resolve(
          host === 'registry.example.com'
            ? { kind: 'password', username: 'u', password: 'p' }
            : undefined,
        ),
    };
    const [server, seen] = await serving(
      ({ headers }) =>
        headers.authorization === undefined
          ? [401, '', { 'www-authenticate': 'Basic realm="r"' }]
          : [200, '{}'],
      '',
      credentials,
    );
    await server.ping();
    await fetchRoot(server);
    expect(seen).toHaveLength(2);
  });

  it('fails when nobody listens, when the name is unknown, when the authority is', async () => {
    const http = testClient();
    const at = (url: string): TrustServer =>
      connectTrustServer({ url, http, credentials: anonymous });
    await expect(at(`https://localhost:${await unusedPort()}`).ping()).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
    await expect(at('https://no-such-host.invalid').ping()).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
    const foreign = await httpsServer(
      (_r, response) => answer(response, 200),
      new TestAuthority().issue(),
    );
    await expect(at(foreign).ping()).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
  });

  it('does not look at the certificate where that is switched off', async () => {
    const http = testClient({ certificates: { isUnverified: true } });
    const issued = new TestAuthority().issue({ names: ['other.example.com'] });
    const url = await httpsServer((_r, response) => answer(response, 200, '{"a":1}'), issued);
    const server = connectTrustServer({ url, http, credentials: anonymous });
    await server.ping();
    expect((await fetchRoot(server))?.toString()).toBe('{"a":1}');
  });

  it('is done by http on this machine where that is allowed, and so is all that follows', async () => {
    const url = await httpServer((_r, response) => answer(response, 200, '{"a":1}'));
    const options = { url, http: testClient(), credentials: anonymous };
    expect(() => connectTrustServer(options)).toThrow('valid https URL required');
    const server = connectTrustServer({ ...options, allowsLoopbackHttp: true });
    await server.ping();
    expect((await fetchRoot(server))?.toString()).toBe('{"a":1}');
    await server.remove(gun);
  });
});

describe('the keys of the server', () => {
  const key = '{"keytype":"ecdsa","keyval":{"public":"PUBLIC","private":null}}';
  const [vector] = JSON.parse(readFileSync('test/vectors/keys.json', 'utf8')) as {
    readonly KeyID: string;
    readonly PublicB64: string;
  }[];
  const body = key.replace('PUBLIC', vector!.PublicB64);

  it('are asked for by GET, and made anew by POST with the scope of an administrator', async () => {
    const scopes: string[] = [];
    const service = await httpsServer((request, response) => {
      scopes.push(new URL(`https://x${request.url}`).searchParams.get('scope') ?? '');
      answer(response, 200, '{"token":"t"}');
    });
    const [server, seen] = await serving(({ headers, line }) =>
      headers.authorization === undefined
        ? [401, '', { 'www-authenticate': `Bearer realm="${service}/",service="s"` }]
        : [200, line.startsWith('DELETE') ? '' : body],
    );
    const asked = await server.serverKey(gun, 'timestamp');
    expect(asked.keyType).toBe('ecdsa');
    await server.rotateServerKey(gun, 'snapshot');
    await server.remove(gun);
    expect(
      seen.filter(({ headers }) => headers.authorization !== undefined).map(({ line }) => line),
    ).toEqual([
      `GET /v2/${gun}/_trust/tuf/timestamp.key`,
      `POST /v2/${gun}/_trust/tuf/snapshot.key`,
      `DELETE /v2/${gun}/_trust/tuf/`,
    ]);
    expect(scopes).toEqual([`repository:${gun}:push,pull`, `repository:${gun}:*`]);
  });

  it.each<readonly [string, Reply, string]>([
    ['a web page', [200, page], 'NOT_A_TRUST_SERVER'],
    ['nothing', [200, ''], 'NOT_A_TRUST_SERVER'],
    ['an object without a key', [200, '{}'], 'NOT_A_TRUST_SERVER'],
    ['a key that is none', [200, key.replace('PUBLIC', 'MFkw')], 'NOT_A_TRUST_SERVER'],
    ['a key that is not base64', [200, key.replace('PUBLIC', '!')], 'NOT_A_TRUST_SERVER'],
    ['a key named twice', [200, '{"keytype":"ecdsa","keytype":"rsa"}'], 'NOT_A_TRUST_SERVER'],
    [
      '404, as for names it does not serve',
      [404, bodyForError('METADATA_NOT_FOUND')],
      'NOT_A_TRUST_SERVER',
    ],
    ['500, as with its signer down', [500, bodyForError('UNKNOWN', {})], 'SERVER_ERROR'],
    ['401', [401, ''], 'UNAUTHORIZED'],
  ])('are not believed when the answer is %s', async (_what, reply, code) => {
    const [server] = await always(...reply);
    await expect(server.serverKey(gun, 'timestamp')).rejects.toMatchObject({ code });
  });

  it('are read as Go writes them, under the id that Go gives them', async () => {
    const [server] = await always(200, `${body}\n`);
    expect((await server.serverKey(gun, 'timestamp')).id).toBe(vector!.KeyID);
  });
});

describe('remove', () => {
  it.each<readonly [string, Reply, string]>([
    ['401', [401, ''], 'UNAUTHORIZED'],
    ['a web page', [200, page], 'NOT_A_TRUST_SERVER'],
    ['405 of a read-only mirror', [405, ''], 'NOT_A_TRUST_SERVER'],
  ])('is not reported done when the answer is %s', async (_what, reply, code) => {
    const [server] = await always(...reply);
    await expect(server.remove(gun)).rejects.toMatchObject({ code });
  });
});

it('is never spoken to without TLS', async () => {
  const origin = await httpServer((_request, response) => answer(response, 200, '{}'));
  expect(() =>
    connectTrustServer({ url: origin, http: testClient(), credentials: anonymous }),
  ).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});
