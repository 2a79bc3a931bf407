// Servers that repeat in an error what they were shown, as debug pages and careless ones do: it would end in somebody's
// CI log. Each place from which words of a server come is tried with the password, and with the whole of the header.
import { afterEach, describe, expect, it } from 'vitest';
import { answer, closeServers, httpsServer, testClient } from '../../test/remote/local-servers.ts';
import { bodyForError, gun, type Reply, serving } from '../../test/remote/trust-server.ts';
import { isFailure } from '../errors.ts';
import type { RoleName } from '../tuf/role.ts';
import type { CredentialSource } from './credentials.ts';
import { connectRegistry, parseReference, type Registry } from './registry.ts';
import type { TrustServer } from './trust-server.ts';

afterEach(closeServers);

const password = 'geheim-und-lang';
const header = Buffer.from(`alice:${password}`).toString('base64');
const withheld = '(withheld: it repeats the login)';
const credentials: CredentialSource = {
  credentials: () => Promise.resolve({ kind: 'password', username: 'alice', password }),
};
const challenge: Reply = [401, '{}', { 'www-authenticate': 'Basic realm="x"' }];
const files = new Map<RoleName, Buffer>([['root', Buffer.from('{"signed":{"version":1}}')]]);

async function said(doing: Promise<unknown>): Promise<string> {
  const failure = await doing.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isFailure(failure)) throw new Error(`no coded failure: ${String(failure)}`);
  const { code, message, facts, meaning, remedy } = failure;
  const text = JSON.stringify({ code, message, facts, meaning, remedy });
  expect(text).not.toContain(password);
  expect(text).not.toContain(header);
  return text;
}

/** JSON that says the same without containing it. */
const disguised = (text: string): string =>
  text.replaceAll(password, password.replace('g', '\\u0067')).replaceAll(
    header,
    header.replace(/^./, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
  );

it('a server is not accused because a password is a word of its name', async () => {
  const word: CredentialSource = {
    credentials: () => Promise.resolve({ kind: 'password', username: 'a', password: 'localhost' }),
  };
  const [server] = await serving(
    ({ headers }) =>
      headers.authorization === undefined ? challenge : [307, '', { location: '' }],
    '',
    word,
  );
  await expect(server.fetch(gun, { role: 'timestamp' }, 1000)).rejects.toMatchObject({
    code: 'SERVER_ERROR',
    message: expect.stringContaining('redirect without a usable address'),
  });
});

describe.each([
  ['the password', password],
  ['the header', header],
])('a server that repeats %s', (_what, secret) => {
  const updates: readonly (readonly [string, Reply])[] = [
    ['its message', [400, bodyForError('INVALID_GUN', undefined, `no ${secret}`)]],
    ['its code', [400, bodyForError(secret, undefined, '')]],
    ['a detail', [400, bodyForError('INVALID_UPDATE', { Name: 'E', Error: { Msg: secret } })]],
    [
      'the name of a detail',
      [400, bodyForError('INVALID_UPDATE', { Name: secret, Error: { Msg: '' } })],
    ],
    [
      'a message beyond what is shown',
      [400, bodyForError('INVALID_UPDATE', undefined, `${'x'.repeat(292)}${secret}`)],
    ],
    ['a conflict', [400, bodyForError('VERSION', undefined, secret)]],
    ['a failure', [500, bodyForError('UNKNOWN', undefined, secret)]],
    ['too many requests', [429, JSON.stringify({ message: secret })]],
    ['an absence', [404, JSON.stringify({ details: secret })]],
  ];

  it.each(updates)('in %s of an upload', async (_where, [status, body]) => {
    for (const words of [String(body), disguised(String(body))]) {
      const [server] = await serving(
        ({ headers }) => (headers.authorization === undefined ? challenge : [status, words]),
        '',
        credentials,
      );
      expect(await said(server.publish(gun, files))).toContain(withheld);
    }
  });

  const questions: readonly (readonly [string, (server: TrustServer) => Promise<unknown>])[] = [
    ['metadata', (server) => server.fetch(gun, { role: 'timestamp' }, 1000)],
    ['a key', (server) => server.serverKey(gun, 'snapshot')],
    ['a new key', (server) => server.rotateServerKey(gun, 'snapshot')],
    ['a deletion', (server) => server.remove(gun)],
  ];

  it.each(questions)('in the answer about %s', async (_where, ask) => {
    const body = bodyForError('UNKNOWN', undefined, `no ${secret}`);
    const [server] = await serving(
      ({ headers }) => (headers.authorization === undefined ? challenge : [500, body]),
      '',
      credentials,
    );
    expect(await said(ask(server))).toContain(withheld);
  });

  it('in the address of a redirect', async () => {
    const [server] = await serving(
      ({ headers, line }) => {
        if (headers.authorization === undefined) return challenge;
        const location = line.startsWith('GET') ? `http://a.example/${secret}` : `/${secret}`;
        return [307, '', { location }];
      },
      '',
      credentials,
    );
    const repeats = 'answered with words that repeat the login';
    expect(await said(server.fetch(gun, { role: 'timestamp' }, 1000))).toContain(repeats);
    expect(await said(server.publish(gun, files))).toContain(repeats);
  });

  const reference = 'team/app:1';
  const pushes: readonly (readonly [
    string,
    Reply,
    (registry: Registry, host: string) => Promise<unknown>,
  ])[] = [
    [
      'its message',
      [500, bodyForError('UNKNOWN', undefined, secret)],
      (registry, host) => registry.resolve(parseReference(`${host}/${reference}`)),
    ],
    [
      'an absence',
      [404, bodyForError('MANIFEST_UNKNOWN', undefined, secret)],
      (registry, host) => registry.resolve(parseReference(`${host}/${reference}`)),
    ],
    [
      'the digest it states',
      [200, '{}', { 'docker-content-digest': secret }],
      (registry, host) => registry.resolve(parseReference(`${host}/${reference}`)),
    ],
    [
      'where an upload goes on',
      [202, '', { location: `https://elsewhere.example/${secret}` }],
      (registry, host) =>
        registry.pushBlob(parseReference(`${host}/${reference}`), Buffer.from('x')),
    ],
  ];

  it.each(pushes)('in %s, as a registry', async (_where, reply, ask) => {
    const origin = await httpsServer((request, response) =>
      answer(response, ...(request.headers.authorization === undefined ? challenge : reply)),
    );
    const registry = connectRegistry({ http: testClient(), credentials });
    expect(await said(ask(registry, new URL(origin).host))).toContain(withheld);
  });
});

it('a server that repeats a token which a newer one has replaced', async () => {
  const tokens = ['first-token', 'second-token'];
  const service = await httpsServer((_request, response) =>
    answer(response, 200, JSON.stringify({ token: tokens.shift() })),
  );
  const shown: string[] = [];
  const [server] = await serving(
    ({ headers }) => {
      if (headers.authorization !== undefined) shown.push(headers.authorization);
      if (shown.length === 1) return [200, '{}'];
      const asks = { 'www-authenticate': `Bearer realm="${service}/t"` };
      return [401, JSON.stringify({ message: `was ${shown[0]}` }), asks];
    },
    '',
    credentials,
  );
  await server.fetch(gun, { role: 'timestamp' }, 1000);
  const words = await said(server.fetch(gun, { role: 'timestamp' }, 1000));
  expect(shown).toEqual(['Bearer first-token', 'Bearer first-token', 'Bearer second-token']);
  expect(words).toContain(withheld);
  expect(words).not.toContain('first-token');
});
