// The server's settings: notary-server's configuration file, unchanged (HTTP API §9), and what is
// refused. A setting on which security depends and that is not understood stops the start: an operator believes
// in what stands in the file.
import { resolve } from 'node:path';
import type { ConfigView } from '../daemon/config.ts';
import { checkSettings, strictSections } from '../daemon/config-keys.ts';
import {
  readStorage,
  type StorageSettings,
  storageExposures,
} from '../daemon/database/storage-settings.ts';
import {
  isLoopbackHost,
  type ListenAddress,
  parseListenAddress,
} from '../daemon/listen-address.ts';
import { type LogLevel, readLogLevel } from '../daemon/log.ts';

export interface ServerConfig {
  readonly listen: ListenAddress;
  readonly tls?: {
    readonly certFile: string;
    readonly keyFile: string;
    readonly clientAuthorityFile?: string;
    /** Made by this server for itself; clients have to be told of it. */
    readonly isSelfMade?: boolean;
  };
  readonly trust: TrustConfig;
  readonly storage: StorageSettings;
  readonly auth?: TokenAuthConfig;
  readonly gunPrefixes: readonly string[];
  readonly cacheSeconds: { readonly current: number; readonly consistent: number };
}

export type TrustConfig =
  | { readonly type: 'local' }
  | {
      readonly type: 'remote';
      readonly host: string;
      readonly port: number;
      readonly algorithm: 'ecdsa' | 'ed25519';
      readonly authorityFile?: string;
      /** The signer makes that file at its own first start, which may come after ours. */
      readonly isAuthorityAwaited?: boolean;
      readonly certFile?: string;
      readonly keyFile?: string;
    };

export interface TokenAuthConfig {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  readonly bundleFile: string;
  readonly isAutoRedirect: boolean;
}

export interface ReadConfig {
  readonly config: ServerConfig;
  readonly logLevel: LogLevel;
  /** What an operator should hear about the file: one clause each. */
  readonly warnings: readonly string[];
}

export const known = [
  ...['http_addr', 'tls_cert_file', 'tls_key_file', 'client_ca_file'].map(
    (name) => `server.${name}`,
  ),
  ...[
    'type',
    'hostname',
    'port',
    'key_algorithm',
    'tls_ca_file',
    'tls_client_cert',
    'tls_client_key',
  ].map((name) => `trust_service.${name}`),
  // The last six are for backends that are not here; they are known so that such a file names its backend.
  ...[
    'backend',
    'db_url',
    'max_connections',
    'database',
    'username',
    'password',
    'tls_ca_file',
    'client_cert_file',
    'client_key_file',
  ].map((name) => `storage.${name}`),
  'auth.type',
  ...['realm', 'service', 'issuer', 'rootcertbundle', 'autoredirect'].map(
    (name) => `auth.options.${name}`,
  ),
  'logging.level',
  'caching.max_age.current_metadata',
  'caching.max_age.consistent_metadata',
  'repositories.gun_prefixes',
  ...['api_key', 'release_stage', 'endpoint'].map((name) => `reporting.bugsnag.${name}`),
];

const defaultCacheSeconds = { current: 300, consistent: 2_592_000 };
const maxCacheSeconds = 31_536_000;

/** @throws Failure CONFIG_INVALID, BACKEND_UNAVAILABLE */
export function readServerConfig(view: ConfigView): ReadConfig {
  const warnings = checkSettings(view, { known, strict: strictSections });
  const tls = readTls(view);
  const auth = readAuth(view);
  const config: ServerConfig = {
    listen: readAddress(view.member('server.http_addr')),
    ...(tls === undefined ? {} : { tls }),
    trust: readTrust(view.member('trust_service')),
    storage: readStorage(view.member('storage')),
    ...(auth === undefined ? {} : { auth }),
    gunPrefixes: readPrefixes(view.member('repositories.gun_prefixes')),
    cacheSeconds: {
      current: cacheSeconds(view, 'current'),
      consistent: cacheSeconds(view, 'consistent'),
    },
  };
  return { config, logLevel: readLogLevel(view), warnings: [...warnings, ...exposures(config)] };
}

function readAddress(view: ConfigView): ListenAddress {
  const text = view.requiredText('is missing: http listen address required for server');
  return parseListenAddress(text, view.path);
}

