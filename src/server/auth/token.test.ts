import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { exportJWK, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { tlsFixtures } from '../../../test/daemon/tls-fixtures.ts';
import { SimulatedKey } from '../../../test/simulator/simulated-key.ts';
import { der } from '../../encoding/der.ts';
import { encodePem } from '../../encoding/pem.ts';
import { asFailure } from '../../errors.ts';
import { TokenAuth, type TokenAuthOptions } from './token.ts';
import { fingerprint } from './token-keys.ts';

const nowMs = Date.parse('2026-11-25T00:00:00Z');
const nowS = nowMs / 1000;
const issuerCert = tlsFixtures.stranger.cert;
const issuerKey = createPrivateKey(tlsFixtures.stranger.key);
const gun = 'registry.example.com/team/app';

function auth(options: Partial<TokenAuthOptions> = {}): TokenAuth {
  const defaults = {
    realm: 'https://auth.example/token',
    service: 'notary',
    issuer: 'auth',
    bundle: Buffer.from(issuerCert + tlsFixtures.authority.cert),
    isAutoRedirect: false,
  };
  return new TokenAuth({ ...defaults, ...options }, () => nowMs);
}

interface Draft {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: KeyObject;
  readonly alg?: string;
}

const kid = fingerprint(new X509Certificate(issuerCert).publicKey);

function token({ claims = {}, header = { kid }, key = issuerKey, alg = 'ES256' }: Draft = {}) {
  const access = [{ type: 'repository', name: gun, actions: ['push', 'pull'] }];
  return new SignJWT({
    iss: 'auth',
    aud: 'notary',
    sub: 'alice',
    access,
    exp: nowS + 300,
    ...claims,
  })
    .setProtectedHeader({ ...header, alg })
    .sign(key);
}

function x5c(...certificates: readonly string[]): { x5c: string[] } {
  return { x5c: certificates.map((pem) => new X509Certificate(pem).raw.toString('base64')) };
}

async function ask(
  bearer: string | undefined,
  access: readonly ('push' | 'pull' | '*')[] | 'catalog' = ['push', 'pull'],
  subject = auth(),
  host = 'trust.example:4443',
): Promise<string> {
  const authorization = bearer === undefined ? undefined : `Bearer ${bearer}`;
  const name = access === 'catalog' ? '' : gun;
  const verdict = await subject.authorize({ authorization, host, access, gun: name });
  return verdict.kind === 'allowed' ? `allowed ${verdict.user}` : verdict.challenge;
}

const challenge = (scope: string, error?: string) =>
  `Bearer realm="https://auth.example/token",service="notary",scope="${scope}"` +
  (error === undefined ? '' : `,error="${error}"`);
const invalid = challenge(`repository:${gun}:push,pull`, 'invalid_token');

/** Public keys that a certificate may hold and nobody can verify with, or not a token. */
function unusableKeys(): readonly Buffer[] {
  const ec = der.sequence(der.oid('1.2.840.10045.2.1'), der.oid('1.2.840.10045.3.1.7'));
  const spkiOf = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });
  return [
    der.sequence(der.sequence(der.oid('1.2.3.4.5')), der.bitString(Buffer.alloc(32, 1))),
    der.sequence(ec, der.bitString(Buffer.alloc(65, 4))),
    der.sequence(ec, der.bitString(Buffer.alloc(0))),
    spkiOf(generateKeyPairSync('x25519').publicKey),
    spkiOf(generateKeyPairSync('ed448').publicKey),
    spkiOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
    spkiOf(generateKeyPairSync('ec', { namedCurve: 'secp224r1' }).publicKey),
  ];
}

