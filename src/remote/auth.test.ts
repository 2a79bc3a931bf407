import type { IncomingMessage, RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import {
  answer,
  authority,
  bodyOf,
  certificateDirectory,
  closeServers,
  httpServer,
  httpsServer,
  testClient,
} from '../../test/remote/local-servers.ts';
import type { Access } from './access.ts';
import { Authenticator } from './auth.ts';
import { anonymous, type CredentialSource, type Credentials } from './credentials.ts';
import type { HttpResponse } from './http.ts';

afterEach(closeServers);

const alice: Credentials = { kind: 'password', username: 'alice', password: 'geheim' };
const aliceBasic = `Basic ${Buffer.from('alice:geheim').toString('base64')}`;
const logins = (login: Credentials, host = 'registry.example.com'): CredentialSource => ({
  credentials: (asked) => Promise.resolve(asked === host ? login : undefined),
});

const gun = 'registry.example.com/team/app';
const access = (origin: string, actions = 'pull'): Access => ({
  repository: gun,
  scope: `repository:${gun}:${actions}`,
  logins: ['registry.example.com'],
  probe: new URL(`${origin}/v2/`),
});

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

async function record(request: IncomingMessage): Promise<Seen> {
  const { method = '', url = '' } = request;
  const body = (await bodyOf(request)).toString();
  return { method, path: url, authorization: request.headers.authorization, body };
}

/** A server that lets in who carries `wanted`, and challenges everyone else. */
async function guarded(
  challenge: (origin: string) => string,
  wanted: string,
): Promise<[string, Seen[]]> {
  const seen: Seen[] = [];
  const origin: string = await httpsServer((request, response) => {
    void (async () => {
      const one = await record(request);
      seen.push(one);
      if (one.authorization === wanted) return answer(response, 200, 'in');
      return answer(
        response,
        401,
        '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}',
        {
          'www-authenticate': challenge(origin),
        },
      );
    })();
  });
  return [origin, seen];
}

/** A token service; `reply` chooses the answer from what was asked. */
async function tokenService(reply: (seen: Seen) => [number, unknown]): Promise<[string, Seen[]]> {
  const seen: Seen[] = [];
  const listener: RequestListener = (request, response) => {
    void (async () => {
      const one = await record(request);
      seen.push(one);
      const [status, body] = reply(one);
      answer(response, status, typeof body === 'string' ? body : JSON.stringify(body));
    })();
  };
  return [await httpsServer(listener), seen];
}

const bearer =
  (realm: string, more = ''): (() => string) =>
  () =>
    `Bearer realm="${realm}/token?a=b",service="trust server"${more}`;

const get = (auth: Authenticator, origin: string, actions?: string): Promise<HttpResponse> =>
  auth.send({ method: 'GET', url: new URL(`${origin}/x`), maxBytes: 100 }, access(origin, actions));

interface Shown {
  readonly code: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, string>>;
}

const failureOf = async (promise: Promise<unknown>): Promise<Shown> =>
  promise.then(
    () => {
      throw new Error('did not fail');
    },
    (error: Shown) => error,
  );

describe('a server without login', () => {
  it('is sent nothing, even when a login is stored', async () => {
    const seen: (string | undefined)[] = [];
    const origin = await httpsServer((request, response) => {
      seen.push(request.headers.authorization);
      answer(response, 200);
    });
    const auth = new Authenticator(testClient(), logins(alice));
    expect((await get(auth, origin)).status).toBe(200);
    expect(seen).toEqual([undefined]);
  });
});

describe('Basic', () => {
  it('sends the login of the registry, from the second request on at once', async () => {
    const [origin, seen] = await guarded(() => 'Basic realm="r"', aliceBasic);
    const auth = new Authenticator(testClient(), logins(alice));
    expect((await get(auth, origin)).status).toBe(200);
    expect((await get(auth, origin)).status).toBe(200);
    expect(seen.map(({ authorization }) => authorization)).toEqual([
      undefined,
      aliceBasic,
      aliceBasic,
    ]);
  });

  it('without a stored login says where one was looked for', async () => {
    const [origin, seen] = await guarded(() => 'Basic realm="r"', aliceBasic);
    const failure = await failureOf(get(new Authenticator(testClient(), anonymous), origin));
    expect(failure).toMatchObject({
      code: 'UNAUTHORIZED',
      facts: {
        server: origin,
        repository: gun,
        scope: `repository:${gun}:pull`,
        login: 'none stored for registry.example.com',
        answer: 'authentication required',
      },
    });
    expect(seen).toHaveLength(1);
  });

  it('with a login that is refused says as whom, and is tried once', async () => {
    const [origin, seen] = await guarded(() => 'Basic realm="r"', 'Basic other');
    const failure = await failureOf(get(new Authenticator(testClient(), logins(alice)), origin));
    expect(failure).toMatchObject({
      code: 'UNAUTHORIZED',
      facts: { login: 'sent, as alice of registry.example.com' },
    });
    expect(seen).toHaveLength(2);
  });

  it('never gets a refresh token', async () => {
    const [origin, seen] = await guarded(() => 'Basic realm="r"', aliceBasic);
    const auth = new Authenticator(testClient(), logins({ kind: 'identity', token: 'refresh' }));
    expect(await failureOf(get(auth, origin))).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(seen.every(({ authorization }) => authorization === undefined)).toBe(true);
  });
});

describe('Bearer', () => {
  it('gets a token without a login for what anyone may do', async () => {
    const [service, asked] = await tokenService(() => [200, { token: 't1' }]);
    const [origin, seen] = await guarded(bearer(service), 'Bearer t1');
    const auth = new Authenticator(testClient(), anonymous);
    expect((await get(auth, origin)).status).toBe(200);
    expect((await get(auth, origin)).status).toBe(200);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.authorization).toBeUndefined();
    expect(new URL(`${service}${asked[0]?.path}`).searchParams.toString()).toBe(
      new URLSearchParams({
        a: 'b',
        scope: `repository:${gun}:pull`,
        service: 'trust server',
      }).toString(),
    );
    expect(seen).toHaveLength(3);
  });

  it('asks a service for which the authorities of the server answer, as docker does', async () => {
    const [service] = await tokenService(() => [200, { token: 't1' }]);
    const [origin] = await guarded(bearer(service), 'Bearer t1');
    const directory = certificateDirectory(new URL(origin).host, { 'ca.crt': authority.pem });
    const auth = new Authenticator(testClient({ certificates: { directory } }), anonymous);
    expect((await get(auth, origin)).status).toBe(200);
  });

  it('sends a password to the token service alone, and the account in its query', async () => {
    const [service, asked] = await tokenService(() => [
      200,
      { access_token: 't1', expires_in: 300 },
    ]);
    const [origin, seen] = await guarded(bearer(service), 'Bearer t1');
    await get(new Authenticator(testClient(), logins(alice)), origin, 'push,pull');
    expect(asked[0]).toMatchObject({ method: 'GET', authorization: aliceBasic });
    const query = new URL(`${service}${asked[0]?.path}`).searchParams;
    expect(query.get('account')).toBe('alice');
    expect(query.get('scope')).toBe(`repository:${gun}:push,pull`);
    expect(seen.map(({ authorization }) => authorization)).toEqual([undefined, 'Bearer t1']);
  });

  it('sends a refresh token in the body of a POST', async () => {
    const [service, asked] = await tokenService(() => [200, { access_token: 't1' }]);
    const [origin] = await guarded(bearer(service), 'Bearer t1');
    const auth = new Authenticator(testClient(), logins({ kind: 'identity', token: 'refresh' }));
    await get(auth, origin);
    expect(asked[0]).toMatchObject({
      method: 'POST',
      path: '/token?a=b',
      authorization: undefined,
    });
    expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh',
      client_id: 'docker',
      scope: `repository:${gun}:pull`,
      service: 'trust server',
    });
  });

  it('keeps a token per scope', async () => {
    let count = 0;
    const [service, asked] = await tokenService(() => [200, { token: `t${(count += 1)}` }]);
    const origin = await httpsServer((request, response) =>
      request.headers.authorization === undefined
        ? answer(response, 401, '', { 'www-authenticate': bearer(service)() })
        : answer(response, 200),
    );
    const auth = new Authenticator(testClient(), logins(alice));
    for (const actions of ['pull', 'push,pull', 'pull', 'push,pull'])
      await get(auth, origin, actions);
    expect(asked).toHaveLength(2);
  });

  it('asks for one token when many requests want it at once', async () => {
    const [service, asked] = await tokenService(() => [200, { token: 't1' }]);
    const [origin] = await guarded(bearer(service), 'Bearer t1');
    const auth = new Authenticator(testClient(), logins(alice));
    await get(auth, origin);
    await Promise.all(Array.from({ length: 10 }, () => get(auth, origin, 'push,pull')));
    expect(asked).toHaveLength(2);
  });

  it('gets another token when the server finds the first too old, once', async () => {
    let issued = 0;
    const [service] = await tokenService(() => [200, { token: `t${(issued += 1)}` }]);
    let wanted = 'Bearer t1';
    let served = 0;
    const origin = await httpsServer((request, response) => {
      served += 1;
      if (request.headers.authorization === wanted) return answer(response, 200);
      const challenge = bearer(service, ',error="invalid_token"')();
      return answer(response, 401, '', { 'www-authenticate': challenge });
    });
    const auth = new Authenticator(testClient(), logins(alice));
    await get(auth, origin);
    wanted = 'Bearer t2';
    expect((await get(auth, origin)).status).toBe(200);
    wanted = 'Bearer never';
    served = 0;
    expect(await failureOf(get(auth, origin))).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(served).toBe(2);
  });

  it('says that the right is missing when the login is good but the scope is not granted', async () => {
    const [service, asked] = await tokenService(() => [200, { token: 't1' }]);
    const [origin] = await guarded(bearer(service, ',error="insufficient_scope"'), 'Bearer never');
    const auth = new Authenticator(testClient(), logins(alice));
    expect(await failureOf(get(auth, origin, 'push,pull'))).toMatchObject({
      code: 'FORBIDDEN',
      facts: {
        scope: `repository:${gun}:push,pull`,
        login: 'sent, as alice of registry.example.com',
      },
    });
    expect(asked).toHaveLength(1);
    const nobody = new Authenticator(testClient(), anonymous);
    expect(await failureOf(get(nobody, origin))).toMatchObject({ code: 'UNAUTHORIZED' });
  });

  it("passes on the token service's words when it refuses the login, never the login", async () => {
    for (const body of [
      { details: 'incorrect username or password' },
      { errors: [{ code: 'UNAUTHORIZED', message: 'incorrect username or password' }] },
      { error: 'invalid_grant', error_description: 'incorrect username or password' },
    ]) {
      const [service] = await tokenService(() => [401, body]);
      const [origin] = await guarded(bearer(service), 'Bearer t1');
      const failure = await failureOf(get(new Authenticator(testClient(), logins(alice)), origin));
      expect(failure).toMatchObject({
        code: 'UNAUTHORIZED',
        facts: { repository: gun, answer: 'incorrect username or password' },
      });
      expect(`${JSON.stringify(failure)} ${failure.message}`).not.toContain('geheim');
    }
  });

  it('withholds words that repeat the login or the token', async () => {
    const [service] = await tokenService((seen) => [401, { details: `no ${seen.authorization}` }]);
    const [origin] = await guarded(bearer(service), 'Bearer t1');
    const failure = await failureOf(get(new Authenticator(testClient(), logins(alice)), origin));
    expect(failure.facts.answer).toBe('(withheld: it repeats the login)');

    const [good] = await tokenService(() => [200, { token: 'secret-token' }]);
    const echo = await httpsServer((request, response) =>
      answer(response, 401, JSON.stringify({ message: `bad ${request.headers.authorization}` }), {
        'www-authenticate': bearer(good)(),
      }),
    );
    const echoed = await failureOf(get(new Authenticator(testClient(), logins(alice)), echo));
    expect(JSON.stringify(echoed)).not.toContain('secret-token');
  });
});

