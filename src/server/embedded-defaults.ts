// What holds where neither a configuration file nor a variable says anything: a server on this machine alone, with its
// data in one directory, beside a signer on its own embedded default. Written as variables, so that there is one way
// in which settings are read.
import { join } from 'node:path';
import { type Environment, variableName } from '../daemon/config.ts';
import { dataDirectory } from '../daemon/data-directory.ts';
import { ensureLocalCertificate } from '../daemon/local-certificate.ts';

const prefix = 'NOTARY_SERVER_';

/**
 * `env` over the defaults. The signer is known by its certificate, which is made here when the server is the first
 * of the two to start.
 * @throws Failure DISK, CONFIG_INVALID when there is no home directory
 */
export async function withEmbeddedDefaults(env: Environment, nowMs: number): Promise<Environment> {
  const signerDir = dataDirectory('signer', env);
  const { certFile } = await ensureLocalCertificate(signerDir, 'signer', nowMs);
  const settings = {
    'server.http_addr': '127.0.0.1:4443',
    'trust_service.type': 'remote',
    'trust_service.hostname': 'localhost',
    'trust_service.port': '7899',
    'trust_service.key_algorithm': 'ecdsa',
    'trust_service.tls_ca_file': certFile,
    'storage.backend': 'sqlite',
    'storage.db_url': join(dataDirectory('server', env), 'server.db'),
    'logging.level': 'info',
  };
  const defaults = new Map(
    Object.entries(settings).map(([path, value]) => [variableName(prefix, path), value]),
  );
  return { ...Object.fromEntries(defaults), ...env };
}
