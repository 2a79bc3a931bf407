// paraph-server: the one place of the server that sees the process, which it hands to run-daemon.ts. Called by
// bin/paraph-server, and by `paraph server`.
import { type Daemon, runDaemon } from '../daemon/run-daemon.ts';
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
  return runDaemon(daemon, args, process);
}

const daemon: Daemon<ReadConfig> = {
  name: 'paraph-server',
  usage,
  prefixes,
  async readConfig(view) {
    const { readServerConfig } = await import('./config.ts');
    return readServerConfig(view);
  },
  async readEmbedded(source, workingDir) {
    const { readEmbeddedConfig } = await import('./embedded-defaults.ts');
    return readEmbeddedConfig(source, workingDir, Date.now());
  },
  async plan(settings) {
    const { planPostgresStore } = await import('./store/postgres.ts');
    return planPostgresStore(settings);
  },
  async start({ config }, log) {
    const { startServer } = await import('./server.ts');
    return startServer(config, { log, nowMs: Date.now });
  },
};