/** A CA certificate that says to hold `spki`; its signature is nobody's. */
function authorityWith(spki: Buffer, name: string): string {
  const algorithm = der.sequence(der.oid('1.2.840.10045.4.3.2'));
  const subject = der.sequence(der.set(der.sequence(der.oid('2.5.4.3'), der.utf8String(name))));
  const isAuthority = der.octetString(der.sequence(der.boolean(true)));
  const body = der.sequence(
    der.explicit(0, der.integer(2)),
    der.integer(1),
    algorithm,
    subject,
    der.sequence(der.time(nowMs - 1000), der.time(nowMs + 1_000_000)),
    subject,
    spki,
    der.explicit(3, der.sequence(der.sequence(der.oid('2.5.29.19'), isAuthority))),
  );
  const bytes = der.sequence(body, algorithm, der.bitString(Buffer.alloc(70, 1)));
  return encodePem({ label: 'CERTIFICATE', headers: new Map(), bytes });
}

describe('a request without a token', () => {
  it('is told where to get one, in the words of Go', async () => {
    expect(await ask(undefined)).toBe(challenge(`repository:${gun}:push,pull`));
    expect(await ask(undefined, ['pull'])).toBe(challenge(`repository:${gun}:pull`));
    expect(await ask(undefined, ['*'])).toBe(challenge(`repository:${gun}:*`));
    expect(await ask(undefined, 'catalog')).toBe(challenge('registry:catalog:*'));
  });

  it('is one with another scheme or syntax', async () => {
    for (const authorization of ['', 'Basic abc', 'Bearer', 'Bearer a b', 'token']) {
      const verdict = await auth().authorize({ authorization, host: 'x', access: ['pull'], gun });
      expect(verdict).toEqual({ kind: 'refused', challenge: challenge(`repository:${gun}:pull`) });
    }
  });

  it('may be sent to the server that it asked', async () => {
    const redirecting = auth({ isAutoRedirect: true });
    expect(await ask(undefined, ['pull'], redirecting)).toContain(
      'realm="https://trust.example:4443/auth/token"',
    );
    const hostile = await ask(undefined, ['pull'], redirecting, 'evil"\r\nX: y');
    expect(hostile).toContain('realm="https:///auth/token"');
  });

  it('cannot break the header with the name of a repository', async () => {
    const verdict = await auth().authorize({
      authorization: undefined,
      host: 'x',
      access: ['pull'],
      gun: 'a"\\\r\n\u00e9\u{1f600}',
    });
    expect(verdict).toMatchObject({
      challenge: challenge('repository:a\\"\\\\\\u000d\\u000a\\u00e9\\U0001f600:pull'),
    });
  });
});

