// What both daemons do with their process: flags, variables, signals, the log and its level, the exit status. What a
// daemon makes of its configuration and starts is its own main's business. The process is handed in by that main.
//
// Invariants:
// - Signals are heard before anything listens: one during the start must not end the process without its order.
// - Warnings of the start are written whatever level is configured: they say what is not protected.
import { asFailure, Failure, isFailure } from '../errors.ts';
import { version } from '../version.ts';
import { type ConfigSource, type ConfigView, loadConfig } from './config.ts';
import type { PostgresSettings } from './database/postgres-settings.ts';
import type { StorageSettings } from './database/storage-settings.ts';
import { type DaemonFlags, parseDaemonFlags } from './flags.ts';
import { createLog, type Log, type LogLevel, neighbourLevel, orMoreTalkative } from './log.ts';

export interface Daemon<Read extends ReadSettings> {
  /** Of the program, in its log and its help. */
  readonly name: string;
  readonly usage: string;
  /** Of its variables; where several are set, the first wins. */
  readonly prefixes: readonly string[];
  /** What a configuration file says. What `warn` is told is always heard. */
  readonly readConfig: (view: ConfigView, warn: Warn) => Read | Promise<Read>;
  /** What holds without a file; relative paths are below `workingDir`. */
  readonly readEmbedded: (source: ConfigSource, workingDir: string, warn: Warn) => Promise<Read>;
  /** For -dry-run: what the start would make in PostgreSQL, one line each. */
  readonly plan: (settings: PostgresSettings) => Promise<readonly string[]>;
  /** Resolves once it listens. */
  readonly start: (read: Read, log: Log) => Promise<{ close(): Promise<void> }>;
}

export interface ReadSettings {
  readonly config: { readonly storage: StorageSettings };
  readonly logLevel: LogLevel;
  /** One clause each, about the configuration. */
  readonly warnings: readonly string[];
}

type Warn = (message: string) => void;

/** Runs `daemon` until a signal ends it. Sets the exit status of `program`. */
export async function runDaemon<Read extends ReadSettings>(
  daemon: Daemon<Read>,
  args: readonly string[],
  program: NodeJS.Process,
): Promise<void> {
  const { name, usage } = daemon;
  const log = createLog({ level: 'info', service: name, stream: program.stderr });
  try {
    const flags = parseDaemonFlags(args, name);
    if (flags.isHelp) program.stdout.write(usage);
    else if (flags.isVersion) program.stdout.write(`${name} ${version}\n`);
    else await run(daemon, flags, log, program);
  } catch (error) {
    if (isFailure(error, 'USAGE')) program.stderr.write(usage);
    const { message, remedy } = asFailure(error);
    log.fatal(message, { remedy, error });
    program.exitCode = 1;
  }
}

async function run<Read extends ReadSettings>(
  daemon: Daemon<Read>,
  flags: DaemonFlags,
  log: Log,
  program: NodeJS.Process,
): Promise<void> {
  const stopped = watchSignals(log, program);
  const settings = await read(daemon, flags, log, program);
  const { config, logLevel, warnings } = settings;
  const level = flags.isDebug ? 'debug' : logLevel;
  log.level = orMoreTalkative(level, 'warning');
  for (const warning of warnings) log.warning(warning);
  if (flags.isDryRun) {
    for (const line of await planned(daemon, config.storage)) program.stdout.write(`${line}\n`);
    return;
  }
  const running = await daemon.start(settings, log);
  log.level = level;
  if (!flags.isBootstrap) await stopped;
  await running.close();
}

function read<Read extends ReadSettings>(
  { prefixes, readConfig, readEmbedded }: Daemon<Read>,
  { configFile }: DaemonFlags,
  log: Log,
  program: NodeJS.Process,
): Promise<Read> {
  const source = { env: program.env, prefixes };
  const warn: Warn = (message) => log.warning(message);
  if (configFile === undefined) return readEmbedded(source, program.cwd(), warn);
  return loadConfig(configFile, source).then((view) => readConfig(view, warn));
}

function planned<Read extends ReadSettings>(
  { plan }: Daemon<Read>,
  storage: StorageSettings,
): Promise<readonly string[]> {
  if (storage.backend === 'postgres') return plan(storage.settings);
  throw new Failure('USAGE', '-dry-run plans tables in PostgreSQL, and the storage is another');
}

/** @returns a promise that resolves when the process is told to stop; told twice, it ends at once. */
function watchSignals(log: Log, program: NodeJS.Process): Promise<void> {
  // Node opens its debugger on SIGUSR1 when nobody listens: to a process that holds keys, a way in.
  program.on('SIGUSR1', () => changeLevel(log, 1, program));
  program.on('SIGUSR2', () => changeLevel(log, -1, program));
  program.on('uncaughtException', (error) => {
    log.fatal('unexpected failure', { error });
    program.exit(1);
  });
  // Node prints its warnings past the log, unless its own listener is gone.
  program.removeAllListeners('warning');
  program.on('warning', ({ name, message: text }) => log.warning('Node warns', { name, text }));
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (isStopping) program.exit(1);
      isStopping = true;
      log.info('stopping', { signal });
      resolve();
    };
    program.on('SIGTERM', stop);
    program.on('SIGINT', stop);
  });
}

function changeLevel(log: Log, step: 1 | -1, program: NodeJS.Process): void {
  const level = neighbourLevel(log.level, step);
  if (level === undefined) return;
  log.level = level;
  program.stderr.write(`Successfully setting log level to ${level}\n`);
}
