// A token service as registries have one: who logs in with a password is given a signed token for as much of the
// scope asked for as that user may do. Serves HTTPS in the process of the test.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { SignJWT } from 'jose';
import type { Authority, KeyPair } from './certificates.ts';
import type { Scratch } from './scratch.ts';

export interface User {
  readonly password: string;
  /** Of every repository. */
  readonly actions: readonly string[];
}

export interface TokenService {
  /** The section `auth` of a server's configuration that takes the tokens. */
  readonly auth: object;
}

const service = 'trust.test';
const issuer = 'tokens of the test';
const lifetimeS = 300;

interface Desk {
  readonly users: Readonly<Record<string, User>>;
  sign(access: readonly object[], user: string): Promise<string>;
}

/** `authority` issues the certificate with which the tokens are signed, and that of the service itself. */
export async function startTokenService(
  scratch: Scratch,
  authority: Authority,
  users: Readonly<Record<string, User>>,
): Promise<TokenService> {
  const pair = await authority.issue('tokens', ['localhost']);
  const desk = { users, sign: await tokenSigner(pair) };
  const tls = { cert: await readFile(pair.certFile), key: await readFile(pair.keyFile) };
  const server = createServer(tls, (request, response) => void answer(desk, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  scratch.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const realm = `https://localhost:${address.port}/token`;
  const options = { realm, service, issuer, rootcertbundle: authority.caFile };
  return { auth: { type: 'token', options } };
}

async function tokenSigner({ certFile, keyFile }: KeyPair): Promise<Desk['sign']> {
  const key = createPrivateKey(await readFile(keyFile));
  const x5c = [new X509Certificate(await readFile(certFile)).raw.toString('base64')];
  return (access, user) =>
    new SignJWT({ access })
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', x5c })
      .setIssuer(issuer)
      .setAudience(service)
      .setSubject(user)
      .setNotBefore('-10s')
      .setExpirationTime(`${lifetimeS}s`)
      .sign(key);
}

async function answer(desk: Desk, request: IncomingMessage, response: ServerResponse) {
  request.resume();
  const say = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  const [name, password] = login(request.headers.authorization);
  const user = desk.users[name];
  if (name !== '' && user?.password !== password) {
    return say(401, { errors: [{ code: 'UNAUTHORIZED', message: 'wrong user or password' }] });
  }
  const { searchParams } = new URL(request.url ?? '', 'https://localhost');
  const access = searchParams.getAll('scope').map((scope) => granted(scope, user));
  say(200, { token: await desk.sign(access, name), expires_in: lifetimeS });
}

function login(authorization = ''): readonly [string, string] {
  const text = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? ['', ''] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** `repository:NAME:ACTION,ACTION`, where NAME may have a port. */
function granted(scope: string, user: User | undefined): object {
  const [, type, name, actions = ''] = /^(\w+):(.+):([^:]*)$/.exec(scope) ?? [];
  const allowed = type === 'repository' ? (user?.actions ?? []) : [];
  return { type, name, actions: actions.split(',').filter((each) => allowed.includes(each)) };
}
