import { describe, expect, it } from 'vitest';
import { parsePostgresTarget } from './postgres-url.ts';

const secret = 'hunter-2';
const refusalOf = (text: string, env = {}): unknown => {
  try {
    return parsePostgresTarget(text, env);
  } catch (error) {
    return error;
  }
};

describe('the address of a database', () => {
  it('is a URL, as notary has it', () => {
    expect(
      parsePostgresTarget(`postgres://ser%40ver:${secret}%2F%23@db.internal:6432/notaryserver`),
    ).toEqual({
      host: 'db.internal',
      port: 6432,
      user: 'ser@ver',
      password: `${secret}/#`,
      database: 'notaryserver',
      sslMode: 'require',
      authorityFile: undefined,
      certFile: undefined,
      keyFile: undefined,
      applicationName: undefined,
      connectTimeoutMs: undefined,
      session: new Map(),
    });
  });

  it('is key=value text, quoted where need be', () => {
    const text = `user=server password='a \\'b\\' \\\\c'  host = /run/postgresql dbname=d\\ b sslmode=disable`;
    expect(parsePostgresTarget(text)).toMatchObject({
      host: '/run/postgresql',
      port: 5432,
      user: 'server',
      password: "a 'b' \\c",
      database: 'd b',
      sslMode: 'disable',
    });
    expect(parsePostgresTarget('')).toMatchObject({ host: 'localhost', user: undefined });
  });

  it('may name a socket, an IPv6 address, and lib/pq’s other scheme', () => {
    expect(parsePostgresTarget('postgresql:///d?host=/run/pg').host).toBe('/run/pg');
    expect(parsePostgresTarget('postgres://u@[::1]:1/d').host).toBe('::1');
    expect(parsePostgresTarget('postgres://u@%2Frun%2Fpg/d').host).toBe('/run/pg');
  });

  it('leaves to the environment what it does not say, and nothing else', () => {
    const env = {
      PGHOST: 'from-env',
      PGPORT: '7',
      PGUSER: 'env-user',
      PGPASSWORD: 'env-password',
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: '/ca.crt',
      PGCONNECT_TIMEOUT: '3',
    };
    expect(parsePostgresTarget('postgres://u@/d', env)).toMatchObject({
      host: 'from-env',
      port: 7,
      user: 'u',
      password: 'env-password',
      sslMode: 'verify-full',
      authorityFile: '/ca.crt',
      connectTimeoutMs: 3000,
    });
    expect(parsePostgresTarget('postgres://u@h/d?sslmode=verify-ca', env).sslMode).toBe(
      'verify-ca',
    );
  });

  it('passes every other parameter to the session, as lib/pq does', () => {
    const { session } = parsePostgresTarget(
      'postgres://h/d?search_path=notary&statement_timeout=30s&binary_parameters=yes&client_encoding=utf-8',
    );
    expect(session).toEqual(
      new Map([
        ['search_path', 'notary'],
        ['statement_timeout', '30s'],
      ]),
    );
  });
});

describe('an address that is refused', () => {
  it.each([
    ['allow, which an attacker turns into disable', 'postgres://h/d?sslmode=allow'],
    ['prefer, likewise', 'host=h sslmode=prefer'],
    ['a mode that is none', 'postgres://h/d?sslmode=Verify-Full'],
    ['an empty one is not a mode either', "host=h sslmode=' '"],
    ['a parameter of TLS that is not known', 'postgres://h/d?sslcrl=x.pem'],
    ['one of authentication', 'postgres://h/d?channel_binding=require'],
    ['one that names another file of settings', 'host=h service=prod'],
    ['a certificate without its key', 'postgres://h/d?sslcert=a.crt'],
    [
      'certificates that would protect nothing',
      'postgres://h/d?sslmode=disable&sslrootcert=ca.crt',
    ],
    ['a parameter given twice', 'postgres://h/d?sslmode=verify-full&sslmode=disable'],
    ['a pair given twice', 'sslmode=verify-full sslmode=disable'],
    ['a port that is none', 'host=h port=99999'],
    ['a quote that does not end', `host=h password='${secret}`],
    ['text that is neither', `${secret}@h`],
    ['a broken URL', `postgres://u:${secret}@h:port/d`],
    ['a broken escape', `postgres://u:${secret}%zz@h/d`],
    ['another encoding', 'postgres://h/d?client_encoding=latin1'],
    ['a name that no setting has', `postgres://h/d?a-${secret}=1`],
    ['a timeout that is none', 'host=h connect_timeout=soon'],
  ])('%s', (_, text) => {
    const refusal = refusalOf(text);
    expect(refusal).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(`${String(refusal)} ${JSON.stringify(refusal)}`).not.toContain(secret);
  });

  it('is a weaker mode from the environment too', () => {
    expect(refusalOf('postgres://h/d', { PGSSLMODE: 'prefer' })).toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});
