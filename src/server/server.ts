// The server put together from its rooms, in one process and with everything injected: used by main.ts and by the
// sandbox. With the memory store it needs no compiled add-on; what a configuration does not use is not loaded.
import { readFile } from 'node:fs/promises';
import { Health, type HealthCheck } from '../daemon/health.ts';
import type { Log } from '../daemon/log.ts';
import { keyPairWarnings, loadCertificateAuthority, loadKeyPair } from '../daemon/tls.ts';
import { Failure } from '../errors.ts';
import type { Authorizer } from './auth/authorizer.ts';
import type { ServerConfig, TokenAuthConfig, TrustConfig } from './config.ts';
import { type Answer, metricsAnswer } from './http/answer.ts';
import { ByteBudget } from './http/byte-budget.ts';
import { createHandlers } from './http/handlers.ts';
import { type HttpLimits, httpLimits } from './http/limits.ts';
import { listen, type TlsIdentity } from './http/listener.ts';
import { MetadataAnswers } from './http/metadata-answer.ts';
import type { MetricsPage } from './http/metrics-page.ts';
import { RequestMetrics } from './http/request-metrics.ts';
import { RouteCache } from './http/route-cache.ts';
import { Sender } from './http/send.ts';
import { createService } from './http/service.ts';
import { LocalSigning } from './release/local-signing.ts';
import { PublishedFiles } from './release/published-files.ts';
import { Publisher } from './release/publisher.ts';
import { Renewal } from './release/renewal.ts';
import { RepositoryLocks } from './release/repository-locks.ts';
import type { SigningService } from './release/signing-service.ts';
import { MemoryStore } from './store/memory.ts';
import type { TufStore } from './store/store.ts';

export interface ServerDeps {
  readonly log: Log;
  /** Now, in milliseconds since 1970. */
  readonly now: () => number;
  readonly limits?: HttpLimits;
}

export interface RunningServer {
  /** With the port that is really listened on. */
  readonly url: string;
  /** Finishes requests in flight, within a bound, then closes everything. */
  close(): Promise<void>;
}

/** @throws Failure CONFIG_INVALID, ADDON_MISSING, DISK, STORE_FAILED */
export async function startServer(config: ServerConfig, deps: ServerDeps): Promise<RunningServer> {
  const { log } = deps;
  const tls = await loadTls(config, deps);
  const authorizer = config.auth && (await openAuth(config.auth, deps));
  const signing = await openSigning(config.trust, deps);
  const store = await openStore(config);
  const health = new Health(healthChecks(config, store, signing));
  const renewal = createRenewal(store, signing, deps);
  const limits = deps.limits ?? httpLimits;
  const service = assemble(config, deps, {
    store,
    signing,
    health,
    authorizer,
    limits,
    ...renewal,
  });
  const closeRooms = async (): Promise<void> => {
    health.stop();
    await renewal.renewal.settled();
    await signing.close();
    await store.close();
  };
  try {
    const { host, port } = config.listen;
    const listener = await listen({ host, port, limits, ...(tls && { tls }) }, service);
    void health.start();
    const url = `${tls === undefined ? 'http' : 'https'}://${urlHost(listener.host)}:${listener.port}`;
    log.info('the server listens', { url, storage: config.storage.backend });
    return {
      url,
      close: async () => {
        await listener.close();
        await closeRooms();
        log.info('the server has stopped');
      },
    };
  } catch (error) {
    await closeRooms();
    throw error;
  }
}

interface Rooms extends RenewalRoom {
  readonly store: TufStore;
  readonly signing: SigningService;
  readonly health: Health;
  readonly authorizer: Authorizer | undefined;
  readonly limits: HttpLimits;
}

interface RenewalRoom {
  readonly locks: RepositoryLocks;
  readonly renewal: Renewal;
}

function createRenewal(store: TufStore, signing: SigningService, deps: ServerDeps): RenewalRoom {
  const { log, now } = deps;
  const locks = new RepositoryLocks();
  return { locks, renewal: new Renewal({ store, signing, locks, log, now }) };
}

