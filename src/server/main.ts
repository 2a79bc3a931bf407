// paraph-server: the one place of the server that sees the process, which it hands to run-daemon.ts. Called by
// bin/paraph-server, and by `paraph server`.
import { loadConfig } from '../daemon/config.ts';
import type { DaemonFlags } from '../daemon/flags.ts';
import type { Log } from '../daemon/log.ts';
import { type PreparedDaemon, runDaemon } from '../daemon/run-daemon.ts';
import type { ReadConfig } from './config.ts';

/** PARAPH_ wins over NOTARY_ where both are set. */
const prefixes = ['PARAPH_SERVER_', 'NOTARY_SERVER_'];

const usage = `Usage: paraph-server [-config FILE] [-debug] [-bootstrap] [-dry-run] [-logf FORMAT]
                     [-version]

  -config FILE   notary-server's configuration file (json, yaml or toml); without it, the embedded
                 default: SQLite and a certificate in a data directory, listening on 127.0.0.1:4443,
                 with the signer of this machine on its own embedded default (start paraph-signer
                 beside it)
  -debug         log at level debug
  -bootstrap     make the tables, then end
  -dry-run       say which tables the start would make in PostgreSQL, make none, then end
  -logf FORMAT   accepted for notary's sake; the log is JSON
  -version       print the version, then end
`;

/** Runs until a signal ends it. Sets the exit status. */
export function main(args: readonly string[]): Promise<void> {
  return runDaemon({ name: 'paraph-server', usage, prepare }, args, process);
}

async function prepare(flags: DaemonFlags, log: Log): Promise<PreparedDaemon> {
  const { config, ...read } = await readConfig(flags);
  const start = async () => {
    const { startServer } = await import('./server.ts');
    return startServer(config, { log, nowMs: Date.now });
  };
  const { storage } = config;
  if (storage.backend !== 'postgres') return { ...read, start };
  const plan = async () => {
    const { planPostgresStore } = await import('./store/postgres.ts');
    return planPostgresStore(storage.settings);
  };
  return { ...read, plan, start };
}

async function readConfig({ configFile }: DaemonFlags): Promise<ReadConfig> {
  const source = { env: process.env, prefixes };
  if (configFile !== undefined) {
    const { readServerConfig } = await import('./config.ts');
    return readServerConfig(await loadConfig(configFile, source));
  }
  const { readEmbeddedConfig } = await import('./embedded-defaults.ts');
  return readEmbeddedConfig(source, process.cwd(), Date.now());
}
