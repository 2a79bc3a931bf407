// What notary says and hears: results and questions on stdout, a log on stderr, answers from stdin (notary CLI §1).
//
// Invariant: what comes from files and servers is escaped before it is shown, in the log as in tables.
import type { Readable } from 'node:stream';
import { type LogLevel, ProgramLog } from '../go-text/log-line.ts';
import { readLine } from '../line.ts';
import type { World } from '../world.ts';
import type { NotaryCall } from './command.ts';

/** From the quietest on. */
const levels: readonly LogLevel[] = ['error', 'warning', 'info', 'debug'];

export class NotaryConsole {
  readonly #world: World;
  readonly #log: ProgramLog;
  readonly #level: LogLevel;

  constructor({ world, flags }: NotaryCall) {
    this.#world = world;
    this.#log = new ProgramLog(world);
    this.#level = flags.isOn('debug') ? 'debug' : flags.isOn('verbose') ? 'info' : 'warning';
  }

  /** One line of the result. It must be fit to be shown. */
  print(line: string): void {
    this.#world.stdout.write(`${line}\n`);
  }

  /** As it is, without a line end. */
  write(text: string | Uint8Array): void {
    this.#world.stdout.write(text);
  }

  log(level: LogLevel, message: string): void {
    if (levels.indexOf(level) <= levels.indexOf(this.#level)) this.#log.line(level, message);
  }

  get stdin(): Readable {
    return this.#world.stdin();
  }

  /** Asks a question that takes yes or no; whatever is not yes is no, and so is the end of the input. */
  async confirms(question: string): Promise<boolean> {
    this.write(question);
    const answer = (await readLine(this.stdin))?.toString().trim().toLowerCase();
    return answer === 'y' || answer === 'yes';
  }

  /** As notary asks before a whole delegation goes; its flag is said to have answered. */
  async confirmsRemoval(isConfirmed: boolean): Promise<boolean> {
    const question = 'Are you sure you want to remove all data for this delegation? (yes/no)';
    if (!isConfirmed) return this.confirms(`\n${question}\n`);
    this.print(`\n${question}\nConfirmed \`yes\` from flag`);
    return true;
  }
}
