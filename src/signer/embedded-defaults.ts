// What holds where neither a configuration file nor a variable says anything: a signer on this machine alone, with its
// keys in one directory and a certificate made at the first start. Written as variables, so that there is one way in
// which settings are read.
import { join } from 'node:path';
import { type ConfigSource, configFromEnvironment, withDefaults } from '../daemon/config.ts';
import { dataDirectory } from '../daemon/data-directory.ts';
import { ensureLocalCertificate } from '../daemon/local-certificate.ts';
import { type ReadSignerConfig, readSignerConfig } from './config.ts';

/** Names the variable that holds the passphrase: NOTARY_SIGNER_PASSPHRASE, or a credential `passphrase`. */
const embeddedAlias = 'passphrase';

/**
 * The configuration of `source` over the defaults.
 * @param warn is told later about passphrase files that others can read
 * @throws Failure CONFIG_INVALID, also when there is no home directory; DISK
 */
export async function readEmbeddedConfig(
  source: ConfigSource,
  workingDir: string,
  nowMs: number,
  warn: (message: string) => void,
): Promise<ReadSignerConfig> {
  const dataDir = dataDirectory('signer', source.env);
  const { certFile, keyFile } = await ensureLocalCertificate(dataDir, 'signer', nowMs);
  const settings = {
    'server.grpc_addr': '127.0.0.1:7899',
    'server.tls_cert_file': certFile,
    'server.tls_key_file': keyFile,
    'storage.backend': 'sqlite',
    'storage.db_url': join(dataDir, 'signer.db'),
    'storage.default_alias': embeddedAlias,
  };
  const view = configFromEnvironment(withDefaults(source, settings), workingDir);
  return readSignerConfig(view, nowMs, warn);
}
