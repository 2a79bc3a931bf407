// A token service as registries have one: who logs in with a password is given a signed token for as much of the
// scope asked for as that user may do. Serves HTTPS in the process of the test.
import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
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
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The two ways that services have: with the chain of certificates in the token, or with the id of a key that the server knows. */
export type TokenStyle = 'ES256 with x5c' | 'RS256 with kid';

interface Desk {
  readonly users: Readonly<Record<string, User>>;
  sign(access: readonly object[], user: string): Promise<string>;
}

/** `authority` issues the certificate with which the tokens are signed, and that of the service itself. */
export async function startTokenService(
  scratch: Scratch,
  authority: Authority,
  users: Readonly<Record<string, User>>,
  style: TokenStyle,
): Promise<TokenService> {
  const kind = style === 'ES256 with x5c' ? 'ec' : 'rsa';
  const pair = await authority.issue('tokens', ['localhost'], kind);
  const desk = { users, sign: await tokenSigner(pair, style) };
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
  const rootcertbundle = style === 'ES256 with x5c' ? authority.caFile : pair.certFile;
  const options = { realm, service, issuer, rootcertbundle };
  return { auth: { type: 'token', options } };
}

async function tokenSigner(pair: KeyPair, style: TokenStyle): Promise<Desk['sign']> {
  const key = createPrivateKey(await readFile(pair.keyFile));
  const certificate = new X509Certificate(await readFile(pair.certFile));
  const header =
    style === 'ES256 with x5c'
      ? { alg: 'ES256', x5c: [certificate.raw.toString('base64')] }
      : { alg: 'RS256', kid: libtrustId(certificate.publicKey) };
  return (access, user) =>
    new SignJWT({ access })
      .setProtectedHeader({ ...header, typ: 'JWT' })
      .setIssuer(issuer)
      .setAudience(service)
      .setSubject(user)
      .setNotBefore('-10s')
      .setExpirationTime(`${lifetimeS}s`)
      .sign(key);
}

/** As libtrust names keys: 240 bits of the hash of the public key, in base32, in groups of four. */
function libtrustId(key: KeyObject): string {
  const hash = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
  const bits = [...hash.subarray(0, 30)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = (bits.match(/.{5}/g) ?? []).map((five) => base32.charAt(parseInt(five, 2)));
  return (letters.join('').match(/.{4}/g) ?? []).join(':');
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
