// paraph-signer: the one place of the signer that sees the process, which it hands to run-daemon.ts. Called by
// bin/paraph-signer, and by `paraph signer`.
import { type Daemon, runDaemon } from '../daemon/run-daemon.ts';
import type { ReadSignerConfig } from './config.ts';

/** PARAPH_ wins over NOTARY_ where both are set. */
const prefixes = ['PARAPH_SIGNER_', 'NOTARY_SIGNER_'];

const usage = `Usage: paraph-signer [-config FILE] [-debug] [-bootstrap] [-dry-run] [-logf FORMAT]
                     [-version]

  -config FILE   notary-signer's configuration file (json, yaml or toml); without it, the embedded
                 default: SQLite in a data directory, listening on 127.0.0.1:7899, and the passphrase
                 in PARAPH_SIGNER_PASSPHRASE, in the file that PARAPH_SIGNER_PASSPHRASE_FILE names,
                 or in the systemd credential "passphrase"
  -debug         log at level debug
  -bootstrap     make the tables, then end; every start makes them too
  -dry-run       say which tables the start would make in PostgreSQL, make none, then end
  -logf FORMAT   accepted for notary's sake; the log is JSON
  -version       print the version, then end
`;

/** Runs until a signal ends it. Sets the exit status. */
export function main(args: readonly string[]): Promise<void> {
  return runDaemon(daemon, args, process);
}

const daemon: Daemon<ReadSignerConfig> = {
  name: 'paraph-signer',
  usage,
  prefixes,
  async readConfig(view, warn) {
    const { readSignerConfig } = await import('./config.ts');
    return readSignerConfig(view, Date.now(), warn);
  },
  async readEmbedded(source, workingDir, warn) {
    const { readEmbeddedConfig } = await import('./embedded-defaults.ts');
    return readEmbeddedConfig(source, workingDir, Date.now(), warn);
  },
  async plan(settings) {
    const { planPostgresKeyStore } = await import('./store/postgres.ts');
    return planPostgresKeyStore(settings);
  },
  async start({ config, passphrases }, log) {
    const { startSigner } = await import('./server.ts');
    return startSigner(config, { log, nowMs: Date.now, ...(passphrases && { passphrases }) });
  },
};
