// The daemons' log: one JSON object a line, with notary's level names. What must never be in it: keys,
// passphrases, tokens, whole requests. Callers pass a fixed sentence and named facts; text of peers goes only
// into facts, where JSON escapes it.
import pino from 'pino';
import { Failure } from '../errors.ts';
import type { ConfigView } from './config.ts';

const levelValues = { debug: 20, info: 30, warning: 40, error: 50, fatal: 60, panic: 70 } as const;

export type LogLevel = keyof typeof levelValues;

/** From the most to the least talkative. */
const logLevels: readonly LogLevel[] = ['debug', 'info', 'warning', 'error', 'fatal', 'panic'];

/** `error` may hold whatever was thrown; it is written as its code, message and causes. */
export type LogFacts = Readonly<Record<string, unknown>>;

export interface Log {
  level: LogLevel;
  debug(message: string, facts?: LogFacts): void;
  info(message: string, facts?: LogFacts): void;
  warning(message: string, facts?: LogFacts): void;
  error(message: string, facts?: LogFacts): void;
  fatal(message: string, facts?: LogFacts): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Name of the program, in every line. */
  readonly service: string;
  readonly stream: { write(line: string): unknown };
}

export function createLog(options: LogOptions): Log {
  const logger = pino(
    {
      level: options.level,
      customLevels: levelValues,
      useOnlyCustomLevels: true,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError },
    },
    { write: (line) => void options.stream.write(line) },
  );
  return {
    get level() {
      return logLevels.find((level) => level === logger.level) ?? options.level;
    },
    set level(level) {
      logger.level = level;
    },
    debug: (message, facts = {}) => logger.debug(facts, message),
    info: (message, facts = {}) => logger.info(facts, message),
    warning: (message, facts = {}) => logger.warning(facts, message),
    error: (message, facts = {}) => logger.error(facts, message),
    fatal: (message, facts = {}) => logger.fatal(facts, message),
  };
}

/** For tests and the sandbox. */
export function silentLog(): Log {
  return createLog({ level: 'panic', service: 'silent', stream: { write: () => undefined } });
}

/**
 * The setting `logging.level`. Go's default is error; what goes wrong here should be seen by whoever has configured
 * nothing.
 * @throws Failure CONFIG_INVALID
 */
export function readLogLevel(view: ConfigView): LogLevel {
  const setting = view.member('logging.level');
  const name = setting.text();
  if (name === undefined) return 'info';
  return logLevelNamed(name) ?? setting.fail(`must be one of ${logLevels.join(', ')}`);
}

/** The level of that name, in whatever case; `warn` is `warning`, as in Go. */
export function logLevelNamed(name: string): LogLevel | undefined {
  const folded = name.toLowerCase();
  return logLevels.find((level) => level === (folded === 'warn' ? 'warning' : folded));
}

/** The next level up (`+1`: more is written) or down; undefined at either end. */
export function neighbourLevel(level: LogLevel, step: 1 | -1): LogLevel | undefined {
  return logLevels[logLevels.indexOf(level) - step];
}

/** Whichever of two levels writes more. */
export function orMoreTalkative(level: LogLevel, other: LogLevel): LogLevel {
  return logLevels.indexOf(level) < logLevels.indexOf(other) ? level : other;
}

/** A chain of causes is short in practice; a ring must not hang the log. */
const maxCauses = 8;

function describeError(error: unknown): Readonly<Record<string, unknown>> {
  const causes: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause instanceof Error && causes.length < maxCauses) {
    causes.push(cause.message);
    cause = cause.cause;
  }
  return {
    ...(error instanceof Failure ? { code: error.code, facts: error.facts } : {}),
    message: error instanceof Error ? error.message : String(error),
    ...(error instanceof Error && !(error instanceof Failure) ? { stack: error.stack } : {}),
    ...(causes.length > 0 ? { causes } : {}),
  };
}
