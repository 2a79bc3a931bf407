// paraph-signer: the one place of the signer that sees the process. Flags, environment and signals go in; the exit
// status comes out. Called by bin/paraph-signer, and by `paraph signer`.
import { configFromEnvironment, loadConfig } from '../daemon/config.ts';
import { dataDirectory } from '../daemon/data-directory.ts';
import { type DaemonFlags, parseDaemonFlags } from '../daemon/flags.ts';
import { createLog, type Log, neighbourLevel } from '../daemon/log.ts';
import { asFailure, isFailure } from '../errors.ts';
import type { ReadSignerConfig } from './config.ts';

/** Of this release; a test holds it against package.json. */
export const version = '0.1.0';

/** PARAPH_ wins over NOTARY_ where both are set. */
const prefixes = ['PARAPH_SIGNER_', 'NOTARY_SIGNER_'];

const usage = `Usage: paraph-signer [-config FILE] [-debug] [-bootstrap] [-version]

  -config FILE   notary-signer's configuration file (json, yaml or toml); without it, the embedded
                 default: SQLite in a data directory, listening on 127.0.0.1:7899, and the passphrase
                 in PARAPH_SIGNER_PASSPHRASE, in the file that PARAPH_SIGNER_PASSPHRASE_FILE names,
                 or in the systemd credential "passphrase"
  -debug         log at level debug
  -bootstrap     make the tables, then end; every start makes them too
  -logf FORMAT   accepted for notary's sake; the log is JSON
  -version       print the version, then end
`;

/** Runs until a signal ends it. Sets the exit status. */
export async function main(args: readonly string[]): Promise<void> {
  const log = createLog({ level: 'info', service: 'paraph-signer', stream: process.stderr });
  try {
    const flags = parseDaemonFlags(args, 'paraph-signer');
    if (flags.isHelp) process.stdout.write(usage);
    else if (flags.isVersion) process.stdout.write(`paraph-signer ${version}\n`);
    else await run(flags, log);
  } catch (error) {
    if (isFailure(error, 'USAGE')) process.stderr.write(usage);
    const { message, remedy } = asFailure(error);
    log.fatal(message, { remedy, error });
    process.exitCode = 1;
  }
}

async function run(flags: DaemonFlags, log: Log): Promise<void> {
  const stop = watchSignals(log);
  const { config, passphrases, logLevel, warnings } = await read(flags, log);
  log.level = flags.isDebug ? 'debug' : logLevel;
  for (const warning of warnings) log.warning(warning);
  const deps = { log, nowMs: Date.now, ...(passphrases === undefined ? {} : { passphrases }) };
  const { startSigner } = await import('./server.ts');
  const signer = await startSigner(config, deps);
  if (!flags.isBootstrap) await stop;
  await signer.close();
}

async function read({ configFile }: DaemonFlags, log: Log): Promise<ReadSignerConfig> {
  const { env } = process;
  const { readSignerConfig } = await import('./config.ts');
  const warn = (message: string): void => log.warning(message);
  if (configFile !== undefined) {
    return readSignerConfig(await loadConfig(configFile, { env, prefixes }), Date.now(), warn);
  }
  const { withEmbeddedDefaults } = await import('./embedded-defaults.ts');
  const dataDir = dataDirectory('signer', env);
  const withDefaults = await withEmbeddedDefaults(env, dataDir, Date.now());
  const view = configFromEnvironment({ env: withDefaults, prefixes }, process.cwd());
  return readSignerConfig(view, Date.now(), warn);
}

/**
 * Set before anything else is done: a signal during the start must not end the process without its order.
 * @returns a promise that resolves when the process is told to stop; told twice, it ends at once.
 */
function watchSignals(log: Log): Promise<void> {
  // Node opens its debugger on SIGUSR1 when nobody listens: to a process that holds keys, a way in.
  process.on('SIGUSR1', () => changeLevel(log, 1));
  process.on('SIGUSR2', () => changeLevel(log, -1));
  process.on('uncaughtException', (error) => {
    log.fatal('unexpected failure', { error });
    process.exit(1);
  });
  // Node prints its warnings past the log, unless its own listener is gone.
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message: text }) => log.warning('Node warns', { name, text }));
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (isStopping) process.exit(1);
      isStopping = true;
      log.info('stopping', { signal });
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}

function changeLevel(log: Log, step: 1 | -1): void {
  const level = neighbourLevel(log.level, step);
  if (level === undefined) return;
  log.level = level;
  process.stderr.write(`Successfully setting log level to ${level}\n`);
}
