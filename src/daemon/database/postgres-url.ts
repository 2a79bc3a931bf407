// Which PostgreSQL a setting names: `postgres://…` or `key=value` text, as Go's lib/pq takes them
// (HTTP API §9). Pure: no file is read and nothing is connected here.
//
// Invariants:
// - neither the text nor any part of it is in a message: there is a password in it;
// - a parameter about TLS or authentication that is not known stops the start: a protection that it was meant to
//   switch on would be missing. Any other parameter is a setting of the session, as in Go, and judged by the server.
import { Failure } from '../../errors.ts';
import type { Environment } from '../config.ts';

/** Those of lib/pq; it refuses `allow` and `prefer`, which an attacker can turn into `disable`. */
export const sslModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof sslModes)[number];

export interface PostgresTarget {
  /** Name, address, or directory of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  readonly sslMode: SslMode;
  /** PEM files; relative ones are taken from the working directory, as in Go. */
  readonly authorityFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly applicationName: string | undefined;
  readonly connectTimeoutMs: number | undefined;
  /** Settings of the session, such as `search_path`: name and value. */
  readonly session: ReadonlyMap<string, string>;
}

type Parameters = Map<string, string>;

const defaultPort = 5432;
const maxPort = 65_535;
const maxConnectTimeoutS = 3600;

/** Parameters that are not settings of the session. */
const ours: ReadonlySet<string> = new Set(
  [
    'host port user password dbname connect_timeout',
    'sslmode sslrootcert sslcert sslkey',
    'application_name fallback_application_name client_encoding',
    // lib/pq's own; they say how it talks to the server.
    'binary_parameters disable_prepared_binary_result',
  ].flatMap((names) => names.split(' ')),
);
const ofProtection =
  /^(?:ssl|gss|krb)|^(?:channel_binding|require_auth|require_peer|requirepeer|passfile|service|servicefile|target_session_attrs|hostaddr|options|replication)$/;
const settingName = /^[a-z_][a-z0-9_.]*$/;

/** What lib/pq reads when the text does not say. The password too, so that it need not stand in a file. */
const variables: Readonly<Record<string, string>> = {
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  dbname: 'PGDATABASE',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  application_name: 'PGAPPNAME',
  connect_timeout: 'PGCONNECT_TIMEOUT',
};

/**
 * @param env what the text leaves out is taken from here (PGHOST, PGPASSWORD, …)
 * @throws Failure CONFIG_INVALID, quoting nothing of the text but names of parameters
 */
export function parsePostgresTarget(text: string, env: Environment = {}): PostgresTarget {
  const given = /^postgres(?:ql)?:\/\//.test(text) ? ofUrl(text) : ofPairs(text);
  for (const [name, variable] of Object.entries(variables)) {
    const value = env[variable];
    if (!given.has(name) && value !== undefined && value !== '') given.set(name, value);
  }
  checkNames(given);
  const sslMode = given.get('sslmode') ?? 'require';
  const isKnown = (mode: string): mode is SslMode => sslModes.some((known) => known === mode);
  if (!isKnown(sslMode)) throw invalid(`sslmode must be one of ${sslModes.join(', ')}`);
  const target: PostgresTarget = {
    host: given.get('host') ?? 'localhost',
    port: wholeNumber(given, 'port', maxPort) ?? defaultPort,
    user: given.get('user'),
    password: given.get('password'),
    database: given.get('dbname'),
    sslMode,
    authorityFile: given.get('sslrootcert'),
    certFile: given.get('sslcert'),
    keyFile: given.get('sslkey'),
    applicationName: given.get('application_name') ?? given.get('fallback_application_name'),
    connectTimeoutMs: inMs(wholeNumber(given, 'connect_timeout', maxConnectTimeoutS)),
    session: new Map([...given].filter(([name]) => !ours.has(name))),
  };
  checkTls(target);
  return target;
}

/** `postgres://user@/database` names no host, which Go's net/url takes, and ours does not. */
const hostless = /^([a-z]+:\/\/[^/?#]*@)(?=[/?#]|$)/;
const noHost = 'none.invalid';

function ofUrl(text: string): Parameters {
  const whole = text.replace(hostless, `$1${noHost}`);
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url === undefined) throw invalid('is not a URL');
  const parameters: Parameters = new Map();
  const accept = (name: string, value: string): void => {
    if (value !== '') parameters.set(name, value);
  };
  accept('user', decoded(url.username));
  accept('password', decoded(url.password));
  if (url.hostname !== noHost) accept('host', decoded(url.hostname).replace(/^\[(.*)\]$/, '$1'));
  accept('port', url.port);
  accept('dbname', decoded(url.pathname.slice(1)));
  const seen = new Set<string>();
  for (const [name, value] of url.searchParams) {
    if (seen.has(name)) throw invalid(`names ${printable(name)} twice`);
    seen.add(name);
    accept(name, value);
  }
  return parameters;
}

/** `user=notary password='a b' host=db`: a value is quoted or without blanks; `\` takes the next character as it is. */
function ofPairs(text: string): Parameters {
  const pair = /\s*([^\s=]+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*|)(?=\s|$)/sy;
  const parameters: Parameters = new Map();
  const end = text.trimEnd().length;
  while (pair.lastIndex < end) {
    const [, name, raw] = pair.exec(text) ?? [];
    if (name === undefined || raw === undefined) throw invalid('is neither a URL nor key=value');
    if (parameters.has(name)) throw invalid(`names ${printable(name)} twice`);
    const value = raw.startsWith("'") ? raw.slice(1, -1) : raw;
    parameters.set(name, value.replace(/\\(.)/gs, '$1'));
  }
  for (const [name, value] of parameters) if (value === '') parameters.delete(name);
  return parameters;
}

function checkNames(parameters: Parameters): void {
  for (const name of parameters.keys()) {
    if (ours.has(name)) continue;
    if (ofProtection.test(name)) throw invalid(`has ${printable(name)}, which is not known here`);
    if (!settingName.test(name)) throw invalid('has a parameter whose name no setting has');
  }
  const encoding = parameters.get('client_encoding')?.toUpperCase().replace('-', '');
  if (encoding !== undefined && encoding !== 'UTF8') throw invalid('client_encoding must be UTF8');
}

function checkTls({ sslMode, authorityFile, certFile, keyFile }: PostgresTarget): void {
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw invalid('needs both sslcert and sslkey, or neither');
  }
  if (sslMode === 'disable' && (authorityFile ?? certFile) !== undefined) {
    throw invalid('has sslmode=disable and certificates: nothing would be protected');
  }
}

function wholeNumber(parameters: Parameters, name: string, max: number): number | undefined {
  const text = parameters.get(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= max) return value;
  throw invalid(`${name} is not a whole number up to ${max}`);
}

/** 0 is "wait for ever" to lib/pq; here, what is waited by default. */
function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined || seconds === 0 ? undefined : seconds * 1000;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('has a % that begins no escape');
  }
}

/** A name is quoted only when it looks like one: what stands before a `=` may be part of a password. */
function printable(name: string): string {
  return settingName.test(name) ? name : 'a parameter';
}

function invalid(problem: string): Failure {
  return new Failure('CONFIG_INVALID', `the address of the database ${problem}`, {
    remedy: 'Write storage.db_url as postgres://USER:PASSWORD@HOST/DATABASE?sslmode=verify-full.',
  });
}
