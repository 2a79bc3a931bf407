// The signer's configuration: notary-signer's, unchanged, with a few settings of our own. Reads files and variables into
// what `startSigner` takes; decides nothing else. The settings are listed in signer API §2.
//
// Invariants:
// - An unknown name under `server` or `storage` stops the start.
// - Passphrases are not read here: they come from their own sources, when they are used. The address of a database is,
//   with its password; nothing says what is in it.
import { dirname } from 'node:path';
import type { ConfigView } from '../daemon/config.ts';
import { checkSettings, strictSections } from '../daemon/config-keys.ts';
import {
  readStorage,
  type StorageSettings,
  storageExposures,
} from '../daemon/database/storage-settings.ts';
import { type ListenAddress, parseListenAddress } from '../daemon/listen-address.ts';
import { type LogLevel, readLogLevel } from '../daemon/log.ts';
import type { ListenerTls } from '../daemon/rpc/rpc-server.ts';
import { keyPairWarnings, loadCertificateAuthority, loadKeyPair } from '../daemon/tls.ts';
import { configuredPassphrases, isAlias, type PassphraseSource } from './passphrases.ts';

export interface SignerConfig {
  readonly listen: ListenAddress;
  readonly tls: ListenerTls;
  readonly storage: StorageSettings;
  /** Alias under which new keys are sealed. */
  readonly defaultAlias: string;
  /** Start although stored keys cannot be opened; signing with them fails. */
  readonly allowLockedKeys: boolean;
}

export interface ReadSignerConfig {
  readonly config: SignerConfig;
  /** Undefined for the memory store, which makes up its own. */
  readonly passphrases: PassphraseSource | undefined;
  readonly logLevel: LogLevel;
  readonly warnings: readonly string[];
}

export const knownSettings = [
  'server.grpc_addr',
  'server.tls_cert_file',
  'server.tls_key_file',
  'server.client_ca_file',
  // Served before notary 0.4; still in many files.
  'server.http_addr',
  'storage.backend',
  'storage.db_url',
  'storage.max_connections',
  'storage.default_alias',
  'storage.passphrase_dir',
  'storage.allow_locked_keys',
  // Of RethinkDB.
  'storage.database',
  'storage.username',
  'storage.password',
  'storage.tls_ca_file',
  'storage.client_cert_file',
  'storage.client_key_file',
  'default_alias',
  'logging.level',
  'reporting',
] as const;

const memoryAlias = 'memory';

/**
 * @param warn is told later about passphrase files that others can read
 * @throws Failure CONFIG_INVALID naming the setting, BACKEND_UNAVAILABLE
 */
export async function readSignerConfig(
  view: ConfigView,
  nowMs: number,
  warn: (message: string) => void,
): Promise<ReadSignerConfig> {
  const warnings = [
    // A variable may be the passphrase of an alias of any name, so unknown ones are only worth a warning.
    ...checkSettings(view, {
      known: knownSettings,
      strict: strictSections,
      strictVariables: false,
    }),
    ...ignoredSettings(view),
  ];
  const listen = view.member('server.grpc_addr');
  const address = parseListenAddress(
    listen.requiredText('is required: grpc listen address required for server'),
    listen.path,
  );
  const storage = readStorage(view.member('storage'));
  const { tls, tlsWarnings } = await readTls(view, nowMs);
  const isMemory = storage.backend === 'memory';
  // Elsewhere the database lies in no directory of ours.
  const dataDir = storage.backend === 'sqlite' ? dirname(storage.file) : undefined;
  return {
    config: {
      listen: address,
      tls,
      storage,
      defaultAlias: readDefaultAlias(view, isMemory),
      allowLockedKeys: view.member('storage.allow_locked_keys').boolean() ?? false,
    },
    passphrases: isMemory ? undefined : readPassphrases(view, dataDir, warn),
    logLevel: readLogLevel(view),
    warnings: [...warnings, ...tlsWarnings, ...storageExposures(storage)],
  };
}

function ignoredSettings(view: ConfigView): readonly string[] {
  const warnings: string[] = [];
  if (view.member('server.http_addr').exists)
    warnings.push('server.http_addr is ignored: there is only gRPC');
  if (view.member('reporting').exists)
    warnings.push('reporting is ignored: nothing is sent anywhere');
  return warnings;
}

function readDefaultAlias(view: ConfigView, isMemory: boolean): string {
  const setting = view.member('storage.default_alias');
  // Go's other name for it, which as a variable is NOTARY_SIGNER_DEFAULT_ALIAS.
  const alias = setting.text() ?? view.member('default_alias').text();
  if (alias === undefined) {
    return isMemory
      ? memoryAlias
      : setting.fail('is required: must provide a default alias for the key DB');
  }
  return isAlias(alias) ? alias : setting.fail('is longer than 50 characters');
}

async function readTls(
  view: ConfigView,
  nowMs: number,
): Promise<{ readonly tls: ListenerTls; readonly tlsWarnings: readonly string[] }> {
  const file = (name: string): string => {
    const setting = view.member(`server.${name}`);
    return setting.filePath() ?? setting.fail('is required: unable to set up TLS');
  };
  const pair = await loadKeyPair(file('tls_cert_file'), file('tls_key_file'));
  const caFile = view.member('server.client_ca_file').filePath();
  const clientCa = caFile === undefined ? undefined : await loadCertificateAuthority(caFile);
  return {
    tls: { cert: pair.cert, key: pair.key, clientCa },
    tlsWarnings: keyPairWarnings(pair, nowMs),
  };
}

function readPassphrases(
  view: ConfigView,
  dataDir: string | undefined,
  warn: (message: string) => void,
): PassphraseSource {
  const directory = view.member('storage.passphrase_dir').filePath();
  return configuredPassphrases({ ...view.source, directory, dataDir, baseDir: view.baseDir, warn });
}
