// paraph-server: the one place of the server that sees the process. Flags, environment and signals go in; the
// exit status comes out. Called by bin/paraph-server, and by `paraph server`.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { configFromEnvironment, loadConfig } from '../daemon/config.ts';
import { createLog, type Log, neighbourLevel } from '../daemon/log.ts';
import { asFailure, isFailure } from '../errors.ts';
import { type ReadConfig, readServerConfig } from './config.ts';
import { embeddedDefaults } from './embedded-defaults.ts';
import { type Flags, parseFlags, usage } from './flags.ts';
import { type RunningServer, startServer } from './server.ts';

/** Of this release; a test holds it against package.json. */
export const version = '0.1.0';

/** PARAPH_ wins over NOTARY_ where both are set. */
const prefixes = ['PARAPH_SERVER_', 'NOTARY_SERVER_'];

/** Runs until a signal ends it. Sets the exit status. */
export async function main(args: readonly string[]): Promise<void> {
  const log = createLog({ level: 'info', service: 'paraph-server', stream: process.stderr });
  try {
    const flags = parseFlags(args);
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

async function run(flags: Flags, log: Log): Promise<void> {
  const { config, logLevel, warnings } = await read(flags);
  log.info('starting', { version, node: process.version, storage: config.storage.backend });
  for (const warning of warnings) log.warning(warning);
  const server = await startServer(config, { log, now: Date.now });
  if (flags.isBootstrap) {
    await server.close();
    return;
  }
  log.info('listening', { url: server.url });
  log.level = flags.isDebug ? 'debug' : logLevel;
  await untilStopped(server, log);
}

async function read({ configFile }: Flags): Promise<ReadConfig> {
  const { env } = process;
  if (configFile !== undefined) {
    return readServerConfig(await loadConfig(configFile, { env, prefixes }));
  }
  const dataDir =
    env['PARAPH_DATA_DIR'] ??
    env['STATE_DIRECTORY'] ??
    join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'paraph', 'server');
  const withDefaults = { ...embeddedDefaults('NOTARY_SERVER_', dataDir), ...env };
  return readServerConfig(configFromEnvironment({ env: withDefaults, prefixes }, dataDir));
}

function untilStopped(server: RunningServer, log: Log): Promise<void> {
  process.on('SIGUSR1', () => changeLevel(log, 1));
  process.on('SIGUSR2', () => changeLevel(log, -1));
  return new Promise((resolve, reject) => {
    let isStopping = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (isStopping) process.exit(1);
      isStopping = true;
      log.info('stopping', { signal });
      server.close().then(resolve, reject);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    process.on('uncaughtException', (error) => {
      log.fatal('unexpected failure', { error });
      process.exit(1);
    });
  });
}

function changeLevel(log: Log, step: 1 | -1): void {
  const level = neighbourLevel(log.level, step);
  if (level === undefined) return;
  log.level = level;
  process.stderr.write(`Successfully setting log level to ${level}\n`);
}
