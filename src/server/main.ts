// paraph-server: the one place of the server that sees the process. Flags, environment and signals go in; the
// exit status comes out. Called by bin/paraph-server, and by `paraph server`.
import { loadConfig } from '../daemon/config.ts';
import { type DaemonFlags, parseDaemonFlags } from '../daemon/flags.ts';
import { createLog, type Log, neighbourLevel } from '../daemon/log.ts';
import { asFailure, isFailure } from '../errors.ts';
import type { ReadConfig } from './config.ts';

/** Of this release; a test holds it against package.json. */
const version = '0.1.0';

/** PARAPH_ wins over NOTARY_ where both are set. */
const prefixes = ['PARAPH_SERVER_', 'NOTARY_SERVER_'];

const usage = `Usage: paraph-server [-config FILE] [-debug] [-bootstrap] [-version]

  -config FILE   notary-server's configuration file (json, yaml or toml); without it, the embedded
                 default: SQLite in a data directory, listening on 127.0.0.1:4443, with the signer
                 of this machine on its own embedded default (start paraph-signer beside it)
  -debug         log at level debug
  -bootstrap     make the tables, then end
  -logf FORMAT   accepted for notary's sake; the log is JSON
  -version       print the version, then end
`;

/** Runs until a signal ends it. Sets the exit status. */
export async function main(args: readonly string[]): Promise<void> {
  const log = createLog({ level: 'info', service: 'paraph-server', stream: process.stderr });
  try {
    const flags = parseDaemonFlags(args, 'paraph-server');
    if (flags.isHelp) process.stdout.write(usage);
    else if (flags.isVersion) process.stdout.write(`paraph-server ${version}\n`);
    else await run(flags, log);
  } catch (error) {
    if (isFailure(error, 'USAGE')) process.stderr.write(usage);
    const { message, remedy } = asFailure(error);
    log.fatal(message, { remedy, error });
    process.exitCode = 1;
  }
}

async function run(flags: DaemonFlags, log: Log): Promise<void> {
  const stopped = watchSignals(log);
  const { config, logLevel, warnings } = await read(flags);
  log.level = flags.isDebug ? 'debug' : logLevel;
  for (const warning of warnings) log.warning(warning);
  const { startServer } = await import('./server.ts');
  const server = await startServer(config, { log, now: Date.now });
  if (!flags.isBootstrap) await stopped;
  await server.close();
}

async function read({ configFile }: DaemonFlags): Promise<ReadConfig> {
  const { env } = process;
  if (configFile !== undefined) {
    const { readServerConfig } = await import('./config.ts');
    return readServerConfig(await loadConfig(configFile, { env, prefixes }));
  }
  const { readEmbeddedConfig } = await import('./embedded-defaults.ts');
  return readEmbeddedConfig(env, prefixes, process.cwd());
}

/**
 * Set before anything else is done: a signal during the start must not end the process without its order.
 * @returns a promise that resolves when the process is told to stop; told twice, it ends at once.
 */
function watchSignals(log: Log): Promise<void> {
  // Node opens its debugger on SIGUSR1 when nobody listens.
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
