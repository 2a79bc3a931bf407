// The signer as a running service: its parts put together, checked, and listening. In order: where it may listen,
// the store, the passphrases of every alias, then the port. Nothing listens before all of it is in order.
//
// Invariants:
// - Without a client CA the signer listens on loopback only: whoever reaches it can sign with every key.
// - It does not start while the default alias, or an alias of a stored key, has no passphrase or a wrong one.
// - `close` lets calls that run end, so that no recorded signature is lost to its caller.
import { randomBytes } from 'node:crypto';
import { bind } from '../daemon/bind.ts';
import { Health } from '../daemon/health.ts';
import { formatListenAddress, reachOf } from '../daemon/listen-address.ts';
import type { Log } from '../daemon/log.ts';
import { HealthService } from '../daemon/rpc/generated/health.ts';
import { KeyManagementService, SignerService } from '../daemon/rpc/generated/signer.ts';
import { logLibraryTo } from '../daemon/rpc/library-log.ts';
import { maxMessageBytes } from '../daemon/rpc/protocol.ts';
import { RpcServer } from '../daemon/rpc/rpc-server.ts';
import { Failure } from '../errors.ts';
import type { SignerConfig } from './config.ts';
import { healthService } from './health-service.ts';
import type { PassphraseSource } from './passphrases.ts';
import { SigningPolicy } from './policy.ts';
import { keyManagementService, signerService } from './service.ts';
import { SignatureLedger } from './signature-ledger.ts';
import { MemoryKeyStore } from './store/memory.ts';
import type { SigningKeyStore } from './store/store.ts';
import { defaultIterations, Vault } from './vault.ts';

export interface SignerDeps {
  readonly log: Log;
  readonly nowMs: () => number;
  /** May be left out with the memory store: its keys die with the process, and so may their passphrase. */
  readonly passphrases?: PassphraseSource;
}

export interface RunningSigner {
  /** `host:port` with the port that was bound. */
  readonly address: string;
  close(): Promise<void>;
}

/** A passphrase of 256 random bits needs no stretching. */
const randomPassphraseIterations = 1000;
/** How long `close` waits for calls that run. */
const graceMs = 5000;

/**
 * Starts the signer.
 * @throws Failure CONFIG_INVALID (an address that is not allowed or cannot be bound), PASSPHRASE_MISSING,
 *   SIGNING_KEY_LOCKED (a stored key does not open), ADDON_MISSING, DISK, STORE_FAILED
 */
export async function startSigner(config: SignerConfig, deps: SignerDeps): Promise<RunningSigner> {
  await checkReach(config, deps.log);
  const passphrases = deps.passphrases ?? randomPassphrase(config);
  const iterations =
    deps.passphrases === undefined ? randomPassphraseIterations : defaultIterations;
  const { defaultAlias } = config;
  const vault = new Vault({ passphrases, defaultAlias, iterations, log: deps.log });
  const store = await openStore(config);
  const ledger = new SignatureLedger(store, deps.nowMs);
  const health = new Health(new Map([['DB operational', () => store.check()]]), { log: deps.log });
  const parts = { store, vault, ledger, health };
  try {
    await checkAliases(config, parts, passphrases, deps.log);
    await health.start();
    return await listen(config, parts, deps);
  } catch (error) {
    await release(parts);
    throw error;
  }
}

interface Parts {
  readonly store: SigningKeyStore;
  readonly vault: Vault;
  readonly ledger: SignatureLedger;
  readonly health: Health;
}

async function checkReach({ listen: { host }, tls }: SignerConfig, log: Log): Promise<void> {
  const reach = await reachOf(host);
  if (tls.clientCa === undefined && reach !== 'loopback') {
    throw new Failure('CONFIG_INVALID', 'without a client CA the signer listens on loopback only', {
      facts: { address: host === '' ? 'every address' : host },
      meaning: 'Whoever reaches the signer can sign with every key that it holds.',
      remedy: 'Set server.client_ca_file, or listen on 127.0.0.1.',
    });
  }
  if (reach === 'public') {
    log.warning('the signer listens on a public address; it belongs on a private network', {
      host,
    });
  }
}

async function openStore({ storage }: SignerConfig): Promise<SigningKeyStore> {
  if (storage.backend === 'memory') return new MemoryKeyStore();
  if (storage.backend === 'sqlite') {
    const { openSqliteKeyStore } = await import('./store/sqlite.ts');
    return openSqliteKeyStore(storage.file);
  }
  const { openPostgresKeyStore } = await import('./store/postgres.ts');
  return openPostgresKeyStore(storage.settings);
}

function randomPassphrase(config: SignerConfig): PassphraseSource {
  if (config.storage.backend !== 'memory') {
    throw new Failure(
      'PASSPHRASE_MISSING',
      'a signer that keeps its keys needs a source of passphrases',
    );
  }
  const secret = randomBytes(32);
  return { passphrase: async () => Buffer.from(secret) };
}

async function checkAliases(
  config: SignerConfig,
  { store, vault }: Parts,
  passphrases: PassphraseSource,
  log: Log,
): Promise<void> {
  const given = await passphrases.passphrase(config.defaultAlias);
  given?.fill(0);
  if (given === undefined) {
    const alias = JSON.stringify(config.defaultAlias);
    throw new Failure('PASSPHRASE_MISSING', `the default alias ${alias} has no passphrase`, {
      remedy: `Set the variable NOTARY_SIGNER_${config.defaultAlias.toUpperCase()}, or a file in $CREDENTIALS_DIRECTORY or storage.passphrase_dir.`,
    });
  }
  for (const row of await store.newestOfEachAlias()) {
    try {
      await vault.openRow(row);
    } catch (error) {
      if (!config.allowLockedKeys) throw error;
      const { passphraseAlias: alias } = row;
      log.warning('started although keys under an alias cannot be opened', { alias, error });
    }
  }
}

async function listen(
  config: SignerConfig,
  parts: Parts,
  deps: SignerDeps,
): Promise<RunningSigner> {
  const policy = new SigningPolicy({ ...parts, nowMs: deps.nowMs });
  const services = [
    [KeyManagementService, keyManagementService(policy, deps.log)],
    [SignerService, signerService(policy, deps.log)],
    [HealthService, healthService(parts.health)],
  ] as const;
  logLibraryTo(deps.log);
  const server = new RpcServer({ tls: config.tls, services, maxMessageBytes });
  const port = await bind(
    (host, wanted) => server.listen(host, wanted),
    config.listen,
    'server.grpc_addr',
  );
  const address = formatListenAddress({ host: config.listen.host, port });
  deps.log.info('the signer listens', {
    address,
    clients: config.tls.clientCa === undefined ? 'anyone on this machine' : 'with a certificate',
  });
  return {
    address,
    async close() {
      await server.close(graceMs);
      await parts.ledger.drain();
      await release(parts);
      deps.log.info('the signer has stopped');
    },
  };
}

async function release({ health, vault, store }: Parts): Promise<void> {
  health.stop();
  await vault.close();
  await store.close();
}