describe('a token', () => {
  it('is accepted under the fingerprint of a certificate of the bundle', async () => {
    expect(kid).toMatch(/^([A-Z2-7]{4}:){11}[A-Z2-7]{4}$/);
    expect(await ask(await token())).toBe('allowed alice');
  });

  it('is accepted with a chain to the bundle, or a certificate of the bundle itself', async () => {
    const key = createPrivateKey(tlsFixtures.server.key);
    expect(await ask(await token({ header: x5c(tlsFixtures.server.cert), key }))).toBe(
      'allowed alice',
    );
    const whole = x5c(tlsFixtures.server.cert, tlsFixtures.authority.cert);
    expect(await ask(await token({ header: whole, key }))).toBe('allowed alice');
    expect(await ask(await token({ header: x5c(issuerCert) }))).toBe('allowed alice');
  });

  it('is accepted with the key itself, when the bundle or its chain vouches for it', async () => {
    const jwk = await exportJWK(new X509Certificate(issuerCert).publicKey);
    expect(await ask(await token({ header: { jwk } }))).toBe('allowed alice');
    const certified = await exportJWK(new X509Certificate(tlsFixtures.server.cert).publicKey);
    const header = { jwk: { ...certified, ...x5c(tlsFixtures.server.cert) } };
    const key = createPrivateKey(tlsFixtures.server.key);
    expect(await ask(await token({ header, key }))).toBe('allowed alice');
  });

  it('is accepted with RSA, but not with a secret or another algorithm than the key has', async () => {
    const file = new URL('../../../test/vectors/keys.json', import.meta.url);
    const vectors: { Alg: string; PrivateB64: string; Pem: string }[] = JSON.parse(
      readFileSync(file, 'utf8'),
    );
    const of = (alg: string) => vectors.find(({ Alg }) => Alg === alg)!;
    const pkcs1 = Buffer.from(of('rsa').PrivateB64, 'base64');
    const key = createPrivateKey({ key: pkcs1, format: 'der', type: 'pkcs1' });
    const subject = auth({ bundle: Buffer.from(of('rsa-x509').Pem) });
    const header = { kid: fingerprint(createPublicKey(key)) };
    for (const alg of ['RS256', 'RS384', 'RS512']) {
      expect(await ask(await token({ header, key, alg }), ['pull'], subject)).toBe('allowed alice');
    }
    const refusedAs = challenge(`repository:${gun}:pull`, 'invalid_token');
    expect(await ask(await token({ header, key, alg: 'PS256' }), ['pull'], subject)).toBe(
      refusedAs,
    );
    const shared = createSecretKey(Buffer.from(of('rsa-x509').Pem));
    expect(await ask(await token({ header, key: shared, alg: 'HS256' }), ['pull'], subject)).toBe(
      refusedAs,
    );
  });

  it('is refused when somebody else signed it', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = await exportJWK(publicKey);
    const own = SimulatedKey.root('evil', nowMs).key.publicBytes.toString();
    const drafts: Draft[] = [
      { key: privateKey },
      { key: privateKey, header: { jwk } },
      { key: privateKey, header: { jwk: { ...jwk, ...x5c(tlsFixtures.server.cert) } } },
      { key: privateKey, header: x5c(tlsFixtures.server.cert) },
      { key: privateKey, header: x5c(own, tlsFixtures.authority.cert) },
      { key: privateKey, header: x5c(own, issuerCert) },
      { key: createPrivateKey(tlsFixtures.client.key), header: x5c(tlsFixtures.server.cert) },
      { header: {} },
      { header: { kid: 'AAAA' } },
      { header: { x5c: [] } },
      { header: { x5c: ['nonsense'] } },
      { header: { x5c: 'nonsense' } },
      { header: { x5c: Array.from({ length: 9 }, () => x5c(issuerCert).x5c[0]) } },
    ];
    for (const draft of drafts) expect(await ask(await token(draft))).toBe(invalid);
  });

  it('is refused when a certificate before the bundle has a key that cannot be used', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const leaf = SimulatedKey.root('evil', nowMs).key.publicBytes.toString();
    for (const spki of unusableKeys()) {
      const issuer = authorityWith(spki, 'evil');
      expect(await ask(await token({ key: privateKey, header: x5c(leaf, issuer) }))).toBe(invalid);
      expect(await ask(await token({ key: privateKey, header: x5c(issuer) }))).toBe(invalid);
    }
  });

  it('is refused when the key that the bundle vouches for cannot sign tokens', async () => {
    for (const spki of unusableKeys()) {
      const odd = authorityWith(spki, 'odd');
      const subject = () => auth({ bundle: Buffer.from(odd + issuerCert) });
      const bearer = await token({ header: x5c(odd) });
      const answer = (async () => ask(bearer, ['push', 'pull'], subject()))();
      // The start may refuse such a bundle; a request never fails.
      expect(await answer.catch((error: unknown) => asFailure(error).code)).toMatch(
        /^Bearer .*invalid_token|^CONFIG_INVALID$/,
      );
    }
  });

  it('is refused without a signature, or when it is no token', async () => {
    const unsigned = new UnsecuredJWT({ iss: 'auth', aud: 'notary', exp: nowS + 300 }).encode();
    const whole = await token();
    const edited = whole.replace(
      /\.([^.]+)\./,
      `.${Buffer.from('{"iss":"auth"}').toString('base64url')}.`,
    );
    for (const bearer of [
      'abc',
      'a.b.c',
      '..',
      unsigned,
      edited,
      whole.slice(0, -2),
      'x'.repeat(20_000),
    ]) {
      expect(await ask(bearer)).toBe(invalid);
    }
  });

  it('is refused for another issuer, service or time', async () => {
    const claims = [
      { iss: 'other' },
      { iss: undefined },
      { aud: 'registry' },
      { aud: undefined },
      { exp: nowS - 61 },
      { exp: undefined },
      { nbf: nowS + 61 },
    ];
    for (const claim of claims) expect(await ask(await token({ claims: claim }))).toBe(invalid);
  });

  it('is accepted within a minute of leeway', async () => {
    expect(await ask(await token({ claims: { exp: nowS - 59 } }))).toBe('allowed alice');
    expect(await ask(await token({ claims: { nbf: nowS + 59 } }))).toBe('allowed alice');
  });

  it('expires while it is remembered', async () => {
    let now = nowMs;
    const subject = new TokenAuth(
      {
        realm: 'r',
        service: 'notary',
        issuer: 'auth',
        bundle: Buffer.from(issuerCert),
        isAutoRedirect: false,
      },
      () => now,
    );
    const bearer = await token();
    expect(await ask(bearer, ['pull'], subject)).toBe('allowed alice');
    now += 361_000;
    expect(await ask(bearer, ['pull'], subject)).toContain('invalid_token');
  });
});

