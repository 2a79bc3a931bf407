// What holds where neither a configuration file nor a variable says anything: a server on this machine alone, with its
// data and a certificate made at the first start in one directory, beside a signer on its own embedded default.
// Written as variables, so that there is one way in which settings are read.
import { join, resolve } from 'node:path';
import { type ConfigSource, configFromEnvironment, withDefaults } from '../daemon/config.ts';
import { dataDirectory } from '../daemon/data-directory.ts';
import { ensureLocalCertificate } from '../daemon/local-certificate.ts';
import { type ReadConfig, readServerConfig } from './config.ts';

/**
 * The configuration of `source` over the defaults. The signer is known by the certificate that it makes at its first
 * start; which of the two starts first does not matter.
 * @throws Failure CONFIG_INVALID, also when there is no home directory; DISK
 */
export async function readEmbeddedConfig(
  source: ConfigSource,
  workingDir: string,
  nowMs: number,
): Promise<ReadConfig> {
  const dataDir = dataDirectory('server', source.env);
  const { certFile, keyFile } = await ensureLocalCertificate(dataDir, 'server', nowMs);
  const settings = {
    'server.http_addr': '127.0.0.1:4443',
    'server.tls_cert_file': certFile,
    'server.tls_key_file': keyFile,
    'trust_service.type': 'remote',
    'trust_service.hostname': 'localhost',
    'trust_service.port': '7899',
    'trust_service.key_algorithm': 'ecdsa',
    'trust_service.tls_ca_file': join(dataDirectory('signer', source.env), 'signer.crt'),
    'storage.backend': 'sqlite',
    'storage.db_url': join(dataDir, 'server.db'),
  };
  const view = configFromEnvironment(withDefaults(source, settings), workingDir);
  const read = readServerConfig(view);
  const { trust, tls } = read.config;
  return {
    ...read,
    config: {
      ...read.config,
      ...(trust.type === 'remote' && { trust: { ...trust, isAuthorityAwaited: true } }),
      ...(tls && { tls: { ...tls, isSelfMade: tls.certFile === resolve(workingDir, certFile) } }),
    },
  };
}
