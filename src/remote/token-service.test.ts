import { afterEach, describe, expect, it } from 'vitest';
import { answer, closeServers, httpsServer, testClient } from '../../test/remote/local-servers.ts';
import type { Credentials } from './credentials.ts';
import { fetchToken, type Token } from './token-service.ts';

afterEach(closeServers);

const alice: Credentials = { kind: 'password', username: 'alice', password: 'geheim' };

async function tokenFrom(
  status: number,
  body: unknown,
  login: Credentials | undefined = alice,
): Promise<Token> {
  const origin = await httpsServer((_request, response) =>
    answer(response, status, typeof body === 'string' ? body : JSON.stringify(body)),
  );
  const realm = new URL(`${origin}/token`);
  const scope = 'repository:a/b:pull';
  return fetchToken(testClient(), { realm, namedBy: realm, service: 's', scope, login });
}

describe('a token', () => {
  it.each([{ token: 't' }, { access_token: 't' }, { token: 't', access_token: 'u' }])(
    'is taken from %j',
    async (body) => {
      expect((await tokenFrom(200, body)).text).toBe('t');
    },
  );

  it.each([
    [undefined, 55],
    [0, 55],
    [-5, 55],
    [30, 55],
    [300, 295],
    ['300', 55],
    [1e12, 86_395],
  ])('that says it lives for %s seconds is used for %i', async (expires_in, seconds) => {
    const { staleAtMs } = await tokenFrom(200, { token: 't', expires_in });
    const left = (staleAtMs - performance.now()) / 1000;
    expect(Math.abs(left - seconds)).toBeLessThan(2);
  });

  it.each([
    ['HTML', [200, '<html>login</html>'], 'SERVER_ERROR'],
    ['no token', [200, {}], 'SERVER_ERROR'],
    ['a token that breaks out of its header', [200, { token: 'a\r\nx: y' }], 'SERVER_ERROR'],
    ['a token too long for any header', [200, { token: 'a'.repeat(20_000) }], 'SERVER_ERROR'],
    ['an endless body', [200, 'x'.repeat(100_000)], 'RESPONSE_TOO_LARGE'],
    ['its own trouble', [500, { details: 'database' }], 'SERVER_ERROR'],
    ['that it is asked too often', [429, 'slow down'], 'RATE_LIMITED'],
  ] as const)(
    'is not had from a service that answers %s: one coded failure',
    async (_what, reply, code) => {
      const failure = tokenFrom(reply[0], reply[1]);
      await expect(failure).rejects.toMatchObject({ code });
    },
  );

  it.each([400, 401, 403])(
    'is refused with status %i without the login being repeated',
    async (status) => {
      const failure = tokenFrom(status, { details: 'no such user, or geheim is wrong' });
      await expect(failure).rejects.toMatchObject({
        code: 'UNAUTHORIZED',
        facts: { answer: '(withheld: it repeats the login)' },
      });
    },
  );
});