function readTls(view: ConfigView): ServerConfig['tls'] {
  const certFile = view.member('server.tls_cert_file').filePath();
  const keyFile = view.member('server.tls_key_file').filePath();
  const clientAuthorityFile = view.member('server.client_ca_file').filePath();
  if (certFile === undefined && keyFile === undefined) {
    if (clientAuthorityFile === undefined) return undefined;
    return view.member('server.client_ca_file').fail('needs tls_cert_file and tls_key_file');
  }
  if (certFile === undefined || keyFile === undefined) {
    return view.member('server').fail('needs both tls_cert_file and tls_key_file, or neither');
  }
  return {
    certFile,
    keyFile,
    ...(clientAuthorityFile === undefined ? {} : { clientAuthorityFile }),
  };
}

function readTrust(view: ConfigView): TrustConfig {
  const type = view.member('type').choice(['local', 'remote']);
  if (type === undefined) {
    return view.member('type').fail('is missing: must specify either a "local" or "remote" type');
  }
  if (type === 'local') return { type };
  const certFile = view.member('tls_client_cert').filePath();
  const keyFile = view.member('tls_client_key').filePath();
  if ((certFile === undefined) !== (keyFile === undefined)) {
    return view.fail('needs either both client key and cert, or neither');
  }
  const authorityFile = view.member('tls_ca_file').filePath();
  return {
    type,
    host: view.member('hostname').requiredText(),
    port:
      view.member('port').integer({ min: 1, max: 65_535 }) ??
      view.member('port').fail('is required'),
    algorithm:
      view.member('key_algorithm').choice(['ecdsa', 'ed25519']) ??
      view.member('key_algorithm').fail('is required: ecdsa or ed25519'),
    ...(authorityFile === undefined ? {} : { authorityFile }),
    ...(certFile === undefined || keyFile === undefined ? {} : { certFile, keyFile }),
  };
}

function readAuth(view: ConfigView): TokenAuthConfig | undefined {
  const type = view.member('auth.type').choice(['token']);
  const options = view.member('auth.options');
  if (type === undefined) {
    // Nobody writes an empty type to have no authentication: a template was not filled in.
    if (view.member('auth').memberNames().includes('type')) {
      return view.member('auth.type').fail('is empty: leave auth out for no authentication');
    }
    if (!options.exists) return undefined;
    return options.fail('is set without auth.type: nothing would be protected');
  }
  const required = (name: string): string =>
    options
      .member(name)
      .requiredText(`is missing: token auth requires a valid option string: "${name}"`);
  const isAutoRedirect = options.member('autoredirect').boolean() ?? false;
  return {
    realm: isAutoRedirect ? '' : required('realm'),
    service: required('service'),
    issuer: required('issuer'),
    // From the working directory, as in Go, not from the directory of the file.
    bundleFile: resolve(required('rootcertbundle')),
    isAutoRedirect,
  };
}

function readPrefixes(view: ConfigView): readonly string[] {
  const prefixes = view.textList() ?? [];
  for (const prefix of prefixes) {
    const segments = prefix.slice(0, -1).split('/');
    const isClean =
      prefix.endsWith('/') && segments.every((name) => !['', '.', '..'].includes(name));
    if (!isClean || prefix.trim() !== prefix) view.fail(`has an invalid GUN prefix ${prefix}`);
  }
  return prefixes;
}

function cacheSeconds(view: ConfigView, kind: 'current' | 'consistent'): number {
  const setting = view.member(`caching.max_age.${kind}_metadata`);
  return setting.integer({ min: 0, max: maxCacheSeconds }) ?? defaultCacheSeconds[kind];
}

function exposures({ listen, tls, auth, trust, storage }: ServerConfig): readonly string[] {
  const warnings: string[] = [];
  if (!isLoopbackHost(listen.host)) {
    if (tls === undefined)
      warnings.push('connections are not encrypted: there is no server.tls_cert_file');
    if (auth === undefined)
      warnings.push('anyone who connects may publish and delete: there is no auth.type');
  }
  warnings.push(...storageExposures(storage));
  if (trust.type === 'local' && storage.backend !== 'memory') {
    warnings.push(
      'trust_service local forgets its keys at a restart; stored repositories then cannot be signed',
    );
  }
  return warnings;
}
