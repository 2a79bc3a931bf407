// The server put together from its rooms, in one process and with everything injected: used by main.ts and by the
// sandbox. With the memory store it needs no compiled add-on; what a configuration does not use is not loaded.
import { Health } from '../daemon/health.ts';
import type { Log } from '../daemon/log.ts';
import { healthChecks, loadTls, openAuth, openSigning, openStore } from './adapters.ts';
import type { Authorizer } from './auth/authorizer.ts';
import type { ServerConfig } from './config.ts';
import { type Answer, metricsAnswer } from './http/answer.ts';
import { ByteBudget } from './http/byte-budget.ts';
import { createHandlers } from './http/handlers.ts';
import { type HttpLimits, httpLimits } from './http/limits.ts';
import { listen } from './http/listener.ts';
import { MetadataAnswers } from './http/metadata-answer.ts';
import type { MetricsPage } from './http/metrics-page.ts';
import { RequestMetrics } from './http/request-metrics.ts';
import { RouteCache } from './http/route-cache.ts';
import { Sender } from './http/send.ts';
import { createService } from './http/service.ts';
import { PublishedFiles } from './release/published-files.ts';
import { Publisher } from './release/publisher.ts';
import { Renewal } from './release/renewal.ts';
import { RepositoryLocks } from './release/repository-locks.ts';
import type { SigningService } from './release/signing-service.ts';
import type { TufStore } from './store/store.ts';

export interface ServerDeps {
  readonly log: Log;
  /** Now, in milliseconds since 1970. */
  readonly nowMs: () => number;
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
  const tls = await loadTls(config, deps);
  const rooms = await openRooms(config, deps);
  try {
    const { limits } = rooms;
    const options = { ...config.listen, limits, ...(tls && { tls }) };
    const listener = await listen(options, assemble(config, deps, rooms));
    const url = `${tls === undefined ? 'http' : 'https'}://${urlHost(listener.host)}:${listener.port}`;
    void rooms.health.start();
    deps.log.info('the server listens', { url, storage: config.storage.backend });
    if (config.tls?.isSelfMade === true) {
      deps.log.info('the certificate was made here: clients trust it once they have a copy', {
        certificate: config.tls.certFile,
        copyTo: `~/.docker/tls/${new URL(url).host}/ca.crt`,
      });
    }
    return {
      url,
      close: async () => {
        await listener.close();
        await closeRooms(rooms);
        deps.log.info('the server has stopped');
      },
    };
  } catch (error) {
    await closeRooms(rooms);
    throw error;
  }
}

interface Rooms {
  readonly store: TufStore;
  readonly signing: SigningService;
  readonly locks: RepositoryLocks;
  readonly renewal: Renewal;
  readonly health: Health;
  readonly authorizer: Authorizer | undefined;
  readonly limits: HttpLimits;
}

async function openRooms(config: ServerConfig, deps: ServerDeps): Promise<Rooms> {
  const { log, nowMs, limits = httpLimits } = deps;
  const authorizer = config.auth && (await openAuth(config.auth, deps));
  const signing = await openSigning(config.trust, deps);
  const store = await openStore(config);
  const locks = new RepositoryLocks();
  const renewal = new Renewal({ store, signing, locks, log, nowMs });
  const health = new Health(healthChecks(config, store, signing), { log });
  return { store, signing, locks, renewal, health, authorizer, limits };
}

async function closeRooms({ store, signing, renewal, health }: Rooms): Promise<void> {
  health.stop();
  await renewal.settled();
  await signing.close();
  await store.close();
}

function assemble(config: ServerConfig, { log, nowMs }: ServerDeps, rooms: Rooms) {
  const { store, signing, health, authorizer, limits, locks, renewal } = rooms;
  const metrics = new RequestMetrics();
  const handlers = createHandlers({
    files: new PublishedFiles(store, renewal),
    publisher: new Publisher({ store, signing, locks, nowMs }),
    keys: { store, signing, nowMs },
    health,
    answers: new MetadataAnswers(config.cacheSeconds),
    uploads: new ByteBudget(limits.inFlightBytes),
    limits,
    metricsPage: metricsPage(metrics, nowMs),
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
    nowMs,
  });
}

/** Loaded at the first look: prom-client is slow to load. */
function metricsPage(metrics: RequestMetrics, nowMs: () => number): () => Promise<Answer> {
  let page: Promise<MetricsPage> | undefined;
  return async () => {
    page ??= import('./http/metrics-page.ts').then(
      ({ MetricsPage }) => new MetricsPage(metrics, nowMs),
    );
    const { contentType, text } = await (await page).read();
    return metricsAnswer(contentType, text);
  };
}

function urlHost(host: string): string {
  if (host === '::' || host === '0.0.0.0') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