function assemble(config: ServerConfig, { log, now }: ServerDeps, rooms: Rooms) {
  const { store, signing, health, authorizer, limits, locks, renewal } = rooms;
  const metrics = new RequestMetrics();
  const handlers = createHandlers({
    files: new PublishedFiles(store, renewal),
    publisher: new Publisher({ store, signing, locks, now }),
    keys: { store, signing, now },
    health,
    answers: new MetadataAnswers(config.cacheSeconds),
    uploads: new ByteBudget(limits.inFlightBytes),
    limits,
    metricsPage: metricsPage(metrics, now),
  });
  const { gunPrefixes } = config;
  const routes = new RouteCache(gunPrefixes);
  const sender = new Sender(limits);
  return createService({
    routes,
    gunPrefixes,
    handlers,
    authorizer,
    metrics,
    sender,
    limits,
    log,
    now,
  });
}

/** Loaded at the first look: prom-client is slow to load. */
function metricsPage(metrics: RequestMetrics, now: () => number): () => Promise<Answer> {
  let page: Promise<MetricsPage> | undefined;
  return async () => {
    page ??= import('./http/metrics-page.ts').then(
      ({ MetricsPage }) => new MetricsPage(metrics, now),
    );
    const { contentType, text } = await (await page).read();
    return metricsAnswer(contentType, text);
  };
}

async function loadTls({ tls }: ServerConfig, deps: ServerDeps): Promise<TlsIdentity | undefined> {
  if (tls === undefined) return undefined;
  const pair = await loadKeyPair(tls.certFile, tls.keyFile);
  for (const warning of keyPairWarnings(pair, deps.now())) deps.log.warning(warning);
  const { cert, key } = pair;
  if (tls.clientAuthorityFile === undefined) return { cert, key };
  return { cert, key, clientAuthority: await loadCertificateAuthority(tls.clientAuthorityFile) };
}

async function openAuth(auth: TokenAuthConfig, { now }: ServerDeps): Promise<Authorizer> {
  const { TokenAuth } = await import('./auth/token.ts');
  const { bundleFile, ...rest } = auth;
  let bundle: Buffer;
  try {
    bundle = await readFile(bundleFile);
  } catch (cause) {
    throw new Failure(
      'CONFIG_INVALID',
      `auth.options.rootcertbundle ${bundleFile} cannot be read`,
      { cause },
    );
  }
  return new TokenAuth({ ...rest, bundle }, now);
}

async function openSigning(trust: TrustConfig, { log, now }: ServerDeps): Promise<SigningService> {
  if (trust.type === 'local') return new LocalSigning();
  const { RemoteSigning } = await import('./release/remote-signing.ts');
  const { host, port, algorithm, authorityFile, certFile, keyFile } = trust;
  const credentials = async () => ({
    authority: authorityFile ? await loadCertificateAuthority(authorityFile) : undefined,
    identity: certFile && keyFile ? await loadKeyPair(certFile, keyFile) : undefined,
  });
  if (trust.isAuthorityAwaited !== true) {
    const { identity } = await credentials();
    for (const warning of identity ? keyPairWarnings(identity, now()) : []) log.warning(warning);
  }
  return new RemoteSigning({ address: { host, port, credentials }, algorithm });
}

async function openStore({ storage }: ServerConfig): Promise<TufStore> {
  if (storage.backend === 'memory') return new MemoryStore();
  const { openSqliteStore } = await import('./store/sqlite.ts');
  return openSqliteStore(storage.file);
}

/** Under Go's names, and only what can fail. */
function healthChecks(
  { storage, trust }: ServerConfig,
  store: TufStore,
  signing: SigningService,
): ReadonlyMap<string, HealthCheck> {
  const checks = new Map<string, HealthCheck>();
  if (storage.backend !== 'memory') checks.set('DB operational', () => store.check());
  if (trust.type === 'remote') checks.set('Trust operational', () => signing.check());
  return checks;
}

function urlHost(host: string): string {
  if (host === '::' || host === '0.0.0.0') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
