// What holds where neither a configuration file nor a variable says anything: a signer on this machine alone, with its
// keys in one directory and a certificate made at the first start. Written as variables, so that there is one way in
// which settings are read.
import { join } from 'node:path';
import { type Environment, variableName } from '../daemon/config.ts';
import { ensureLocalCertificate } from '../daemon/local-certificate.ts';

/** Names the variable that holds the passphrase: NOTARY_SIGNER_PASSPHRASE, or a credential `passphrase`. */
const embeddedAlias = 'passphrase';
const prefix = 'NOTARY_SIGNER_';

/**
 * `env` over the defaults. Makes the certificate, unless the variables name another.
 * @throws Failure DISK
 */
export async function withEmbeddedDefaults(
  env: Environment,
  dataDir: string,
  nowMs: number,
): Promise<Environment> {
  const { certFile, keyFile } = await ensureLocalCertificate(dataDir, 'signer', nowMs);
  const settings = {
    'server.grpc_addr': '127.0.0.1:7899',
    'server.tls_cert_file': certFile,
    'server.tls_key_file': keyFile,
    'storage.backend': 'sqlite',
    'storage.db_url': join(dataDir, 'signer.db'),
    'storage.default_alias': embeddedAlias,
  };
  const defaults = new Map(
    Object.entries(settings).map(([path, value]) => [variableName(prefix, path), value]),
  );
  return { ...Object.fromEntries(defaults), ...env };
}
