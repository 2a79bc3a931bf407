// Lines of a log as logrus writes them: for programs when nobody watches, in colour on a terminal.
import { safe } from '../render/safe-text.ts';
import type { World } from '../world.ts';
import { goQuote } from './quote.ts';

export type LogLevel = 'error' | 'warning' | 'info' | 'debug';

interface LogStyle {
  readonly isTerminal: boolean;
  /** The time, in milliseconds since 1970. */
  readonly nowMs: number;
  /** Whole seconds since the program started. */
  readonly secondsSinceStart: number;
}

const colours = { error: 31, warning: 33, info: 36, debug: 37 } as const;
/** The levels of a terminal have four letters. */
const shortNames = { error: 'ERRO', warning: 'WARN', info: 'INFO', debug: 'DEBU' } as const;
/** Messages are padded to this, since fields may follow. */
const messageWidth = 44;
const plain = /^[\w\-./@^+]*$/;

/** The log of a program on stderr, from the moment it is made. */
export class ProgramLog {
  readonly #world: Pick<World, 'nowMs' | 'stderr'>;
  readonly #startMs: number;

  constructor(world: Pick<World, 'nowMs' | 'stderr'>) {
    this.#world = world;
    this.#startMs = world.nowMs();
  }

  /** Writes one line. @param message escaped here */
  line(level: LogLevel, message: string): void {
    const { stderr } = this.#world;
    const nowMs = this.#world.nowMs();
    const secondsSinceStart = Math.floor((nowMs - this.#startMs) / 1000);
    const style = { isTerminal: stderr.isTTY === true, nowMs, secondsSinceStart };
    stderr.write(logLine(level, safe(message), style));
  }
}

/** One line with its end. `message` must be fit to be shown. */
export function logLine(level: LogLevel, message: string, style: LogStyle): string {
  if (style.isTerminal) {
    const seconds = String(style.secondsSinceStart).padStart(4, '0');
    const name = `\u001b[${colours[level]}m${shortNames[level]}\u001b[0m`;
    return `${name}[${seconds}] ${message.padEnd(messageWidth)} \n`;
  }
  const text = plain.test(message) ? message : goQuote(message);
  return `time="${localTime(style.nowMs)}" level=${level} msg=${text}\n`;
}

/** Seconds with the offset of this machine, as RFC 3339. */
function localTime(ms: number): string {
  const offset = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + offset * 60_000).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length);
  if (offset === 0) return `${local}Z`;
  const two = (value: number): string => String(Math.trunc(value)).padStart(2, '0');
  const minutes = Math.abs(offset);
  return `${local}${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
