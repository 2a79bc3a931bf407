// What both daemons do with their process: flags, signals, the log and its level, the exit status. What a daemon
// reads and starts is its own main's business. The process is handed in by that main.
//
// Invariants:
// - Signals are heard before anything listens: one during the start must not end the process without its order.
// - Warnings of the start are written whatever level is configured: they say what is not protected.
import { asFailure, Failure, isFailure } from '../errors.ts';
import { version } from '../version.ts';
import { type DaemonFlags, parseDaemonFlags } from './flags.ts';
import { createLog, type Log, type LogLevel, neighbourLevel, orMoreTalkative } from './log.ts';

export interface Daemon {
  /** Of the program, in its log and its help. */
  readonly name: string;
  readonly usage: string;
  /** Reads the configuration. What it warns of with `log` is always heard. */
  readonly prepare: (flags: DaemonFlags, log: Log) => Promise<PreparedDaemon>;
}

export interface PreparedDaemon {
  readonly logLevel: LogLevel;
  /** One clause each, about the configuration. */
  readonly warnings: readonly string[];
  /** For -dry-run: what the start would make in the database, one line each. Absent when it has nothing to plan. */
  readonly plan?: () => Promise<readonly string[]>;
  /** Resolves once it listens. */
  readonly start: () => Promise<{ close(): Promise<void> }>;
}

/** Runs `daemon` until a signal ends it. Sets the exit status of `program`. */
export async function runDaemon(
  daemon: Daemon,
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

async function run(
  daemon: Daemon,
  flags: DaemonFlags,
  log: Log,
  program: NodeJS.Process,
): Promise<void> {
  const stopped = watchSignals(log, program);
  const { logLevel, warnings, plan, start } = await daemon.prepare(flags, log);
  const level = flags.isDebug ? 'debug' : logLevel;
  log.level = orMoreTalkative(level, 'warning');
  for (const warning of warnings) log.warning(warning);
  if (flags.isDryRun) {
    for (const line of await planned(plan)) program.stdout.write(`${line}\n`);
    return;
  }
  const running = await start();
  log.level = level;
  if (!flags.isBootstrap) await stopped;
  await running.close();
}

async function planned(plan: PreparedDaemon['plan']): Promise<readonly string[]> {
  if (plan !== undefined) return plan();
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