describe('rights', () => {
  const insufficient = (scope: string) => challenge(scope, 'insufficient_scope');
  const granting = (actions: unknown, name = gun, type = 'repository') =>
    token({ claims: { access: [{ type, name, actions }] } });

  it('must all be granted, on this repository', async () => {
    expect(await ask(await granting(['push', 'pull']))).toBe('allowed alice');
    const scope = insufficient(`repository:${gun}:push,pull`);
    for (const grant of [
      await granting(['pull']),
      await granting(['push']),
      await granting(['push', 'pull'], `${gun}/x`),
      await granting(['push', 'pull'], gun, 'registry'),
      await granting('push,pull'),
      await token({ claims: { access: undefined } }),
      await token({ claims: { access: [null, 1, 'x', {}, { type: 'repository' }] } }),
    ]) {
      expect(await ask(grant)).toBe(scope);
    }
  });

  it('are not included in the star, nor the star in them', async () => {
    expect(await ask(await granting(['push', 'pull']), ['*'])).toBe(
      insufficient(`repository:${gun}:*`),
    );
    expect(await ask(await granting(['*']), ['*'])).toBe('allowed alice');
    expect(await ask(await granting(['*']))).toBe(insufficient(`repository:${gun}:push,pull`));
  });

  it('are not read from a name or an action that holds a blank', async () => {
    const other = 'team/app pull';
    const onOther = await granting(['pull'], other);
    const subject = auth();
    const allowed = async (bearer: string, name: string, action: 'push' | 'pull') => {
      const authorization = `Bearer ${bearer}`;
      const asked = { authorization, host: 'x', access: [action] as const, gun: name };
      return (await subject.authorize(asked)).kind === 'allowed';
    };
    expect(await allowed(onOther, other, 'pull')).toBe(true);
    expect(await allowed(await granting(['pull pull'], 'team/app'), other, 'pull')).toBe(false);
    const type = await granting(['pull'], 'b', 'repository a');
    expect(await allowed(type, 'a b', 'pull')).toBe(false);
  });

  it('on the catalogue are granted as such', async () => {
    expect(await ask(await granting(['*'], 'catalog', 'registry'), 'catalog')).toBe(
      'allowed alice',
    );
    expect(await ask(await granting(['*']), 'catalog')).toBe(insufficient('registry:catalog:*'));
  });
});

describe('a bundle', () => {
  it('without certificates stops the start', () => {
    for (const bundle of ['', 'nonsense', tlsFixtures.stranger.key]) {
      expect(() => auth({ bundle: Buffer.from(bundle) })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    }
  });
});