describe('a request with a body', () => {
  it('asks first, so that the body is sent once', async () => {
    const [service] = await tokenService(() => [200, { token: 't1' }]);
    const [origin, seen] = await guarded(bearer(service), 'Bearer t1');
    const auth = new Authenticator(testClient(), logins(alice));
    const request = {
      method: 'POST',
      url: new URL(`${origin}/upload`),
      body: [Buffer.from('metadata')],
      maxBytes: 100,
    } as const;
    expect((await auth.send(request, access(origin))).status).toBe(200);
    expect(seen.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['GET', '/v2/', ''],
      ['POST', '/upload', 'metadata'],
    ]);
  });
});

describe('a login', () => {
  it('never goes where a redirect led', async () => {
    const seen: (string | undefined)[] = [];
    const other = await httpsServer((request, response) => {
      seen.push(request.headers.authorization);
      answer(response, 401, '', { 'www-authenticate': 'Basic realm="r"' });
    });
    const origin = await httpsServer((_request, response) =>
      answer(response, 302, '', { location: `${other}/x` }),
    );
    const failure = await failureOf(get(new Authenticator(testClient(), logins(alice)), origin));
    expect(failure).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(seen).toEqual([undefined]);
  });

  it('never goes to a token service without TLS', async () => {
    const seen: (string | undefined)[] = [];
    const plain = await httpServer((request, response) => {
      seen.push(request.headers.authorization);
      answer(response, 200, '{"token":"t1"}');
    });
    const realm = plain.replace('127.0.0.1', 'localhost.');
    const [origin] = await guarded(bearer(realm), 'Bearer t1');
    const failure = await failureOf(get(new Authenticator(testClient(), logins(alice)), origin));
    expect(failure).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(seen).toEqual([]);
  });

  it('is that of the first host that has one', async () => {
    const [origin, seen] = await guarded(() => 'Basic realm="r"', aliceBasic);
    const auth = new Authenticator(testClient(), logins(alice, 'trust.example.com'));
    const both = { ...access(origin), logins: ['registry.example.com', 'trust.example.com'] };
    await auth.send({ method: 'GET', url: new URL(origin), maxBytes: 100 }, both);
    expect(seen[1]?.authorization).toBe(aliceBasic);
  });
});

it('403 is a right that is missing', async () => {
  const origin = await httpsServer((_request, response) =>
    answer(response, 403, '{"errors":[{"code":"DENIED","message":"requested access is denied"}]}'),
  );
  const failure = await failureOf(get(new Authenticator(testClient(), anonymous), origin));
  expect(failure).toMatchObject({
    code: 'FORBIDDEN',
    facts: { answer: 'requested access is denied', login: 'not asked for' },
  });
});

it('401 without a challenge that is understood is one coded failure', async () => {
  const [origin, seen] = await guarded(() => 'Negotiate', 'x');
  const failure = await failureOf(get(new Authenticator(testClient(), logins(alice)), origin));
  expect(failure).toMatchObject({ code: 'UNAUTHORIZED' });
  expect(seen).toHaveLength(1);
});
