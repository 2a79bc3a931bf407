// Opens what the configuration names: certificates, authentication, signing service, store. Whatever a configuration
// does not use is not loaded: without SQLite no compiled add-on, without a signer no gRPC.
import { readNamedFile } from '../config/named-file.ts';
import type { HealthCheck } from '../daemon/health.ts';
import type { Log } from '../daemon/log.ts';
import { keyPairWarnings, loadCertificateAuthority, loadKeyPair } from '../daemon/tls.ts';
import { Failure } from '../errors.ts';
import type { Authorizer } from './auth/authorizer.ts';
import type { ServerConfig, TokenAuthConfig, TrustConfig } from './config.ts';
import type { TlsIdentity } from './http/listener.ts';
import { DeferredSigning } from './release/deferred-signing.ts';
import { LocalSigning } from './release/local-signing.ts';
import type { SigningService } from './release/signing-service.ts';
import { MemoryStore } from './store/memory.ts';
import type { TufStore } from './store/store.ts';

export interface AdapterDeps {
  readonly log: Log;
  readonly nowMs: () => number;
}

export async function loadTls(
  { tls }: ServerConfig,
  deps: AdapterDeps,
): Promise<TlsIdentity | undefined> {
  if (tls === undefined) return undefined;
  const pair = await loadKeyPair(tls.certFile, tls.keyFile);
  for (const warning of keyPairWarnings(pair, deps.nowMs())) deps.log.warning(warning);
  const { cert, key } = pair;
  if (tls.clientAuthorityFile === undefined) return { cert, key };
  return { cert, key, clientAuthority: await loadCertificateAuthority(tls.clientAuthorityFile) };
}

/** Certificates of token issuers are few and small. */
const maxBundleBytes = 1024 * 1024;

export async function openAuth(auth: TokenAuthConfig, { nowMs }: AdapterDeps): Promise<Authorizer> {
  const { TokenAuth } = await import('./auth/token.ts');
  const { bundleFile, ...rest } = auth;
  const { bytes: bundle } = await readNamedFile(
    bundleFile,
    'auth.options.rootcertbundle',
    maxBundleBytes,
  );
  return new TokenAuth({ ...rest, bundle }, nowMs);
}

export async function openSigning(
  trust: TrustConfig,
  { log, nowMs }: AdapterDeps,
): Promise<SigningService> {
  if (trust.type === 'local') return new LocalSigning();
  const { host, port, algorithm, certFile, keyFile } = trust;
  const credentials = async () => ({
    authority: await signerAuthority(trust),
    identity: certFile && keyFile ? await loadKeyPair(certFile, keyFile) : undefined,
  });
  if (trust.isAuthorityAwaited !== true) {
    const { identity } = await credentials();
    for (const warning of identity ? keyPairWarnings(identity, nowMs()) : []) log.warning(warning);
  }
  return new DeferredSigning('remote', async () => {
    const { RemoteSigning } = await import('./release/remote-signing.ts');
    const { logLibraryTo } = await import('../daemon/rpc/library-log.ts');
    logLibraryTo(log);
    return new RemoteSigning({ address: { host, port, credentials }, algorithm });
  });
}

async function signerAuthority(
  trust: Extract<TrustConfig, { type: 'remote' }>,
): Promise<Buffer | undefined> {
  const { authorityFile, isAuthorityAwaited } = trust;
  if (authorityFile === undefined) return undefined;
  try {
    return await loadCertificateAuthority(authorityFile);
  } catch (cause) {
    if (isAuthorityAwaited !== true) throw cause;
    const way = 'start paraph-signer, or set PARAPH_SIGNER_DATA_DIR here as it is set for it';
    throw new Failure('SIGNER_UNAVAILABLE', `${authorityFile} is not there yet: ${way}`, { cause });
  }
}

export async function openStore({ storage }: ServerConfig): Promise<TufStore> {
  if (storage.backend === 'memory') return new MemoryStore();
  if (storage.backend === 'postgres') {
    const { openPostgresStore } = await import('./store/postgres.ts');
    return openPostgresStore(storage.settings);
  }
  const { openSqliteStore } = await import('./store/sqlite.ts');
  return openSqliteStore(storage.file);
}

/** Under Go's names, and only what can fail. */
export function healthChecks(
  { storage, trust }: ServerConfig,
  store: TufStore,
  signing: SigningService,
): ReadonlyMap<string, HealthCheck> {
  const checks = new Map<string, HealthCheck>();
  if (storage.backend !== 'memory') checks.set('DB operational', () => store.check());
  if (trust.type === 'remote') checks.set('Trust operational', () => signing.check());
  return checks;
}
