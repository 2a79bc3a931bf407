// What docker's libraries log on the way: warnings on stderr, as logrus writes them. Each is told once a command, though
// docker repeats them for every read of the metadata.
import type { ClientEvent } from '../../client/events.ts';
import { clientWarning } from '../go-text/client-warnings.ts';
import { ProgramLog } from '../go-text/log-line.ts';
import type { DockerCall } from './command.ts';

export class Log {
  readonly #log: ProgramLog;
  readonly #tells: boolean;
  readonly #startMs: number;
  readonly #told = new Set<string>();

  constructor({ world, globals }: DockerCall) {
    this.#log = new ProgramLog(world);
    this.#tells = globals.tellsWarnings;
    this.#startMs = world.nowMs();
  }

  event(event: ClientEvent): void {
    const text = clientWarning(event, this.#startMs);
    if (text !== undefined) this.warn(text);
  }

  /** @param text escaped on the way */
  warn(text: string): void {
    if (!this.#tells || this.#told.has(text)) return;
    this.#told.add(text);
    this.#log.line('warning', text);
  }
}
