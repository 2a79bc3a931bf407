// What holds where neither a configuration file nor a variable says anything: a server on this machine alone, with its
// data in one directory, beside a signer on its own embedded default. Written as variables, so that there is one way
// in which settings are read.
import { join } from 'node:path';
import { configFromEnvironment, type Environment, variableName } from '../daemon/config.ts';
import { dataDirectory } from '../daemon/data-directory.ts';
import { type ReadConfig, readServerConfig } from './config.ts';

/**
 * The configuration of `env` over the defaults. The signer is known by the certificate that it makes at its first
 * start; which of the two starts first does not matter.
 * @param prefixes of variables, the one that wins first
 * @throws Failure CONFIG_INVALID, also when there is no home directory
 */
export function readEmbeddedConfig(
  env: Environment,
  prefixes: readonly string[],
  workingDir: string,
): ReadConfig {
  const settings = {
    'server.http_addr': '127.0.0.1:4443',
    'trust_service.type': 'remote',
    'trust_service.hostname': 'localhost',
    'trust_service.port': '7899',
    'trust_service.key_algorithm': 'ecdsa',
    'trust_service.tls_ca_file': join(dataDirectory('signer', env), 'signer.crt'),
    'storage.backend': 'sqlite',
    'storage.db_url': join(dataDirectory('server', env), 'server.db'),
    'logging.level': 'info',
  };
  const defaults = new Map(
    Object.entries(settings).map(([path, value]) => [
      variableName(prefixes.at(-1) ?? '', path),
      value,
    ]),
  );
  const source = { env: { ...Object.fromEntries(defaults), ...env }, prefixes };
  const read = readServerConfig(configFromEnvironment(source, workingDir));
  const { trust } = read.config;
  if (trust.type === 'local') return read;
  return { ...read, config: { ...read.config, trust: { ...trust, isAuthorityAwaited: true } } };
}
